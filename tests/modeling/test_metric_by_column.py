"""The metric by column: the numbers of scikit-learn and jiwer for each value, over columns that are worth a look."""

from collections.abc import Mapping, Sequence
from typing import Any

import jiwer
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error

from studio.modeling.metric_by_column import columns_read, groups_of
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Raw, Recipe
from studio.modeling.transcription.transcripts import Transcript
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.results.insight import COLUMN_PANEL, Table
from studio.settings.sections.networks.wav2vec2 import SCRATCH_WAV2VEC2

SPEAKERS = ["ann", "ben", "ann", "ben", "ann", "cem", "cem"]
PLACES = ["in", "in", "out", "out", "out", None, "in"]


def panel(kind_id: str, table: pd.DataFrame, raw: Sequence[Raw], metric: str) -> Table | None:
    """What a recipe of a problem type shows of scored rows."""
    kind = problem_type(kind_id)
    is_speech = kind_id == "speech_recognition"
    model = kind.model_type("wav2vec2" if is_speech else None)
    settings = model.settings.from_mapping({
        "dataset.train_dataframe": "train",
        "dataset.audio_column": "audio",
        "dataset.label_columns": "label" if is_speech else ["label"],
        **({"architecture.backbone": SCRATCH_WAV2VEC2, "architecture.pretrained": False} if is_speech else {}),
        "prediction.metric": metric,
    })  # fmt: skip
    recipe_type = recipe_class(kind, model.id)
    recipe: Recipe[Any] = recipe_type(
        settings, recipe_type.target_of(settings, table), kind.metrics, recipe_type.assets_of(settings, table)
    )
    found = {one.title: one.payload for one in recipe.insights(ScoredTable(table, tuple(raw), None), "validation")}
    payload = found.get(COLUMN_PANEL)
    assert payload is None or isinstance(payload, Table)
    return payload


def by_value(payload: Table | None, column: str) -> Mapping[str, tuple[int, float]]:
    assert payload is not None
    return {str(row[1]): (row[2], row[3]) for row in payload.rows if row[0] == column}  # type: ignore[misc]


def recordings(labels: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame({
        "audio": [f"{number}.wav" for number in range(len(labels))],
        "label": labels,
        "speaker": SPEAKERS[: len(labels)],
        "place": PLACES[: len(labels)],
        "__row": range(1, len(labels) + 1),
        "__media_seconds": [1.0] * len(labels),
    })  # fmt: skip


def test_classes_are_measured_by_every_further_column() -> None:
    truth, answers = ["a", "b", "c", "a", "b", "c", "a"], ["a", "b", "a", "a", "c", "b", "a"]
    raw = [{"probabilities": np.eye(3)["abc".index(one)] * 0.7 + 0.1} for one in answers]

    found = panel("audio_classification", recordings(truth), raw, "Accuracy")

    assert found is not None
    assert (found.columns, found.chosen_by) == (("Column", "Value", "Samples", "Accuracy"), "Column")
    assert {row[0] for row in found.rows} == {"speaker", "place"}
    for column, values in (("speaker", SPEAKERS), ("place", ["(empty)" if one is None else one for one in PLACES])):
        for value, (count, accuracy) in by_value(found, column).items():
            rows = [place for place, one in enumerate(values) if one == value]
            assert count == len(rows)
            assert accuracy == pytest.approx(accuracy_score([truth[i] for i in rows], [answers[i] for i in rows]))


def test_numbers_are_measured_where_their_truth_is_known() -> None:
    truth, values = [1.0, 2.0, np.nan, 4.0, 5.0, 6.0, 9.0], np.array([1.5, 2.0, 0.0, 3.0, 7.0, 6.0, 8.0])

    found = panel(
        "audio_regression", recordings(truth), [{"predictions": np.array([one])} for one in values],
        "MAE",
    )  # fmt: skip

    speakers = by_value(found, "speaker")
    assert {value: count for value, (count, _) in speakers.items()} == {"ann": 2, "ben": 2, "cem": 2}
    assert speakers["ann"][1] == pytest.approx(mean_absolute_error([1.0, 5.0], [1.5, 7.0]))


@pytest.mark.parametrize(("metric", "referee"), [("WER", jiwer.wer), ("CER", jiwer.cer)])
def test_transcripts_are_measured_by_speaker(metric: str, referee: Any) -> None:
    said = ["the old house", "the old mouse", "a house", "one two", "two three four", "five", "six"]
    written = ["the old mouse", "the mouse", "a house", "one too two", "two three", "five", "sick"]
    raw = [Transcript(text, 1.0, (), {"mean_log_probability": -0.1}).to_raw() for text in written]

    found = panel("speech_recognition", recordings(said), raw, metric)

    for speaker, (count, rate) in by_value(found, "speaker").items():
        rows = [place for place, one in enumerate(SPEAKERS) if one == speaker]
        assert count == len(rows)
        assert rate == pytest.approx(referee([said[i] for i in rows], [written[i] for i in rows]))


def test_without_further_columns_there_is_no_panel() -> None:
    table = recordings(["a", "b", "a", "b", "a", "b", "a"])[["audio", "label"]]

    assert panel("audio_classification", table, [{"probabilities": np.array([0.5, 0.5])}] * 7, "F1") is None


def test_the_metric_of_one_class_alone_is_shown_as_unknown() -> None:
    table = recordings(["a", "b", "a", "b", "a", "b", "b"])
    raw = [{"probabilities": np.array([0.4, 0.6])}] * 7

    found = panel("audio_classification", table, raw, "ROC_AUC")

    assert {value: metric for value, (_, metric) in by_value(found, "speaker").items()} == {
        "ann": None, "ben": None, "cem": None
    }  # fmt: skip


def test_columns_that_tell_rows_apart_have_no_groups() -> None:
    names = pd.Series([f"note {number}" for number in range(100)])
    numbers = pd.Series(range(100))

    assert groups_of(names) == []
    assert groups_of(numbers) == []
    assert groups_of(pd.Series(["same"] * 9)) == []


def test_many_values_are_the_frequent_ones_and_all_others() -> None:
    values = pd.Series([f"s{number:02}" for number in range(40) for _ in range(3 if number < 30 else 2)])

    found = {name: len(rows) for name, rows in groups_of(values)}

    assert len(found) == 31
    assert found["s00"] == 3
    assert found["(10 other values)"] == 20
    assert sum(found.values()) == len(values)


def test_many_numbers_are_ranges_with_about_as_many_rows_each() -> None:
    loudness = pd.Series([*np.linspace(0, 1, 120), np.nan])

    found = groups_of(loudness)

    assert [name for name, _ in found][:2] == ["0 to 0.167", "0.167 to 0.333"]
    assert [len(rows) for _, rows in found] == [20, 20, 20, 20, 20, 20, 1]
    assert found[-1] == ("(empty)", np.array([120]))


def test_inputs_and_labels_are_left_out_and_groups_of_folds_are_not() -> None:
    settings = problem_type("audio_classification").model_type(None).settings.from_mapping({
        "dataset.audio_column": "audio", "dataset.label_columns": ["label"],
        "dataset.group_fold_column": "speaker", "dataset.fold_column": "fold",
    })  # fmt: skip

    assert columns_read(settings) == {"audio", "label"}
