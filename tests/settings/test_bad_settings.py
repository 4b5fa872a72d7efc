"""The catalogue of bad inputs, rows E112 to E136: settings and augmentations that must not start anything.

The same rows for every problem type there is, and those that need a dataset and a machine for images.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from studio.configuration.yaml_config import load_config
from studio.problems.registry import problem_types
from studio.settings.choices import ChoiceContext, Column
from studio.settings.finding import Finding, FindingLevel
from studio.settings.grid import grid_findings
from studio.settings.schema import SettingsSchema
from studio.settings.sections.augmentation import CUSTOM_TRAIN

SCHEMAS = [model.settings for kind in problem_types().values() for model in kind.model_types]
IMAGES = problem_types()["image_classification"].model_types[0].settings
HERE = ChoiceContext(
    columns=(Column("image", "file"), Column("label", "text", 2)),
    tables=("train.csv", "test.csv"),
    folders=("images",),
    devices=(("0", "1: A"), ("1", "2: B")),
    datasets=(("Shapes", "Shapes"),),
    label_values=("a", "b"),
    facts={"dataset.train_rows": 100, "dataset.table_count": 2, "machine.gpu_count": 2},
)
GOOD = {
    "general.dataset": "Shapes",
    "dataset.train_dataframe": "train.csv",
    "dataset.data_folder": "images",
    "dataset.image_column": "image",
    "dataset.label_columns": ["label"],
    "architecture.pretrained": False,
}


@dataclass(frozen=True)
class Case:
    """One bad value and the findings it must have."""

    row: str
    what: str
    values: Mapping[str, Any]
    path: str
    code: str
    level: FindingLevel = FindingLevel.ERROR
    words: str = ""
    """Part of what the finding says."""


def refused(row: str, what: str, key: str, value: Any, code: str, words: str = "") -> Case:
    return Case(row, what, {key: value}, key, code, words=words)


def warned(row: str, what: str, values: Mapping[str, Any], path: str, code: str) -> Case:
    return Case(row, what, values, path, code, FindingLevel.WARNING)


RATE, EPOCHS, BATCH = "training.learning_rate", "training.epochs", "training.batch_size"
EVERY_TYPE = [
    refused("E112", "a key that is nearly one", "training.lerning_rate", 0.1, "unknown_key", "training.learning_rate"),
    refused("E116", "no number", RATE, float("nan"), "wrong_value", "above 0"),
    refused("E116", "infinity", RATE, float("inf"), "wrong_value", "above 0"),
    refused("E117", "true for a number", RATE, True, "wrong_value"),
    refused("E117", "true for a whole number", EPOCHS, True, "wrong_value"),
    refused("E117", "a word for a whole number", EPOCHS, "3", "wrong_value"),
    refused("E117", "half an epoch", EPOCHS, 3.5, "wrong_value"),
    refused("E118", "too many epochs", EPOCHS, 99999999999999999999999999, "out_of_range", "10000"),
    refused("E118", "fewer than none", EPOCHS, -1, "out_of_range", "at least 0"),
    refused("E118", "a huge decimal", EPOCHS, 1e30, "out_of_range", "10000"),
    refused("E119", "no learning rate", RATE, 0, "out_of_range"),
    refused("E119", "a negative one", RATE, -1.0, "out_of_range"),
    refused("E119", "one of a million", RATE, 1e6, "out_of_range"),
    refused("E119", "an empty batch", BATCH, 0, "out_of_range"),
    refused("E119", "a batch beyond all measure", BATCH, 10**6, "out_of_range"),
    refused("E124", "nothing where a number must be", EPOCHS, None, "wrong_value"),
    refused("E124", "NUL in a name", "general.experiment_name", "a\0b", "control_character", "U+0000"),
    refused("E124", "half a character", "general.experiment_name", "a\ud800", "control_character", "U+D800"),
    refused("E124", "a control in a list", "environment.gpus", ["0\x1b"], "control_character", "U+001B"),
    refused("E123", "a section that is no mapping", "training", 3, "unknown_key"),
    refused("E121", "a metric of another problem type", "prediction.metric", "nonsense", "wrong_value"),
]
IMAGES_HERE = [
    refused("E120", "no width", "image.image_width", 0, "out_of_range", "16"),
    refused("E120", "a width of 7", "image.image_width", 7, "out_of_range", "16"),
    refused("E120", "a width of 100,000", "image.image_width", 100_000, "out_of_range", "4096"),
    refused("E122", "a column of another dataset", "dataset.label_columns", ["gone"], "not_here", "image, label"),
    refused("E122", "a table of another dataset", "dataset.train_dataframe", "gone.csv", "not_here", "train.csv"),
    refused("E122", "a device of another machine", "environment.gpus", ["7"], "not_here", "0, 1"),
    refused("E122", "a backbone that does not exist", "architecture.backbone", "resnet51", "unknown_name", "resnet50"),
    refused("E126", "a GPU twice", "environment.gpus", ["0", "0"], "duplicate", "once"),
    Case(
        "E125",
        "grouped folds without groups",
        {"dataset.validation_strategy": "group_kfold"},
        "dataset.group_fold_column",
        "missing",
    ),
    Case(
        "E125",
        "a holdout without a table",
        {"dataset.validation_strategy": "custom"},
        "dataset.validation_dataframe",
        "missing",
    ),
    Case(
        "E125",
        "a warm-up longer than the training",
        {"training.warmup_epochs": 9, EPOCHS: 3},
        "training.warmup_epochs",
        "contradiction",
    ),
    Case("E125", "no labels at all", {"dataset.label_columns": []}, "dataset.label_columns", "no_label"),
    warned("E119", "a batch larger than the table", {BATCH: 512}, BATCH, "few_rows"),
    warned(
        "E126",
        "more devices than rows for them",
        {BATCH: 64, "environment.gpus": ["0", "1"], "environment.number_of_gpus_per_run": 2},
        BATCH,
        "few_rows",
    ),
    warned("E119", "a learning rate of 5", {RATE: 5.0}, RATE, "unusual"),
    warned(
        "E125",
        "validated on what it trains on",
        {"dataset.validation_strategy": "custom", "dataset.validation_dataframe": "train.csv"},
        "dataset.validation_dataframe",
        "leak",
    ),
]
AUGMENTATIONS = [
    ("E130", "an unknown name", "- HorizontalFlp", "unknown_transform", "HorizontalFlip"),
    ("E130", "what the studio does itself", "- Normalize", "unknown_transform", "Image normalization"),
    ("E131", "a probability of 2", "- HorizontalFlip: {p: 2}", "argument_value", "at most 1"),
    ("E131", "a probability of a group", "- OneOf: {p: -1, transforms: [Transpose]}", "argument_value", "0 to 1"),
    ("E131", "a negative size", "- Resize: {height: -1, width: 9}", "argument_value", "at least 1"),
    ("E131", "a size of a billion", "- Resize: {height: 1000000000, width: 9}", "argument_value", "4096"),
    ("E131", "a range upside down", "- RandomScale: {scale_limit: [0.5, -0.5]}", "argument_value", "smaller"),
    ("E131", "a word for an angle", "- Rotate: {limit: far}", "argument_value", "number"),
    ("E131", "an argument it does not have", "- Rotate: {limits: 3}", "unknown_argument", "limit"),
    ("E131", "an argument that groups do not have", "- SomeOf: {many: 3, transforms: [Transpose]}", "unknown_argument",
     "n"),
    ("E132", "1,000 deep", "[" * 1000 + "]" * 1000, "yaml", "deep"),
    ("E132", "10,000 steps", "- Transpose\n" * 10_000, "too_many", "60"),
    ("E132", "a list that holds itself", "&a [*a]", "yaml", ""),
    ("E133", "a font from the disk", "- TextImage: {font_path: /etc/passwd}", "unknown_transform", ""),
    ("E133", "images from the disk", "- FDA: {reference_images: [/etc/passwd]}", "unknown_transform", ""),
    ("E133", "code", "- Lambda: {image: os.system}", "unknown_transform", "Code"),
    ("E133", "a name with its module", "- os.system: {command: touch pwned}", "unknown_transform", ""),
    ("E133", "a class path of theirs", '{"transform": {"__class_fullname__": "Compose", "transforms": '
     '[{"__class_fullname__": "os.system", "p": 1}]}}', "unknown_transform", ""),
]  # fmt: skip
ELSEWHERE = {
    "E127": "tests/settings/test_bad_settings.py",
    "E129": "tests/modeling/classification/test_metrics.py",
    "E134": "tests/settings/test_augmentations.py",
    "E135": "tests/server/test_previews.py",
    "E136": "tests/settings/test_augmentations.py",
    "E113": "tests/configuration/test_yaml.py",
    "E114": "tests/configuration/test_yaml.py",
    "E115": "tests/configuration/test_yaml.py",
    "E123": "tests/configuration/test_yaml.py",
    "E128": "tests/configuration/test_yaml.py",
}
"""Rows with tests of their own."""


def findings_of(schema: type[SettingsSchema], values: Mapping[str, Any]) -> list[Finding]:
    settings, findings = schema.parse(values)
    return [*findings, *(settings.check(HERE) if settings is not None else ())]


def said(finding: Finding) -> str:
    return f"{finding.message} {finding.found} {finding.expected} {finding.fix}"


def assert_complete(finding: Finding) -> None:
    """What, where, what was found or expected, and what to do."""
    assert finding.message.endswith(".")
    assert finding.path
    assert finding.found
    assert finding.expected
    assert finding.fix


def check(schema: type[SettingsSchema], case: Case, base: Mapping[str, Any]) -> None:
    found = findings_of(schema, {**base, **case.values})
    ours = [one for one in found if (one.path, one.code) == (case.path, case.code)]
    assert ours, [(one.path, one.code) for one in found]
    assert ours[0].level is case.level
    assert case.words in said(ours[0])
    assert_complete(ours[0])


@pytest.mark.parametrize("case", EVERY_TYPE, ids=lambda case: f"{case.row} {case.what}")
def test_a_bad_value_is_refused_by_every_problem_type(case: Case) -> None:
    for schema in SCHEMAS:
        check(schema, case, {})


@pytest.mark.parametrize("case", IMAGES_HERE, ids=lambda case: f"{case.row} {case.what}")
def test_what_does_not_fit_this_dataset_and_machine_is_found(case: Case) -> None:
    check(IMAGES, case, GOOD)


def test_good_settings_have_no_finding() -> None:
    assert findings_of(IMAGES, GOOD) == []


def test_a_whole_decimal_is_a_whole_number() -> None:
    """E117."""
    settings, findings = IMAGES.parse({EPOCHS: 3.0})

    assert findings == ()
    assert settings is not None
    assert settings.value(EPOCHS) == 3


def test_every_finding_comes_at_once() -> None:
    wrong = {EPOCHS: -1, RATE: "fast", "training.lerning_rate": 1, "general.experiment_name": "a\0"}

    found = {one.path for one in findings_of(IMAGES, wrong)}

    assert found == set(wrong)


@pytest.mark.parametrize(("row", "what", "text", "code", "words"), AUGMENTATIONS, ids=lambda value: str(value)[:40])
def test_a_bad_pipeline_is_refused(row: str, what: str, text: str, code: str, words: str, tmp_path: Path) -> None:
    values = {**GOOD, "augmentation.augmentations_strategy": "Custom", CUSTOM_TRAIN: text}

    found = [one for one in findings_of(IMAGES, values) if one.blocks]

    assert code in {one.code for one in found}, found
    ours = next(one for one in found if one.code == code)
    assert ours.path == CUSTOM_TRAIN
    assert words in said(ours)
    assert_complete(ours)


GRIDS: list[tuple[str, Mapping[str, list[Any]], str]] = [
    ("a thousand million points", {EPOCHS: [*range(1, 1001)], RATE: [n / 1e4 for n in range(1, 1001)],
                                   BATCH: [*range(1, 1001)]}, "too_many"),
    ("no values", {EPOCHS: []}, "empty_grid"),
    ("no number among the values", {RATE: [0.1, float("nan")]}, "wrong_value"),
    ("a setting that takes one value", {"general.dataset": ["a", "b"]}, "no_grid"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "grid", "code"), GRIDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_grid_is_refused(what: str, grid: Mapping[str, list[Any]], code: str) -> None:
    """E127."""
    settings = IMAGES.from_mapping(GOOD)

    found = list(grid_findings(settings, grid))

    assert code in {one.code for one in found}
    for one in found:
        assert one.message.endswith(".")
        assert one.fix


def test_settings_of_another_problem_type_or_version_are_refused() -> None:
    """E121."""
    for head in ("schema_version: 99\nproblem_type: image_classification\n", "schema_version: 1\nproblem_type: nope\n"):
        findings = load_config(head).findings

        assert findings
        assert all(one.fix and one.expected and one.found for one in findings)


def test_every_row_of_the_catalogue_is_accounted_for() -> None:
    here = {case.row for case in (*EVERY_TYPE, *IMAGES_HERE)} | {row for row, *_ in AUGMENTATIONS}

    assert {f"E{number}" for number in range(112, 137)} <= here | set(ELSEWHERE)
    for place in ELSEWHERE.values():
        assert (Path(__file__).parents[2] / place).is_file()
