"""Custom augmentations are read safely, translated from older versions, and refused with their place."""

from pathlib import Path

import pytest
import yaml

from studio.settings.augmentations import MAX_STEPS, Pipeline, Step, parse_pipeline
from studio.settings.finding import FindingLevel, blocking

KEY = "augmentation.custom_train_augmentations"
CONFIGS = sorted((Path(__file__).parents[3] / "shared" / "data" / "hydrogen_torch_configs").glob("image_*.yaml"))


def parse(text: str) -> tuple[Pipeline, list[str]]:
    """The pipeline at 320 x 240, and the codes of what is wrong with it."""
    pipeline, findings = parse_pipeline(text, KEY, 320, 240)
    assert all(one.path == KEY and one.fix for one in findings)
    return pipeline, [one.code for one in blocking(findings)]


def test_a_list_of_names_with_arguments_is_a_pipeline() -> None:
    text = """
    - HorizontalFlip: {p: 0.5}
    - Transpose
    - OneOf:
        p: 0.3
        transforms: [GaussianBlur, {GaussNoise: {std_range: [0.02, 0.1]}}]
    - Resize: {height: IMAGE_HEIGHT, width: IMAGE_WIDTH}
    """

    pipeline, problems = parse(text)

    assert problems == []
    assert pipeline.steps == (
        Step("HorizontalFlip", {"p": 0.5}),
        Step("Transpose"),
        Step("OneOf", {"p": 0.3}, (Step("GaussianBlur"), Step("GaussNoise", {"std_range": [0.02, 0.1]}))),
        Step("Resize", {"height": 240, "width": 320}),
    )


def test_nothing_is_a_pipeline_of_nothing() -> None:
    assert parse("  \n") == (Pipeline(), [])


@pytest.mark.skipif(not CONFIGS, reason="the real configuration files are not beside this repository")
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_pipelines_of_real_hydrogen_torch_files_are_read(path: Path) -> None:
    section = yaml.safe_load(path.read_text())["augmentation"]
    if "custom_train_augmentations" not in section:
        pytest.skip("this file has no custom augmentations")

    pipeline, problems = parse(section["custom_train_augmentations"])

    assert problems == []
    assert pipeline.steps == (Step("Resize", {"p": 1, "height": 240, "width": 320, "interpolation": 1}),)


def test_box_limits_are_taken_over() -> None:
    text = '{"transform": {"transforms": ["Transpose"], "bbox_params": {"min_area": 16, "min_visibility": 0.25}}}'

    pipeline, problems = parse(text)

    assert (problems, pipeline.min_area, pipeline.min_visibility) == ([], 16.0, 0.25)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "Cutout: {num_holes: 4, max_h_size: 8, max_w_size: 6, fill_value: 0}",
            Step(
                "CoarseDropout",
                {"fill": 0, "num_holes_range": [4, 4], "hole_height_range": [8, 8], "hole_width_range": [6, 6]},
            ),
        ),
        (
            "CoarseDropout: {max_holes: 8, min_holes: 2, max_height: 16, max_width: 16}",
            Step(
                "CoarseDropout",
                {"num_holes_range": [2, 8], "hole_height_range": [16, 16], "hole_width_range": [16, 16]},
            ),
        ),
        (
            "RandomResizedCrop: {height: IMAGE_HEIGHT, width: IMAGE_WIDTH, scale: [0.5, 1]}",
            Step("RandomResizedCrop", {"scale": [0.5, 1], "size": [240, 320]}),
        ),
        ("GaussNoise: {var_limit: [0, 65.025]}", Step("GaussNoise", {"std_range": [0.0, 0.0316]})),
        (
            "RandomBrightness: {limit: 0.3}",
            Step("RandomBrightnessContrast", {"brightness_limit": 0.3, "contrast_limit": 0.0}),
        ),
        ("JpegCompression: {quality_lower: 40}", Step("ImageCompression", {"quality_range": [40, 100]})),
        ("IAAFliplr: {p: 0.5, always_apply: false}", Step("HorizontalFlip", {"p": 0.5})),
        ("Rotate: {limit: 10, value: 0, mask_value: 0}", Step("Rotate", {"limit": 10, "fill": 0, "fill_mask": 0})),
        (
            '{"__class_fullname__": "albumentations.augmentations.transforms.HorizontalFlip", "p": 1}',
            Step("HorizontalFlip", {"p": 1}),
        ),
    ],
)
def test_names_and_arguments_of_older_versions_are_translated(old: str, new: Step) -> None:
    pipeline, problems = parse(f"- {old}")

    assert problems == []
    assert pipeline.steps == (new,)


def test_a_translation_is_told_and_stops_nobody() -> None:
    _, findings = parse_pipeline("- Cutout: {num_holes: 4}", KEY, 32, 32)

    [note] = findings
    assert note.level is FindingLevel.NOTE
    assert "CoarseDropout" in note.message


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("- HorizontalFlp", "unknown_transform", "Did you mean HorizontalFlip"),
        ("- Normalize", "unknown_transform", "Image normalization"),
        ("- Lambda: {image: 'os.system'}", "unknown_transform", "Code cannot be run"),
        ("- {__class_fullname__: os.system}", "unknown_transform", "reference"),
        ("- {__class_fullname__: builtins.eval}", "unknown_transform", ""),
        ("- TextImage: {font_path: /etc/passwd}", "unknown_transform", ""),
        ("- HorizontalFlip: {probability: 0.5}", "unknown_argument", ""),
        ("- OneOf: []", "shape", ""),
        ("- [1, 2]", "shape", ""),
        ("- {A: 1, B: 2}", "shape", ""),
        ("words", "shape", ""),
        ("- !!python/object/apply:os.system ['true']", "yaml", "plain values"),
        ("- a: [", "yaml", ""),
        ("- OneOf: [{OneOf: [{OneOf: [{OneOf: [Transpose]}]}]}]", "too_deep", ""),
        ("\n".join(["- Transpose"] * (MAX_STEPS + 1)), "too_many", ""),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_way_out(text: str, code: str, said: str) -> None:
    _, findings = parse_pipeline(text, KEY, 32, 32)

    [problem] = blocking(findings)
    assert problem.code == code
    assert said in problem.fix


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("Downscale: {interpolation_pair: {width: 1}}", "a mapping with the keys downscale, upscale"),
        ("Downscale: {interpolation_pair: {upscale: 9}}", "a mapping with the keys downscale, upscale"),
        ("Affine: {scale: {x: wide}}", "a mapping"),
        ("Affine: {border_mode: 9}", "one of 0, 1, 2, 3, 4"),
        ("HorizontalFlip: {p: true}", "a number of at least 0 and at most 1"),
    ],
)
def test_an_argument_is_held_to_its_whole_schema(step: str, expected: str) -> None:
    _, findings = parse_pipeline(f"- {step}", KEY, 32, 32)

    [problem] = blocking(findings)
    assert problem.code == "argument_value"
    assert expected in (problem.expected or "")
