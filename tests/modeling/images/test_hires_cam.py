"""HiResCAM against its closed form, and over backbones of convolutions and of tokens."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from studio.modeling.images.backbones import Pooling, feature_extractor
from studio.modeling.images.hires_cam import attribution_maps, hires_cam, positive_share
from studio.modeling.volumes.encoders import volume_encoder


def maps_of(model: nn.Module, inputs: torch.Tensor, score_of: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    return attribution_maps(model, (inputs,), inputs.shape[2:], score_of)


class Toy(nn.Module):
    """Two channels, averaged and weighed."""

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.pool = Pooling("Average")
        self.weights = torch.tensor(weights)

    def forward(self, images: Tensor) -> Tensor:
        return (self.pool(images) * self.weights).sum(1, keepdim=True)


def test_the_positions_of_a_weighted_average_add_up_to_its_score() -> None:
    features = torch.rand(3, 2, 4, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    scores = Toy([0.7, -1.9])(features)[:, 0]
    (gradients,) = torch.autograd.grad(scores.sum(), features)

    found = hires_cam(features.detach(), gradients)

    assert torch.allclose(found.sum((1, 2)), scores.detach(), atol=1e-6)


def test_a_map_is_the_positive_part_of_the_weighted_channels() -> None:
    features = torch.rand(3, 2, 4, 6, generator=torch.Generator().manual_seed(0))

    found = maps_of(Toy([1.9, -0.7]), features, lambda scores: scores[:, 0])

    assert found is not None
    for one, image in zip(found.numpy(), features.numpy(), strict=True):
        expected = np.maximum(1.9 * image[0] - 0.7 * image[1], 0)
        assert np.allclose(one, expected / expected.max(), atol=1e-6)


def test_a_map_of_a_volume_is_the_positive_part_of_the_weighted_channels() -> None:
    features = torch.rand(2, 2, 3, 4, 6, generator=torch.Generator().manual_seed(0))

    found = maps_of(Toy([1.9, -0.7]), features, lambda scores: scores[:, 0])

    assert found is not None
    for one, volume in zip(found.numpy(), features.numpy(), strict=True):
        expected = np.maximum(1.9 * volume[0] - 0.7 * volume[1], 0)
        assert np.allclose(one, expected / expected.max(), atol=1e-6)


def test_every_inflated_network_has_maps_of_the_volumes_size() -> None:
    torch.manual_seed(0)
    for name in ("test_resnet", "test_efficientnet"):
        encoder, count = volume_encoder(name, 1, "Average", None, (16, 32, 48))
        # Without a bias the positions add up to the score, so some are above 0 where it is.
        model = nn.Sequential(encoder, nn.Linear(count, 3, bias=False)).eval()

        found = maps_of(model, torch.rand(2, 1, 16, 32, 48), lambda scores: scores.abs().amax(1))

        assert found is not None
        assert found.shape == (2, 16, 32, 48)
        assert found.amax((1, 2, 3)).min() > 0.5


def test_where_nothing_speaks_for_the_answer_the_map_is_0() -> None:
    assert positive_share(-torch.rand(1, 3, 3)).abs().max() == 0


def test_a_model_without_pooling_has_no_maps() -> None:
    assert maps_of(nn.Flatten(), torch.rand(1, 1, 2, 2), lambda scores: scores[:, 0]) is None


@pytest.mark.parametrize("name", ["test_resnet", "test_convnext", "test_vit", "mobilenetv3_small_050"])
@pytest.mark.parametrize("pool", ["Average", "Max", "GeM", "Average+Max"])
def test_every_kind_of_backbone_has_maps_of_the_images_size(name: str, pool: str) -> None:
    torch.manual_seed(0)
    size = (160, 160) if name == "test_vit" else (96, 160)
    model = nn.Sequential(feature_extractor(name, 3, pool, None, size), nn.LazyLinear(3)).eval()  # type: ignore[arg-type]
    images = torch.rand(2, 3, *size)
    model(images)

    found = maps_of(model, images, lambda scores: scores.amax(1))

    assert found is not None
    assert found.shape == (2, *size)
    assert found.min() >= 0
    assert found.max() <= 1
    assert found.amax((1, 2)).min() > 0.5
    assert all(one.grad is None for one in model.parameters())


def test_the_bright_object_that_decides_is_where_the_map_is() -> None:
    images = torch.zeros(2, 1, 8, 8)
    images[0, :, 1:3, 5:7] = 1.0
    images[1, :, 6:8, 0:2] = 1.0
    model = nn.Sequential(nn.MaxPool2d(2), Pooling("Average"), nn.Linear(1, 1, bias=False))
    nn.init.ones_(model[2].weight)

    found = maps_of(model, images, lambda scores: scores[:, 0])

    assert found is not None
    assert found[0].argmax().item() // 8 in range(4)
    assert found[0].argmax().item() % 8 in range(4, 8)
    assert found[1].argmax().item() // 8 in range(5, 8)


def test_gradients_are_kept_for_the_head_alone_and_left_as_they_were() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(feature_extractor("test_resnet", 3, "Average", None, (64, 64)), nn.LazyLinear(2)).eval()
    images = torch.rand(1, 3, 64, 64)
    model(images)
    kept: list[bool] = []
    first = next(one for one in model.modules() if isinstance(one, nn.Conv2d))
    first.register_forward_hook(lambda module, inputs, output: kept.append(output.requires_grad))

    maps_of(model, images, lambda scores: scores[:, 0])

    assert kept == [False]
    assert torch.is_grad_enabled()
