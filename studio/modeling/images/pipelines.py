"""Pipelines: the transforms that a run's settings ask for, of the studio's strategies or of its user's own."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from studio.modeling.images.custom_augmentations import AugmentationError, build_steps, custom_pipeline
from studio.modeling.images.transforms import (
    Boxes,
    BoxLimits,
    Transforms,
    inference_transforms,
    resize,
    training_transforms,
)
from studio.settings.sections.augmentation import CUSTOM_INFERENCE, CUSTOM_TRAIN

CUSTOM = "Custom"
_FAULTS = (ValueError, TypeError, RuntimeError, LookupError, AssertionError, cv2.error, np.linalg.LinAlgError)
"""What steps throw that do not take an image."""


def transforms_of(settings: Any, *, training: bool, with_boxes: bool = False) -> Transforms:
    """The transforms of training or inference images.

    Raises:
        FindingsError: if a custom pipeline cannot be read.
        AugmentationError: if one of its steps does not take its arguments.
    """
    image, augmentation = settings.image, settings.augmentation
    size = (image.image_width, image.image_height)
    strategy = augmentation.augmentations_strategy
    if strategy == CUSTOM:
        key = CUSTOM_TRAIN if training else CUSTOM_INFERENCE
        return CustomTransforms(str(settings.value(key)), key, *size, with_boxes=with_boxes)
    if training:
        return training_transforms(strategy, *size, with_boxes=with_boxes)
    return inference_transforms(*size, with_boxes=with_boxes)


class CustomTransforms(Transforms):
    """A user's pipeline, then a resize to the input size, which does nothing where the size is right already."""

    def __init__(self, text: str, key: str, width: int, height: int, *, with_boxes: bool) -> None:
        pipeline = custom_pipeline(text, key, width, height)
        usual = BoxLimits()
        limits = BoxLimits(
            usual.min_area if pipeline.min_area is None else pipeline.min_area,
            usual.min_visibility if pipeline.min_visibility is None else pipeline.min_visibility,
        )
        self._key = key
        try:
            super().__init__(
                [*build_steps(pipeline.steps), resize(width, height)], with_boxes=with_boxes, limits=limits
            )
        except AugmentationError as error:
            raise AugmentationError(
                f"In the {self._words}: {error.message}", hint=error.hint, code=self._name
            ) from error
        except (TypeError, ValueError) as error:
            raise self._failure(error) from error

    def image(self, image: np.ndarray, seed: int | None) -> np.ndarray:
        return self._guarded(image, lambda: super(CustomTransforms, self).image(image, seed))

    def image_and_boxes(self, image: np.ndarray, boxes: Boxes, seed: int | None) -> tuple[np.ndarray, Boxes]:
        moved: list[Boxes] = []

        def apply() -> np.ndarray:
            pixels, left = super(CustomTransforms, self).image_and_boxes(image, boxes, seed)
            moved.append(left)
            return pixels

        return self._guarded(image, apply), moved[0]

    def image_and_masks(
        self, image: np.ndarray, masks_HWK: np.ndarray, seed: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        moved: list[np.ndarray] = []

        def apply() -> np.ndarray:
            pixels, masks = super(CustomTransforms, self).image_and_masks(image, masks_HWK, seed)
            moved.append(masks)
            return pixels

        return self._guarded(image, apply), moved[0]

    def slices_and_masks(
        self, slices_DHWC: np.ndarray, masks_DHWK: np.ndarray | None, seed: int | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        try:
            slices, masks = super().slices_and_masks(slices_DHWC, masks_DHWK, seed)
        except _FAULTS as error:
            raise self._failure(error) from error
        return self._same_kind(slices.reshape(*slices.shape[:3], -1), slices_DHWC), masks

    def frame(self, image: np.ndarray) -> np.ndarray:
        try:
            return super().frame(image)
        except _FAULTS as error:
            raise self._failure(error) from error

    def _guarded(self, image: np.ndarray, apply: Callable[[], np.ndarray]) -> np.ndarray:
        """The pixels, with the image's channels and as bytes; what a step throws is told as one of its own."""
        try:
            pixels = apply()
        except _FAULTS as error:
            raise self._failure(error) from error
        return self._same_kind(pixels[:, :, None] if pixels.ndim == 2 else pixels, image)

    def _same_kind(self, pixels: np.ndarray, given: np.ndarray) -> np.ndarray:
        if pixels.dtype != given.dtype or pixels.shape[-1] != given.shape[-1]:
            raise AugmentationError(
                f"The pipeline makes images of {pixels.shape[-1]} channels of {pixels.dtype}, "
                f"and gets {given.shape[-1]} of {given.dtype}.",
                hint="Leave out the step that changes the kind of image.",
                code=self._name,
            )
        return pixels

    @property
    def _name(self) -> str:
        """Of the setting; also the code of its errors, which tells a page where they belong."""
        return self._key.rpartition(".")[2]

    @property
    def _words(self) -> str:
        return self._name.replace("_", " ")

    def _failure(self, error: Exception) -> AugmentationError:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        return AugmentationError(
            f"The {self._words} do not work on this image: {said}",
            hint="Try it on the page of the settings, one step at a time.",
            code=self._name,
        )
