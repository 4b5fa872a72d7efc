from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from studio.datasets.dataset import Dataset, DatasetManifest, Table
from studio.datasets.folds import assign_folds, split
from studio.errors import DatasetError
from studio.problems.registry import problem_type, problem_types
from studio.settings.schema import SettingsSchema

ImageClassificationSettings = problem_type("image_classification").model_types[0].settings


def dataset(tmp_path: Path, frame: pd.DataFrame) -> Dataset:
    (tmp_path / "tables").mkdir(exist_ok=True)
    frame.assign(__row=range(1, len(frame) + 1)).to_parquet(tmp_path / "tables" / "train.parquet")
    table = Table(
        name="train.csv",
        file="tables/train.parquet",
        role="train",
        rows=len(frame),
        rows_imported=len(frame),
        columns=(),
    )
    manifest = DatasetManifest(id="d", name="d", problem_type="image_classification", roles={}, tables=(table,))
    return Dataset(tmp_path, manifest)


def settings(**changes: object) -> ImageClassificationSettings:
    return ImageClassificationSettings.from_mapping(
        {"dataset.train_dataframe": "train.csv", "dataset.label_columns": ["label"], **changes}
    )


@examples(deadline=None)  # a busy machine is no failure
@given(st.integers(5, 200), st.integers(1, 6))
def test_every_row_is_in_one_fold_and_folds_are_even(rows: int, classes: int) -> None:
    strata = [str(index % classes) for index in range(rows)]

    folds = assign_folds(pd.DataFrame({"x": range(rows)}), strata=strata)

    counts = pd.Series(folds).value_counts()
    assert counts.max() - counts.min() <= 1
    for label in set(strata):
        within = pd.Series(folds[np.array(strata) == label]).value_counts().reindex(list("01234"), fill_value=0)
        assert within.max() - within.min() <= 1


def test_a_group_is_never_on_both_sides() -> None:
    frame = pd.DataFrame({"patient": [index // 3 for index in range(60)]})

    folds = assign_folds(frame, groups="patient")

    assert frame.assign(fold=folds).groupby("patient")["fold"].nunique().max() == 1
    assert set(folds) == set("01234")


def test_folds_do_not_depend_on_the_training_seed(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a", "b"] * 30}))

    one = split(data, settings(**{"environment.seed": 1}), "0")
    two = split(data, settings(**{"environment.seed": 2}), "0")

    assert one.validation["__row"].tolist() == two.validation["__row"].tolist()


def test_the_five_validations_cover_every_row_once(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a", "b", "c"] * 11}))

    rows = [row for fold in "01234" for row in split(data, settings(), fold).validation["__row"]]

    assert sorted(rows) == list(range(1, 34))


def test_a_fold_column_is_used_when_there_is_one(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a", "b"] * 4, "fold": [0, 0, 1, 1, 2, 2, 2, 2]}))

    assert split(data, settings(), "1").validation["__row"].tolist() == [3, 4]
    with pytest.raises(DatasetError, match="no fold '7'"):
        split(data, settings(), "7")


def test_automatic_holdout_has_the_asked_share_of_every_class(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a"] * 80 + ["b"] * 20}))
    chosen = settings(**{"dataset.validation_strategy": "automatic", "dataset.validation_size": 0.25})

    validation = split(data, chosen, "0").validation

    assert validation["label"].value_counts().to_dict() == {"a": 20, "b": 5}


@pytest.mark.parametrize("draw", range(12))
def test_the_only_row_of_a_class_stays_in_training(draw: int, tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": ["usual"] * 19 + ["rare"]})
    chosen = settings(**{"dataset.validation_strategy": "automatic", "dataset.validation_size": 0.5})

    parts = split(dataset(tmp_path, frame), chosen, str(draw))

    assert set(parts.train["label"]) == {"usual", "rare"}
    assert set(parts.validation["label"]) == {"usual"}


def test_a_data_sample_takes_its_share_where_chosen(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a", "b"] * 50}))
    chosen = settings(**{"dataset.data_sample": 0.5, "dataset.data_sample_choice": ["Train"]})

    result = split(data, chosen, "0")

    assert (len(result.train), len(result.validation)) == (40, 20)


def test_too_few_rows_for_five_folds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="too few"):
        split(dataset(tmp_path, pd.DataFrame({"label": ["a", "b", "a"]})), settings(), "0")


def text_settings(module: str, **changes: object) -> SettingsSchema:
    kind = problem_types()[module].model_types[0].settings
    return kind.from_mapping({"dataset.train_dataframe": "train.csv", **changes})


def test_a_single_label_column_gives_strata_too(tmp_path: Path) -> None:
    data = dataset(tmp_path, pd.DataFrame({"label": ["a"] * 50 + ["b"] * 5}))
    settings = text_settings("text_metric_learning", **{"dataset.label_columns": "label"})

    held_out = split(data, settings, "0").validation

    assert held_out["label"].value_counts().to_dict() == {"a": 10, "b": 1}


def test_lists_and_long_texts_are_no_strata(tmp_path: Path) -> None:
    rows = [{"label": ["O", "B-X"], "text": f"text {row}"} for row in range(10)]
    data = dataset(tmp_path, pd.DataFrame(rows))

    tags = split(data, text_settings("text_token_classification", **{"dataset.label_columns": "label"}), "0")
    texts = split(data, text_settings("text_sequence_to_sequence", **{"dataset.label_columns": "text"}), "0")

    assert len(tags.validation) == len(texts.validation) == 2


@pytest.mark.parametrize(("choice", "rows"), [("Mask", 20), ("Leave out", 15)])
def test_rows_that_lack_a_target_are_masked_or_left_out(tmp_path: Path, choice: str, rows: int) -> None:
    frame = pd.DataFrame({"a": np.arange(20.0), "b": [None if row % 4 == 0 else 1.0 for row in range(20)]})
    changes = {"dataset.label_columns": ["a", "b"], "dataset.missing_targets": choice}

    found = split(dataset(tmp_path, frame), text_settings("text_regression", **changes), "0")

    assert len(found.train) + len(found.validation) == rows
