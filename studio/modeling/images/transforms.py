"""Named augmentation strategies over albumentations, behind one small interface that holds the cures for its faults.

Albumentations 2.0.8 keeps one random stream in a pipeline: every data worker replays it, and so does every epoch. Here
each call is seeded by its caller. Label fields come back as floats; here they are cast back.
"""

import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations
import cv2

Strategy = Literal["Soft", "Medium", "Hard"]

FLIP_PROBABILITY = 0.5
SHIFT = 0.1
SCALE = 0.1
ROTATE_DEGREES = 15
DROPOUT_HOLES = (1, 8)
DROPOUT_SIDE = (0.03, 0.125)
BRIGHTNESS = CONTRAST = 0.2
CROP_SCALE = (0.5, 1.0)
CROP_RATIO = (3 / 4, 4 / 3)
MIN_VISIBLE_SHARE = 0.1
"""A box of which less is left after a crop or shift is dropped."""


@dataclass(frozen=True)
class Boxes:
    """Boxes (N, 4) as x_min, y_min, x_max, y_max in pixels, and their class indexes (N,)."""

    corners: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True)
class BoxLimits:
    """Which rests of boxes are kept after a crop or shift."""

    min_area: float = 1.0
    """Square pixels."""
    min_visibility: float = MIN_VISIBLE_SHARE


class Transforms:
    """A pipeline of transforms for one image at a time."""

    def __init__(self, steps: list[Any], *, with_boxes: bool, limits: BoxLimits | None = None) -> None:
        limits = limits or BoxLimits()
        boxes = albumentations.BboxParams(
            format="pascal_voc",
            label_fields=["classes"],
            clip=True,
            min_visibility=limits.min_visibility,
            min_area=limits.min_area,
        )
        self._compose = albumentations.Compose(steps, bbox_params=boxes if with_boxes else None, strict=True)
        # The same steps with points in place of boxes: where the image's corners go tells how to come back.
        points = albumentations.KeypointParams(format="xy", remove_invisible=False)
        self._framed = albumentations.Compose(steps, keypoint_params=points, strict=True)
        self.first_size = _fixed_size(steps)
        """(width, height) that the pipeline begins with, whatever the image and the seed; None if it does not."""
        cv2.setNumThreads(0)

    def image(self, image: np.ndarray, seed: int | None) -> np.ndarray:
        """The image (H, W, C) after the pipeline; `seed` decides every random choice."""
        self._seed(seed)
        return np.asarray(self._compose(image=image)["image"])

    def frame(self, image: np.ndarray) -> np.ndarray:
        """The way back from the pipeline without randomness: an affine map (2, 3) from its pixels to the image's."""
        height, width = image.shape[:2]
        corners = np.array([[0, 0], [width, 0], [0, height]], dtype=np.float32)
        moved = np.asarray(self._framed(image=image, keypoints=corners)["keypoints"], dtype=np.float64)
        homogeneous = np.hstack([moved[:, :2], np.ones((3, 1))])
        return np.asarray(np.linalg.solve(homogeneous, corners.astype(np.float64)).T)

    def image_and_boxes(self, image: np.ndarray, boxes: Boxes, seed: int | None) -> tuple[np.ndarray, Boxes]:
        """Image and boxes after the pipeline; boxes that are no longer visible are gone."""
        self._seed(seed)
        done = self._compose(image=image, bboxes=boxes.corners.astype(np.float32), classes=boxes.classes)
        corners = np.asarray(done["bboxes"], dtype=np.float32).reshape(-1, 4)
        return np.asarray(done["image"]), Boxes(corners, np.asarray(done["classes"]).astype(np.int64).reshape(-1))

    def image_and_masks(
        self, image: np.ndarray, masks_HWK: np.ndarray, seed: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Image and masks of its size after the pipeline; pixels of masks are moved, never blended."""
        self._seed(seed)
        done = self._compose(image=image, mask=masks_HWK)
        pixels, masks = np.asarray(done["image"]), np.asarray(done["mask"])
        return pixels, masks.reshape(*masks.shape[:2], masks_HWK.shape[2])

    def slices_and_masks(
        self, slices_DHWC: np.ndarray, masks_DHWK: np.ndarray | None, seed: int | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """All slices of a volume changed alike, in numbers of their type, and its masks with them."""
        self._seed(seed)
        if masks_DHWK is None:
            return np.asarray(self._compose(volume=slices_DHWC)["volume"]), None
        done = self._compose(volume=slices_DHWC, mask3d=masks_DHWK)
        masks = np.asarray(done["mask3d"])
        return np.asarray(done["volume"]), masks.reshape(*masks.shape[:3], masks_DHWK.shape[3])

    def _seed(self, seed: int | None) -> None:
        if seed is not None:
            self._compose.set_random_seed(seed % 2**32)


def training_transforms(strategy: Strategy, width: int, height: int, *, with_boxes: bool = False) -> Transforms:
    """Soft mirrors. Medium also shifts, scales, rotates and cuts holes. Hard also crops and varies colours."""
    match strategy:
        case "Soft":
            steps = [resize(width, height), albumentations.HorizontalFlip(p=FLIP_PROBABILITY)]
        case "Medium":
            steps = [resize(width, height), albumentations.HorizontalFlip(p=FLIP_PROBABILITY), *_medium()]
        case "Hard":
            crop = albumentations.RandomResizedCrop(size=(height, width), scale=CROP_SCALE, ratio=CROP_RATIO, p=1.0)
            steps = [crop, albumentations.HorizontalFlip(p=FLIP_PROBABILITY), *_medium(), _colours()]
    return Transforms(steps, with_boxes=with_boxes)


def inference_transforms(width: int, height: int, *, with_boxes: bool = False) -> Transforms:
    """Resize, whatever the strategy."""
    return Transforms([resize(width, height)], with_boxes=with_boxes)


def resize(width: int, height: int) -> albumentations.BasicTransform:
    """To the input size, whatever the shape was."""
    return albumentations.Resize(height=height, width=width, interpolation=cv2.INTER_AREA, p=1.0)


def resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """The image (H, W, C) as the first step of most pipelines makes it."""
    return np.asarray(resize(width, height)(image=image)["image"])


def resized_masks(masks_KHW: np.ndarray, width: int, height: int) -> np.ndarray:
    """Masks (K, H, W) of bytes at another size, as the first step of most pipelines makes them."""
    if masks_KHW.shape[1:] == (height, width):
        return masks_KHW
    made = np.empty((len(masks_KHW), height, width), dtype=np.uint8)
    for mask, place in zip(masks_KHW, made, strict=True):
        cv2.resize(mask, (width, height), dst=place, interpolation=cv2.INTER_NEAREST)
    return made


def _fixed_size(steps: list[Any]) -> tuple[int, int] | None:
    """The size of the resize that comes first, if it is the one of `resized`."""
    first = steps[0] if steps else None
    if not isinstance(first, albumentations.Resize) or first.interpolation != cv2.INTER_AREA or first.p < 1:
        return None
    return int(first.width), int(first.height)


def _medium() -> list[albumentations.BasicTransform]:
    return [
        albumentations.Affine(
            translate_percent=(-SHIFT, SHIFT),
            scale=(1 - SCALE, 1 + SCALE),
            rotate=(-ROTATE_DEGREES, ROTATE_DEGREES),
            p=0.5,
        ),
        albumentations.CoarseDropout(
            num_holes_range=DROPOUT_HOLES, hole_height_range=DROPOUT_SIDE, hole_width_range=DROPOUT_SIDE, p=0.5
        ),
    ]


def _colours() -> albumentations.BasicTransform:
    return albumentations.RandomBrightnessContrast(brightness_limit=BRIGHTNESS, contrast_limit=CONTRAST, p=0.5)
