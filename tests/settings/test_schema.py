from typing import Any

import pytest

from studio.problems.contract import ModelType, ProblemType
from studio.problems.registry import problem_type, problem_types
from studio.settings.choices import ChoiceContext, Column
from studio.settings.finding import SettingsError
from studio.settings.schema import SettingsSchema
from studio.settings.setting import ExperienceLevel

ImageClassificationSettings = problem_type("image_classification").model_types[0].settings
EfficientDetSettings = problem_type("image_object_detection").model_type("efficientdet").settings

SCHEMAS = [model.settings for kind in problem_types().values() for model in kind.model_types]
CONTEXT = ChoiceContext(
    columns=(Column("image", "file"), Column("label", "text", 3)),
    tables=("train.csv", "test.csv"),
    folders=("images",),
)


def paths(findings: Any) -> set[str]:
    return {finding.path for finding in findings}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_setting_is_documented(schema: type[SettingsSchema]) -> None:
    for field in schema.fields().values():
        assert field.setting.label, field.key
        assert field.setting.help.endswith("."), field.key
        assert field.setting.level in ExperienceLevel
        if field.setting.visible_if:
            for key in field.setting.visible_if.depends_on():
                assert key in schema.fields() or key.startswith(("machine.", "dataset.")), key


@pytest.mark.parametrize("schema", SCHEMAS)
def test_defaults_and_grid_values_are_valid(schema: type[SettingsSchema]) -> None:
    settings = schema()

    assert settings.changes() == {}
    for field in schema.fields().values():
        for value in field.setting.grid_values:
            assert settings.replaced({field.key: value}).value(field.key) == value


def test_all_findings_come_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        ImageClassificationSettings.from_mapping(
            {
                "training": {"learning_rate": 0, "epocs": 3, "batch_size": "16", "optimizer": "Adamw"},
                "image.image_width": 100_000,
                "colour": "blue",
            }
        )

    assert paths(error.value.findings) == {
        "training.learning_rate",
        "training.epocs",
        "training.batch_size",
        "training.optimizer",
        "image.image_width",
        "colour",
    }
    assert all(finding.fix and finding.message for finding in error.value.findings)


def test_an_unknown_key_names_the_nearest_one() -> None:
    _, findings = ImageClassificationSettings.parse({"training.lerning_rate": 0.1})

    assert findings[0].code == "unknown_key"
    assert "training.learning_rate" in findings[0].fix


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", True, None, [0.1], -1.0, 1e30])
def test_a_learning_rate_must_be_a_finite_number_in_range(value: Any) -> None:
    _, findings = ImageClassificationSettings.parse({"training.learning_rate": value})

    assert paths(findings) == {"training.learning_rate"}


@pytest.mark.parametrize(("value", "accepted"), [(3, True), (3.0, True), (3.5, False), (True, False), ("3", False)])
def test_whole_numbers_are_strict_but_not_pedantic(value: Any, accepted: bool) -> None:
    _, findings = ImageClassificationSettings.parse({"training.epochs": value})

    assert (not findings) is accepted


@pytest.mark.parametrize("value", [99999999999999999999999999, -1, 1e30])
def test_absurd_epochs_are_refused_with_the_limits(value: Any) -> None:
    _, findings = ImageClassificationSettings.parse({"training.epochs": value})

    assert "10000" in findings[0].expected


def test_choices_that_do_not_exist_here_are_each_named() -> None:
    settings = ImageClassificationSettings.from_mapping(
        {
            "dataset.train_dataframe": "trian.csv",
            "dataset.image_column": "img",
            "dataset.label_columns": ["lable"],
            "dataset.data_folder": "images",
            "architecture.backbone": "resnet5",
            "environment.gpus": ["3"],
        }
    )

    findings = settings.check(CONTEXT)

    assert paths(findings) == {
        "dataset.train_dataframe",
        "dataset.image_column",
        "dataset.label_columns",
        "architecture.backbone",
        "environment.gpus",
    }
    assert next(f for f in findings if f.path == "dataset.train_dataframe").fix == "Did you mean train.csv?"
    assert "resnet" in next(f for f in findings if f.path == "architecture.backbone").fix


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"dataset.validation_strategy": "custom"}, "dataset.validation_dataframe"),
        ({"dataset.validation_strategy": "group_kfold"}, "dataset.group_fold_column"),
        ({"training.warmup_epochs": 9.0}, "training.warmup_epochs"),
        ({"environment.gpus": ["0", "0"]}, "environment.gpus"),
        ({"dataset.label_columns": []}, "dataset.label_columns"),
    ],
)
def test_contradictions_are_errors_before_the_start(changes: dict[str, Any], path: str) -> None:
    settings = ImageClassificationSettings.from_mapping(
        {
            "dataset.train_dataframe": "train.csv",
            "dataset.image_column": "image",
            "dataset.label_columns": ["label"],
            "dataset.data_folder": "images",
            **changes,
        }
    )

    assert path in paths(finding for finding in settings.check(CONTEXT) if finding.blocks)


def test_checking_never_changes_a_value() -> None:
    settings = ImageClassificationSettings.from_mapping({"training.learning_rate": 5.0})
    before = settings.flat()

    settings.check(CONTEXT)

    assert settings.flat() == before


def test_hidden_settings_do_not_tell_settings_apart() -> None:
    plain = ImageClassificationSettings()
    hidden = plain.replaced({"training.focal_gamma": 4.0})
    shown = hidden.replaced({"training.loss_function": "Focal"})

    assert plain.fingerprint() == hidden.fingerprint()
    assert plain.fingerprint() != shown.fingerprint()


def test_the_name_does_not_tell_settings_apart() -> None:
    named = ImageClassificationSettings.from_mapping({"experiment_name": "otter"})

    assert named.value("general.experiment_name") == "otter"
    assert named.fingerprint() == ImageClassificationSettings().fingerprint()


def test_drop_path_rate_takes_default_or_a_rate() -> None:
    def findings(rate: str) -> set[str]:
        settings = EfficientDetSettings.from_mapping({"architecture.drop_path_rate": rate})
        return paths(settings.contradictions(ChoiceContext()))

    assert "architecture.drop_path_rate" not in findings("Default") | findings("0.2")
    assert "architecture.drop_path_rate" in findings("often")


def test_a_model_type_is_found_by_id_and_a_miss_lists_what_exists() -> None:
    kind: ProblemType = problem_types()["image_object_detection"]
    model: ModelType = kind.model_type(None)

    assert model.id == "efficientdet"
    with pytest.raises(Exception, match="There is no model type") as error:
        kind.model_type("efficientdat")
    assert "efficientdet" in error.value.hint  # type: ignore[attr-defined]
