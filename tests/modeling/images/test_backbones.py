"""Backbones of every kind give one feature vector, whatever the pooling."""

import pytest
import timm
import torch

from studio.errors import TrainingError
from studio.modeling.images.backbones import feature_count, feature_extractor
from studio.modeling.images.pooling import Pool, pooled

FAMILIES = (
    "test_resnet",
    "test_efficientnet",
    "test_convnext",
    "test_vit",
    "test_nfnet",
    "test_mambaout",
    "mobilenetv3_small_050",
)
POOLS: tuple[Pool, ...] = ("Average", "Max", "GeM", "Average+Max")


@pytest.mark.parametrize("name", [name for name in FAMILIES if timm.is_model(name)])
@pytest.mark.parametrize("pool", POOLS)
def test_features_learn_and_have_one_width(name: str, pool: Pool) -> None:
    torch.manual_seed(0)
    extractor = feature_extractor(name, 3, pool, None, (64, 64))
    images = torch.rand(2, 3, 64, 64)

    features = extractor.eval()(images)
    features.sum().backward()

    assert features.shape == (2, feature_count(extractor, 3, (64, 64)))
    assert torch.isfinite(features).all()
    assert any(one.grad is not None and one.grad.abs().sum() > 0 for one in extractor.parameters())


def test_average_pooling_equals_timms_own() -> None:
    torch.manual_seed(0)
    ours = feature_extractor("test_convnext", 3, "Average", None, (64, 64)).eval()
    torch.manual_seed(0)
    timms = timm.create_model("test_convnext", num_classes=0).eval()
    timms.load_state_dict(ours.body.state_dict())
    images = torch.rand(2, 3, 64, 64)

    assert torch.allclose(ours(images), timms(images), atol=1e-6)


def test_gem_is_the_average_at_power_1_and_nears_the_maximum() -> None:
    features = torch.rand(2, 5, 9) + 0.1

    assert torch.allclose(pooled(features, "GeM", torch.tensor(1.0)), features.mean(2), atol=1e-6)
    assert torch.allclose(pooled(features, "GeM", torch.tensor(300.0)), features.amax(2), atol=0.02)


def test_an_impossible_size_is_an_error_with_the_numbers() -> None:
    extractor = feature_extractor("inception_v3", 3, "Average", None, (17, 30))

    with pytest.raises(TrainingError, match="30 x 17 pixels"):
        feature_count(extractor, 3, (17, 30))
