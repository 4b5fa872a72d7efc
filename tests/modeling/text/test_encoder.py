"""Encoders, pooling and what settings do to them."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from studio.errors import TrainingError
from studio.modeling.hub_models.building import checkpoint_activations, model_config
from studio.modeling.text.pooling import TextPooling
from studio.modeling.text.position_limits import check_length, position_limit
from tests.modeling.text.models import text_model

OF_HEADS = ("classifier_dropout", "qa_dropout", "seq_classif_dropout", "summary_last_dropout", "pooler_dropout")
POOLS = ("[CLS] token", "Average", "Max", "GeM")


@pytest.mark.parametrize("kind", POOLS)
def test_padding_does_not_change_what_is_pooled(kind: Any) -> None:
    tokens = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    pooling = TextPooling(kind)

    whole = pooling(tokens, mask)
    alone = pooling(tokens[:1, :3], mask[:1, :3])

    torch.testing.assert_close(whole[0], alone[0])


def test_average_and_max_are_those_of_the_tokens() -> None:
    tokens = torch.tensor([[[1.0, -4.0], [3.0, -2.0], [9.0, 9.0]]])
    mask = torch.tensor([[1, 1, 0]])

    assert TextPooling("Average")(tokens, mask).tolist() == [[2.0, -3.0]]
    assert TextPooling("Max")(tokens, mask).tolist() == [[3.0, -2.0]]
    assert TextPooling("[CLS] token")(tokens, mask).tolist() == [[1.0, -4.0]]


@pytest.mark.parametrize("pool", POOLS)
def test_padding_does_not_change_logits(architecture: Any, assets: Mapping[str, bytes], pool: str) -> None:
    architecture.pool = pool
    model = text_model(architecture, assets, 3, None).eval()
    ids = torch.tensor([[2, 10, 11, 12, 3]])

    with torch.no_grad():
        alone = model(ids, torch.ones_like(ids))
        padded = model(
            torch.cat([ids, torch.zeros(1, 4, dtype=torch.long)], 1),
            torch.tensor([[1] * 5 + [0] * 4]),
        )

    torch.testing.assert_close(alone, padded, rtol=0, atol=1e-5)


def test_gradient_checkpointing_gives_the_same_gradients(architecture: Any, assets: Mapping[str, bytes]) -> None:
    ids = torch.tensor([[2, 10, 11, 12, 3]])
    gradients = []

    for is_on in (False, True):
        architecture.gradient_checkpointing = is_on
        torch.manual_seed(0)
        model = text_model(architecture, assets, 2, None).train()
        model(ids, torch.ones_like(ids)).sum().backward()
        gradients.append({name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None})

    assert gradients[0].keys() == gradients[1].keys()
    for name, one in gradients[0].items():
        torch.testing.assert_close(one, gradients[1][name], rtol=0, atol=1e-6)


def test_a_backbone_that_cannot_checkpoint_says_so() -> None:
    with pytest.raises(TrainingError) as caught:
        checkpoint_activations(torch.nn.Linear(2, 2), "some/backbone")

    assert caught.value.code == "gradient_checkpointing"
    assert "some/backbone" in caught.value.message


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "electra", "deberta-v2", "t5", "bart", "modernbert"])
def test_intermediate_dropout_reaches_every_rate_of_an_architecture(kind: str) -> None:
    config = model_config({"model_type": kind}, 0.23)

    rates = {name: value for name, value in config.to_dict().items() if "dropout" in name and isinstance(value, float)}
    inside = {name: value for name, value in rates.items() if name not in OF_HEADS}
    assert inside
    assert set(inside.values()) == {0.23}


def test_every_weight_gets_a_gradient(architecture: Any, assets: Mapping[str, bytes]) -> None:
    model = text_model(architecture, assets, 2, None)
    ids = torch.tensor([[2, 10, 11, 12, 3]])

    model(ids, torch.ones_like(ids)).sum().backward()

    assert not [name for name, one in model.named_parameters() if one.grad is None]


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "t5", "n_positions": 512}, None),
        ({"model_type": "xlnet"}, None),
        ({"model_type": "deberta-v2", "max_position_embeddings": 512, "position_biased_input": False}, None),
        ({"model_type": "deberta-v2", "max_position_embeddings": 512}, 512),
    ],
)
def test_a_backbone_reads_as_far_as_it_has_places(values: dict[str, Any], limit: int | None) -> None:
    assert position_limit(values) == limit
    if limit is not None:
        check_length(values, limit, "Max length", "some/backbone")
        with pytest.raises(TrainingError, match=f"at most {limit}") as caught:
            check_length({"encoder": values}, limit + 1, "Max length", "some/backbone")
        assert "Max length" in caught.value.message
