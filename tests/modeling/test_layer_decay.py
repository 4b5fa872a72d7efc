"""Layer decay: the rate of each layer, against timm and against a computation by hand."""

import pytest
import timm
from timm.optim import param_groups_layer_decay
from torch import nn
from transformers import BertConfig, BertModel, T5Config, T5EncoderModel, Wav2Vec2Config, Wav2Vec2Model, WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from studio.modeling.layer_decay import layer_scales
from studio.modeling.optimizers import make_optimizer

DECAY = 0.5


def by_name(model: nn.Module, decay: float = DECAY) -> dict[str, float]:
    scales = layer_scales(model, decay)
    return {name: scales.get(one, 1.0) for name, one in model.named_parameters()}


@pytest.mark.parametrize("name", ["test_vit", "test_resnet", "test_efficientnet", "test_convnext", "test_mambaout"])
def test_networks_of_timm_have_the_rates_that_timm_gives_them(name: str) -> None:
    whole = timm.create_model(name, pretrained=False, num_classes=3)
    groups = param_groups_layer_decay(whole, layer_decay=DECAY)
    names = {one: name for name, one in whole.named_parameters()}
    expected = {names[one]: group["lr_scale"] for group in groups for one in group["params"]}

    found = by_name(nn.Sequential(timm.create_model(name, pretrained=False, num_classes=0)))

    assert len(set(found.values())) > 2
    assert found == {f"0.{name}": expected[name] for name in (one.removeprefix("0.") for one in found)}


def test_blocks_of_a_transformer_are_counted_from_the_head_down() -> None:
    config = BertConfig(hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=8, vocab_size=20)
    model = nn.ModuleDict({"encoder": BertModel(config, add_pooling_layer=False), "head": nn.Linear(8, 2)})

    found = by_name(model)

    for name, scale in found.items():
        parts = name.split(".")
        match parts[:3]:
            case ["head", *_]:
                assert scale == 1
            case ["encoder", "embeddings", *_]:
                assert scale == DECAY**4
            case _:
                assert scale == {"0": DECAY**3, "1": DECAY**2, "2": DECAY}[parts[3]]


@pytest.mark.parametrize(
    ("model", "first", "stack", "last"),
    [
        (
            Wav2Vec2Model(
                Wav2Vec2Config(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8)
            ),
            "feature_extractor.conv_layers.6.conv.weight",
            "encoder.layers",
            "encoder.layers.1.final_layer_norm.weight",
        ),
        (
            T5EncoderModel(T5Config(d_model=16, d_ff=8, d_kv=8, num_layers=2, num_heads=2, vocab_size=20)),
            "shared.weight",
            "encoder.block",
            "encoder.final_layer_norm.weight",
        ),
        (
            WhisperEncoder(WhisperConfig(d_model=16, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=8)),
            "conv1.weight",
            "layers",
            "layer_norm.weight",
        ),
    ],
)
def test_speech_and_sequence_encoders_have_their_stack_of_blocks(
    model: nn.Module, first: str, stack: str, last: str
) -> None:
    found = by_name(model)

    assert (found[first], found[last]) == (DECAY**3, DECAY)
    for name, scale in found.items():
        if name.startswith(f"{stack}."):
            assert scale == DECAY ** (2 - int(name.removeprefix(f"{stack}.").split(".")[0]))


def test_layers_scale_the_rates_of_their_groups() -> None:
    model = nn.ModuleDict(
        {"backbone": timm.create_model("test_vit", pretrained=False, num_classes=0), "head": nn.Linear(64, 2)}
    )
    optimizer = make_optimizer(
        "AdamW",
        {name.title(): list(one.parameters()) for name, one in model.items()},
        learning_rate=1e-2,
        weight_decay=0.1,
        slow_groups=("Backbone",),
        slow_learning_rate=1e-3,
        scales=layer_scales(model, DECAY),
    )

    rates = {one: group["full_rate"] for group in optimizer.param_groups for one in group["params"]}
    body = model["backbone"]
    assert len(rates) == len(list(model.parameters()))
    assert rates[model["head"].weight] == 1e-2
    assert rates[body.blocks[-1].attn.qkv.weight] == pytest.approx(1e-3 * DECAY)
    assert rates[body.blocks[0].attn.qkv.bias] == pytest.approx(1e-3 * DECAY ** len(body.blocks))
    assert rates[body.pos_embed] == pytest.approx(1e-3 * DECAY ** (len(body.blocks) + 1))


def test_a_decay_of_one_and_unknown_networks_are_left_alone() -> None:
    assert not layer_scales(timm.create_model("test_vit", pretrained=False), 1.0)
    assert not layer_scales(nn.Sequential(nn.Linear(2, 2)), DECAY)
