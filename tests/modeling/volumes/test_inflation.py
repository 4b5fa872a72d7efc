"""Inflation of timm networks: pretrained features are kept exactly, families train, others are refused in words."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from studio.errors import TrainingError
from studio.modeling.images.backbones import feature_extractor
from studio.modeling.volumes.encoders import volume_encoder
from studio.modeling.volumes.inflation import inflate
from studio.modeling.weights import WeightsFile

FAMILIES = ("test_resnet", "resnet10t", "resnet18d", "seresnext26d_32x4d", "efficientnet_b0", "tf_efficientnet_lite0")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", ["test_resnet", "resnet18d", "tf_efficientnet_lite0", "efficientnet_b0"])
@pytest.mark.parametrize("depth", [3, 40])
def test_a_volume_of_equal_slices_has_the_features_of_its_slice(name: str, depth: int) -> None:
    """With the statistics of pretrained batch normalizations, and whatever the padding at the ends does."""
    flat = feature_extractor(name, 1, "Average", None, (48, 48)).eval()
    for module in flat.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    image = torch.randn(2, 1, 48, 48)
    with torch.no_grad():
        expected = flat(image)
        deep = inflate(flat, keep_weights=True).eval()
        features = deep(image[:, :, None].repeat(1, 1, depth, 1, 1))

    assert torch.allclose(features, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_takes_thin_volumes_and_learns_in_all_of_its_parameters(name: str) -> None:
    encoder, count = volume_encoder(name, 2, "Average", None, (10, 33, 40))

    features = encoder.train()(torch.randn(2, 2, 10, 33, 40))
    features.square().sum().backward()

    assert features.shape == (2, count)
    assert [key for key, one in encoder.named_parameters() if one.grad is None] == []


def test_depth_is_looked_at_once_it_is_learned_and_from_the_start_without_pretrained_weights() -> None:
    slices = torch.randn(1, 1, 8, 32, 32)
    other = slices.flip(2)
    fresh = volume_encoder("test_resnet", 1, "Average", None, (8, 32, 32))[0].eval()

    middle = [one.weight[:, :, 1] for one in fresh.modules() if isinstance(one, nn.Conv3d) and one.kernel_size[0] == 3]
    around = [one.weight[:, :, 0] for one in fresh.modules() if isinstance(one, nn.Conv3d) and one.kernel_size[0] == 3]

    assert all(bool(one.std() > 0) for one in (*middle, *around))
    assert not torch.allclose(fresh(slices), fresh(other))


def test_pretrained_weights_of_a_file_are_the_middle_of_every_kernel(tmp_path: Path) -> None:
    source = timm.create_model("test_resnet", pretrained=False)
    path = tmp_path / "test_resnet.safetensors"
    save_file(source.state_dict(), path)

    encoder, _ = volume_encoder("test_resnet", 3, "Average", WeightsFile("test_resnet", path, "folder"), (8, 32, 32))

    kernel = encoder.body.layer1[0].conv1.weight
    assert torch.equal(kernel[:, :, 1], source.layer1[0].conv1.weight)
    assert not kernel[:, :, 0].any()


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "resnetblur50", "ecaresnet26t"])
def test_a_network_without_a_3d_form_is_refused_in_words(name: str) -> None:
    with pytest.raises(TrainingError) as caught:
        volume_encoder(name, 1, "Average", None, (16, 224, 224) if name.startswith("vit") else (16, 32, 32))

    assert caught.value.code == "encoder"
    assert caught.value.hint
