"""What folds and holdouts will lack is told before the start, and is what the run then meets."""

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from studio.configuration.split_checks import split_findings
from studio.datasets.dataset import Dataset, DatasetManifest, Table
from studio.datasets.folds import split
from studio.datasets.profile import DatasetProfile
from studio.files import write_json
from studio.problems.registry import problem_type
from studio.runs.plan import planned_folds
from studio.settings.finding import blocking
from studio.settings.schema import SettingsSchema

STRATEGY = "dataset.validation_strategy"


def dataset(folder: Path, frame: pd.DataFrame, task: str = "multi-class") -> Dataset:
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    frame.assign(__row=range(1, len(frame) + 1)).to_parquet(folder / "tables" / "train.parquet")
    write_json(folder / "profile.json", DatasetProfile(task=task).model_dump(mode="json"))
    table = Table(
        name="train.csv",
        file="tables/train.parquet",
        role="train",
        rows=len(frame),
        rows_imported=len(frame),
        columns=(),
    )
    fingerprint = f"{pd.util.hash_pandas_object(frame).sum()}"
    manifest = DatasetManifest(
        id="d", name="d", problem_type="text_classification", roles={}, tables=(table,), fingerprint=fingerprint
    )
    return Dataset(folder, manifest)


def settings(**changes: Any) -> SettingsSchema:
    schema = problem_type("text_classification").model_types[0].settings
    chosen = {"dataset.train_dataframe": "train.csv", "dataset.label_columns": ["label"], **changes}
    return schema.from_mapping(chosen)


@given(
    st.lists(st.sampled_from("aabbbc"), min_size=2, max_size=30),
    st.sampled_from(["kfold", "automatic"]),
    st.sampled_from([0.1, 0.5]),
)
@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_split_that_passes_the_check_has_two_classes_to_learn_and_rows_to_validate(
    tmp_path: Path, labels: list[str], strategy: str, share: float
) -> None:
    data = dataset(tmp_path / "".join(labels), pd.DataFrame({"label": labels}))
    chosen = settings(**{STRATEGY: strategy, "dataset.validation_size": share})

    findings = split_findings(data, chosen)

    if not blocking(findings):
        for fold in planned_folds(chosen):
            parts = split(data, chosen, fold)
            assert parts.train["label"].nunique() >= 2
            assert len(parts.validation)
            told = {one.code for one in findings}
            assert set(parts.validation["label"]) <= set(parts.train["label"]) or "only_in_validation" in told


def test_the_only_row_of_a_class_is_in_training_whatever_fold_validates(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a"] * 6 + ["b"] * 6 + ["rare"]}))

    for fold in "01234":
        assert Counter(split(data, settings(), fold).train["label"])["rare"] == 1
    (finding,) = split_findings(data, settings(**{"dataset.selected_folds": ["0"]}))
    assert (finding.code, finding.level.value, finding.examples) == ("only_in_training", "note", ("fold 0: rare",))


def test_folds_of_groups_that_leave_one_class_are_refused_by_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": ["a"] * 3 + ["b"] * 9, "site": [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4]})
    chosen = settings(
        **{STRATEGY: "group_kfold", "dataset.group_fold_column": "site", "dataset.selected_folds": list("01234")}
    )

    findings = blocking(split_findings(dataset(tmp_path, frame), chosen))

    assert [(one.code, one.path) for one in findings] == [("one_class", STRATEGY)]
    assert "'b'" in findings[0].found


@pytest.mark.parametrize(
    ("frame", "changes", "code", "path"),
    [
        ({"label": list("abab")}, {}, "too_few_rows", STRATEGY),
        (
            {"label": list("ab") * 9, "site": [0, 1, 2] * 6},
            {STRATEGY: "group_kfold", "dataset.group_fold_column": "site"},
            "too_few_groups",
            STRATEGY,
        ),
        (
            {"label": list("ab") * 9, "fold": [0, 1, 2] * 6},
            {"dataset.selected_folds": ["4"]},
            "unknown_fold",
            "dataset.selected_folds",
        ),
    ],
)
def test_folds_that_cannot_be_drawn_are_told_before_the_start(
    frame: dict[str, Any], changes: dict[str, Any], code: str, path: str, tmp_path: Path
) -> None:
    findings = split_findings(dataset(tmp_path, pd.DataFrame(frame)), settings(**changes))

    assert [(one.code, one.path, one.blocks) for one in findings] == [(code, path, True)]


def test_nothing_is_said_of_numbers(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": [0.5, 1.5, 2.5, 3.5, 4.5, 9.5]}), task="regression")

    assert split_findings(data, settings()) == []
