"""The network of masks of volumes: every encoder and decoder, any sides, and what 2D weights become."""

from typing import Any

import pytest
import torch

from studio.errors import TrainingError
from studio.modeling.volumes.segmenter import VolumeSegmenter
from studio.problems.image_3d_semantic_segmentation.spec import PROBLEM_TYPE
from studio.settings.sections.inputs.volume import ENCODERS

SETTINGS = PROBLEM_TYPE.model_types[0].settings


def network(outputs: int = 2, **changes: Any) -> VolumeSegmenter:
    values = {f"architecture.{key}": value for key, value in changes.items()}
    settings = SETTINGS.from_mapping(
        {"architecture.encoder": "test_resnet", "architecture.pretrained": False, **values}
    )
    torch.manual_seed(0)
    return VolumeSegmenter(settings, outputs, None, keep_statistics=False).eval()


@pytest.mark.parametrize("decoder", ["Unet", "UnetPlusPlus", "FPN"])
@pytest.mark.parametrize("blocks", [1, 3, 5])
def test_every_decoder_gives_outputs_of_the_sides_of_the_volume(decoder: str, blocks: int) -> None:
    made = network(decoder=decoder, number_of_blocks=blocks)
    volumes = torch.randint(0, 255, (1, 1, 9, 14, 11), dtype=torch.uint8)

    outputs = made(volumes)

    assert outputs.shape == (1, 2, 9, 14, 11)
    outputs.sum().backward()
    grouped = [one for group in made.layer_groups().values() for one in group]
    assert len(grouped) == len(list(made.parameters()))
    assert all(one.grad is not None for one in grouped)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_of_the_list_can_be_used(encoder: str) -> None:
    made = network(encoder=encoder, number_of_blocks=2)

    with torch.no_grad():
        assert made(torch.zeros(1, 1, 8, 8, 8)).shape == (1, 2, 8, 8, 8)


def test_what_is_padded_behind_a_volume_is_cut_off_and_changes_no_other_sample() -> None:
    made = network(number_of_blocks=3)
    one, other = torch.randint(0, 255, (2, 1, 1, 10, 12, 9), dtype=torch.uint8)

    with torch.no_grad():
        together, alone = made(torch.cat([one, other])), made(one)

    assert torch.allclose(together[:1], alone, atol=1e-5)


def test_an_encoder_without_such_maps_is_an_error_with_advice() -> None:
    with pytest.raises(TrainingError) as error:
        network(encoder="vit_tiny_patch16_224")

    assert error.value.hint
