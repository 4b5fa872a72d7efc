"""Every architecture with encoders of both libraries, any size, any channels, and weights from a file."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import save_file
from segmentation_models_pytorch.encoders import get_encoder

from studio.errors import TrainingError, WeightsError
from studio.modeling.segmentation.encoder_weights import OWN_ENCODERS, timm_name
from studio.modeling.segmentation.network import Segmenter
from studio.modeling.weights import WeightsFile
from studio.problems.image_semantic_segmentation.spec import PROBLEM_TYPE
from studio.settings.choices import library_names

ARCHITECTURES = PROBLEM_TYPE.model_types[0].settings.fields()["architecture.architecture"].values


def segmenter(architecture: str, backbone: str, channels: int = 3, weights: WeightsFile | None = None) -> Segmenter:
    settings: Any = SimpleNamespace(
        image=SimpleNamespace(image_normalization="Simple", image_channels=channels),
        architecture=SimpleNamespace(architecture=architecture, backbone=backbone),
    )
    return Segmenter(settings, 4, weights, keep_statistics=False).eval()


def test_the_architectures_are_all_of_the_library() -> None:
    assert {one.lower() for one in ARCHITECTURES} == set(smp.MODEL_ARCHITECTURES_MAPPING)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_architecture_gives_every_pixel_its_outputs_at_sizes_that_no_stride_divides(architecture: str) -> None:
    model = segmenter(architecture, "test_vit" if architecture == "DPT" else "test_resnet")

    with torch.no_grad():
        outputs = model(torch.randint(0, 255, (2, 3, 45, 70), dtype=torch.uint8))

    assert outputs.shape == (2, 4, 45, 70)
    grouped = [id(one) for group in model.layer_groups().values() for one in group]
    assert sorted(grouped) == sorted(id(one) for one in model.parameters())
    rows = model.label_aligned_rows(1)
    assert {len(model.get_parameter(name)) for name in rows} == {4}


@pytest.mark.parametrize("backbone", ["mit_b0", "mobileone_s0", "tu-test_resnet", "tf_efficientnet_lite0"])
@pytest.mark.parametrize("channels", [1, 5])
def test_encoders_of_both_libraries_take_any_number_of_channels(backbone: str, channels: int) -> None:
    model = segmenter("Unet", backbone, channels)

    with torch.no_grad():
        assert model(torch.zeros(1, channels, 32, 40, dtype=torch.uint8)).shape == (1, 4, 32, 40)


def test_a_backbone_that_gives_no_maps_is_refused_in_words() -> None:
    with pytest.raises(TrainingError, match="Unet cannot be built on 'test_vit'"):
        segmenter("Unet", "test_vit")
    with pytest.raises(TrainingError, match="DPT cannot be built on 'mit_b0'"):
        segmenter("DPT", "mit_b0")
    with pytest.raises(TrainingError, match="There is no encoder 'nothing_like_it'"):
        segmenter("Unet", "nothing_like_it")


def test_weights_of_the_librarys_encoders_are_taken_and_brought_to_other_channels(tmp_path: Path) -> None:
    torch.manual_seed(1)
    encoder = get_encoder("mit_b0", in_channels=3, depth=5, weights=None)
    save_file(encoder.state_dict(), tmp_path / "w.safetensors")
    file = WeightsFile("mit_b0", tmp_path / "w.safetensors", "folder")

    same, grey = segmenter("Unet", "mit_b0", 3, file), segmenter("Unet", "mit_b0", 1, file)

    for name, tensor in encoder.state_dict().items():
        assert torch.equal(same.network.encoder.state_dict()[name], tensor), name
    last = list(encoder.state_dict())[-1]
    assert torch.equal(grey.network.encoder.state_dict()[last], encoder.state_dict()[last])


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")

    with pytest.raises(WeightsError, match="do not fit 'mit_b0'"):
        segmenter("Unet", "mit_b0", 3, WeightsFile("mit_b0", tmp_path / "w.safetensors", "folder"))


def test_names_are_known_before_a_start() -> None:
    names = library_names("segmentation")

    assert set(OWN_ENCODERS) <= names
    assert library_names("timm") <= names
    assert {f"tu-{name}" for name in library_names("timm")} <= names
    assert timm_name("tu-resnet34") == timm_name("resnet34") == "resnet34"
    assert timm_name("mit_b0") is None
