"""Custom pipelines do what Albumentations does with the same steps, resize at the end, and fail in words."""

import inspect
from typing import Any

import albumentations
import numpy as np
import pytest

from studio.modeling.images.custom_augmentations import AugmentationError
from studio.modeling.images.pipelines import CustomTransforms, transforms_of
from studio.modeling.images.transforms import Boxes
from studio.problems.registry import problem_type
from studio.settings.augmentation_arguments import argument_table
from studio.settings.augmentations import known_transforms
from studio.settings.finding import FindingsError

ImageClassificationSettings = problem_type("image_classification").model_types[0].settings

KEY = "augmentation.custom_train_augmentations"
HEIGHT, WIDTH = 48, 64
SIZE = ", height: 24, width: 24"
NEEDED = {
    "AtLeastOneBBoxRandomCrop": SIZE,
    "CenterCrop": SIZE,
    "Crop": ", x_max: 24, y_max: 24",
    "CropAndPad": ", percent: 0.1",
    "GridElasticDeform": ", num_grid_xy: [4, 4], magnitude: 2",
    "LongestMaxSize": ", max_size: 24",
    "RandomCrop": SIZE,
    "RandomResizedCrop": ", size: [24, 24]",
    "RandomSizedBBoxSafeCrop": SIZE,
    "RandomSizedCrop": ", min_max_height: [16, 32], size: [24, 24]",
    "Resize": SIZE,
    "SmallestMaxSize": ", max_size: 24",
}
"""Arguments without a default."""


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def custom(text: str, *, width: int = 32, height: int = 24, with_boxes: bool = False) -> CustomTransforms:
    return CustomTransforms(text, KEY, width, height, with_boxes=with_boxes)


def test_the_list_of_allowed_transforms_is_that_of_the_library() -> None:
    for name, arguments in known_transforms().items():
        signature = set(inspect.signature(getattr(albumentations, name).__init__).parameters)

        assert arguments <= signature, name


def test_the_table_of_arguments_is_what_the_library_says_of_itself() -> None:
    """After an update of Albumentations, this says which transforms to write anew."""
    shown = {"title", "default", "description", "deprecated"}

    def plain(value: Any, definitions: dict[str, Any]) -> Any:
        if isinstance(value, dict) and "$ref" in value:
            return plain(definitions[value["$ref"].split("/")[-1]], definitions)
        if isinstance(value, dict):
            return {key: plain(one, definitions) for key, one in value.items() if key not in shown}
        return [plain(one, definitions) for one in value] if isinstance(value, list) else value

    for name, arguments in argument_table().items():
        schema = getattr(albumentations, name).InitSchema.model_json_schema()
        theirs = plain(schema["properties"], schema.get("$defs", {}))

        assert {key: theirs.get(key, {}) for key in arguments} == arguments, name


def test_every_allowed_transform_works_on_an_image_with_boxes(image: np.ndarray) -> None:
    boxes = Boxes(np.array([[8, 8, 40, 40]], np.float32), np.array([0]))
    for name in known_transforms():
        text = f"- {name}: {{p: 1{NEEDED.get(name, '')}}}"

        pixels, _ = custom(text, with_boxes=True).image_and_boxes(image, boxes, 0)

        assert pixels.shape == (24, 32, 3), name


def test_steps_are_those_of_the_library_with_the_same_seed(image: np.ndarray) -> None:
    text = """
    - Resize: {height: IMAGE_HEIGHT, width: IMAGE_WIDTH}
    - RandomBrightnessContrast: {p: 1}
    - VerticalFlip: {p: 1}
    """
    reference = albumentations.Compose(
        [
            albumentations.Resize(24, 32),
            albumentations.RandomBrightnessContrast(p=1),
            albumentations.VerticalFlip(p=1),
        ]
    )
    reference.set_random_seed(7)

    pixels = custom(text).image(image, 7)

    np.testing.assert_array_equal(pixels, reference(image=image)["image"])


def test_an_empty_pipeline_only_resizes(image: np.ndarray) -> None:
    first, second = custom("").image(image, 1), custom("").image(image, 2)

    assert first.shape == (24, 32, 3)
    np.testing.assert_array_equal(first, second)


def test_whatever_the_size_a_pipeline_leaves_the_model_gets_its_own(image: np.ndarray) -> None:
    assert custom("- CenterCrop: {height: 40, width: 40}").image(image, 0).shape == (24, 32, 3)


def test_boxes_move_with_the_image_and_small_rests_are_dropped(image: np.ndarray) -> None:
    text = """
    transforms: [{HorizontalFlip: {p: 1}}, {Crop: {x_min: 0, y_min: 0, x_max: 32, y_max: 48}}]
    bbox_params: {min_area: 0, min_visibility: 0.5}
    """
    boxes = Boxes(np.array([[40, 0, 60, 40], [20, 0, 40, 40], [0, 0, 10, 40]], np.float32), np.array([0, 1, 2]))

    _, moved = custom(text, width=32, height=48, with_boxes=True).image_and_boxes(image, boxes, 0)

    assert moved.classes.tolist() == [0]
    np.testing.assert_allclose(moved.corners, [[4, 0, 24, 40]], equal_nan=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- LongestMaxSize: {max_size: 32}\n- PadIfNeeded: {min_height: 32, min_width: 32}",
        "- CenterCrop: {height: 32, width: 32}",
    ],
)
def test_the_way_back_undoes_the_pipeline(image: np.ndarray, text: str) -> None:
    transforms = custom(text, width=32, height=32, with_boxes=True)
    box = np.array([[24.0, 16.0, 40.0, 32.0]])

    _, moved = transforms.image_and_boxes(image, Boxes(box.astype(np.float32), np.array([0])), None)
    way = transforms.frame(image)

    corners = moved.corners.reshape(-1, 2)
    back = np.hstack([corners, np.ones((2, 1))]) @ way.T
    np.testing.assert_allclose(back.reshape(1, 4), box, atol=1e-4, equal_nan=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- RandomResizedCrop: {size: [24, 32], scale: [2, 5]}", "RandomResizedCrop"),
        ("- Resize: {height: 10}", "Resize"),
        ("- Crop: {x_min: 0, y_min: 0, x_max: 4000, y_max: 4000}", "do not work on this image"),
        ("- BBoxSafeRandomCrop: {p: 1}", "do not work on this image"),
        ("- ToGray: {num_output_channels: 1, p: 1}", "1 channels"),
    ],
)
def test_what_the_library_refuses_is_told_in_words(image: np.ndarray, text: str, said: str) -> None:
    with pytest.raises(AugmentationError, match=said):
        custom(text).image(image, 0)


def test_a_name_that_is_not_on_the_list_never_becomes_an_object() -> None:
    with pytest.raises(FindingsError):
        custom("- {__class_fullname__: os.system, command: 'true'}")


def test_settings_choose_between_strategies_and_own_pipelines(image: np.ndarray) -> None:
    own = {
        "augmentation.augmentations_strategy": "Custom",
        KEY: "- InvertImg: {p: 1}",
        "image.image_width": WIDTH,
        "image.image_height": HEIGHT,
    }
    settings = ImageClassificationSettings.from_mapping(own)

    train = transforms_of(settings, training=True).image(image, 0)
    inference = transforms_of(settings, training=False).image(image, 0)

    np.testing.assert_array_equal(train, 255 - image)
    np.testing.assert_array_equal(inference, image)
