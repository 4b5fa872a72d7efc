"""Augmentation: seeded by sample and epoch, the same in every data worker; boxes move with their image."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from studio.modeling.images.transforms import (
    Boxes,
    Strategy,
    Transforms,
    inference_transforms,
    training_transforms,
)
from studio.modeling.loading import BatchLoader, TrainingOrder
from studio.modeling.recipe import Batch, SampleIndex, Samples

STRATEGIES: tuple[Strategy, ...] = ("Soft", "Medium", "Hard")


def picture(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 80, channels), dtype=np.uint8)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_strategy_keeps_size_channels_and_type(strategy: Strategy, channels: int) -> None:
    transforms = training_transforms(strategy, 40, 24)

    for seed in range(20):
        image = transforms.image(picture(channels), seed)
        assert (image.shape, image.dtype) == ((24, 40, channels), np.uint8)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_seed_decides_an_image_and_another_seed_gives_another(strategy: Strategy) -> None:
    first, second = training_transforms(strategy, 40, 24), training_transforms(strategy, 40, 24)

    images = [first.image(picture(), seed) for seed in range(12)]

    assert all(np.array_equal(one, second.image(picture(), seed)) for seed, one in enumerate(images))
    assert len({one.tobytes() for one in images}) > 1


def test_inference_only_resizes() -> None:
    transforms = inference_transforms(80, 60)

    assert np.array_equal(transforms.image(picture(), None), picture())


class Pictures(Samples):
    """One picture for every row, augmented."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._transforms: Transforms = training_transforms("Hard", 32, 32)

    def __getitem__(self, draw: SampleIndex) -> tuple[int, bytes]:
        return draw.row, self._transforms.image(picture(), draw.seed).tobytes()


@dataclass
class Pictured(Batch):
    """Pictures as bytes."""

    pixels: list[bytes]


class Collating:
    """Only what a loader asks of a recipe."""

    def collate(self, items: list[tuple[int, bytes]]) -> Pictured:
        return Pictured(rows=[row for row, _ in items], pixels=[pixels for _, pixels in items])


def epoch(workers: int, number: int) -> dict[int, bytes]:
    order = TrainingOrder(16, 4, drop_last=False, seed=5)
    order.begin(number)
    loader = BatchLoader(Collating(), Pictures(16), order, workers, torch.device("cpu"))  # type: ignore[type-var, arg-type]
    return {row: pixels for batch in loader for row, pixels in zip(batch.rows, batch.pixels, strict=True)}


def test_data_workers_and_epochs_do_not_replay_one_random_stream() -> None:
    first = epoch(workers=2, number=0)
    second = epoch(workers=2, number=1)

    assert len(set(first.values())) == 16
    assert len(set(first.values()) | set(second.values())) == 32


def test_the_number_of_data_workers_changes_no_pixel() -> None:
    assert epoch(workers=0, number=3) == epoch(workers=2, number=3)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_boxes_stay_on_their_objects(strategy: Strategy) -> None:
    transforms = training_transforms(strategy, 64, 64, with_boxes=True)
    image = np.zeros((128, 128, 3), dtype=np.uint8)
    image[40:80, 50:90] = 255
    boxes = Boxes(np.array([[50, 40, 90, 80]], dtype=np.float32), np.array([2]))

    for seed in range(30):
        out, moved = transforms.image_and_boxes(image, boxes, seed)
        for (x0, y0, x1, y1), k in zip(moved.corners, moved.classes, strict=True):
            inside = out[int(np.ceil(y0)) : int(y1) + 1, int(np.ceil(x0)) : int(x1) + 1].max(axis=2)
            assert k == 2
            assert inside.size == 0 or inside.max() > 100
        assert moved.classes.dtype == np.int64


def test_boxes_that_touch_the_border_do_not_raise() -> None:
    transforms = training_transforms("Hard", 64, 64, with_boxes=True)
    boxes = Boxes(np.array([[0, 0, 128.4, 128.0]], dtype=np.float32), np.array([0]))

    for seed in range(10):
        transforms.image_and_boxes(np.zeros((128, 128, 3), dtype=np.uint8), boxes, seed)


def test_images_without_boxes_are_fine() -> None:
    transforms = training_transforms("Hard", 64, 64, with_boxes=True)

    _, moved = transforms.image_and_boxes(picture(), Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.int64)), 1)

    assert moved.corners.shape == (0, 4)
    assert moved.classes.shape == (0,)
