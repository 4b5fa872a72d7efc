"""Normalization is part of the model, and a prediction does not depend on its neighbours."""

import pytest
import torch

from studio.modeling.images.normalization import Normalization, PixelNormalization

KINDS: tuple[Normalization, ...] = ("Channel", "Image", "ImageNet", "Inception", "Min_Max", "No", "Simple")


def images(count: int = 4, channels: int = 3) -> torch.Tensor:
    return torch.randint(0, 256, (count, channels, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_alone_comes_out_as_in_a_batch(kind: Normalization, channels: int) -> None:
    layer = PixelNormalization(kind, channels)
    layer(images(channels=channels))
    layer.eval()

    together = layer(images(channels=channels))

    assert torch.allclose(layer(images(channels=channels)[:1]), together[:1])


def test_fixed_kinds_have_their_published_figures() -> None:
    white = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)

    assert PixelNormalization("Simple", 3)(white).unique().tolist() == [1.0]
    assert PixelNormalization("Inception", 3)(white).unique().tolist() == [1.0]
    assert PixelNormalization("No", 3)(white).unique().tolist() == [255.0]
    expected = [
        (1 - mean) / deviation for mean, deviation in zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True)
    ]
    assert PixelNormalization("ImageNet", 3)(white)[0, :, 0, 0].tolist() == pytest.approx(expected, abs=1e-5)


def test_channel_has_mean_0_and_deviation_1_over_the_batch() -> None:
    out = PixelNormalization("Channel", 3)(images())

    assert out.mean((0, 2, 3)).abs().max() < 1e-4
    assert (out.std((0, 2, 3)) - 1).abs().max() < 1e-3


def test_min_max_spans_0_to_1_over_the_batch() -> None:
    out = PixelNormalization("Min_Max", 3)(images())

    assert (out.min().item(), out.max().item()) == pytest.approx((0.0, 1.0), abs=1e-5)


def test_what_batches_showed_is_kept_with_the_weights() -> None:
    layer = PixelNormalization("Channel", 3)
    layer(images())
    other = PixelNormalization("Channel", 3)
    other.load_state_dict(layer.state_dict())

    assert torch.equal(layer.eval()(images()), other.eval()(images()))
