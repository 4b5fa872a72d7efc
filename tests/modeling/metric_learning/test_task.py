"""Embeddings of a table, searched among themselves or in another table."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from studio.modeling.composed_recipe import ShownRow
from studio.modeling.metric_learning.task import EMBEDDING, MetricLearningTask
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Target
from studio.problems.registry import problem_type
from studio.results.sample_view import NeighbourAnnotation

TextMetricLearningSettings = problem_type("text_metric_learning").model_types[0].settings

SETTINGS = TextMetricLearningSettings.from_mapping({"dataset.label_columns": "label", "prediction.top_k_similar": 2})
TASK = MetricLearningTask(SETTINGS, Target("metric-learning", ("a", "b")))


def inputs(*texts: str) -> Iterator[ShownRow]:
    return (ShownRow({"title": "t"}, {"text": text}) for text in texts)


def scored(vectors: list[list[float]], labels: list[Any] | None = None, rows: list[int] | None = None) -> ScoredTable:
    table = pd.DataFrame({"text": [f"text {i}" for i in range(len(vectors))]})
    if labels is not None:
        table["label"] = labels
    if rows is not None:
        table["__row"] = rows
    return ScoredTable(table, tuple({EMBEDDING: np.array(one, dtype=np.float32)} for one in vectors), None)


def test_rows_are_found_among_themselves_and_never_find_themselves() -> None:
    table = scored([[1, 0], [0.9, 0.1], [0, 1]], ["a", "a", "b"])

    columns = TASK.columns(table)

    assert columns["pred_similar_rows"].tolist() == [[2, 3], [1, 3], [2, 1]]
    assert columns["pred_label"].tolist() == ["a", "a", "a"]
    assert columns["pred_similarities"][0][0] > columns["pred_similarities"][0][1]


def test_rows_are_found_in_an_index_with_its_labels() -> None:
    queries, index = scored([[0, 2.0]]), scored([[1, 0], [0, 1], [0.1, 1]], ["a", "b", None])

    columns = TASK.columns_against(queries, index)

    assert columns["pred_similar_rows"].tolist() == [[2, 3]]
    assert columns["pred_similarities"][0][0] == 1.0
    assert columns["pred_label"].tolist() == ["b"]


def test_without_labels_there_are_embeddings_and_no_metrics() -> None:
    table = scored([[1, 0], [0.9, 0.1], [0, 1]])

    assert TASK.metrics(table) == {}
    assert list(TASK.columns(table)) == ["pred_similar_rows", "pred_similarities"]
    assert [row.correct for row in TASK.sample_rows(table, inputs(*"ttt"))] == [None] * 3


def test_neighbours_name_source_rows_and_say_whether_they_match() -> None:
    table = scored([[1, 0], [0.9, 0.1], [0, 1]], ["a", "a", "b"], rows=[10, 20, 30])

    first = next(TASK.sample_rows(table, inputs("one", "two", "three")))

    assert isinstance(first.view.prediction, NeighbourAnnotation)
    assert [(one.row, one.text, one.is_match) for one in first.view.prediction.neighbours] == [
        (20, "two", True),
        (30, "three", False),
    ]
    assert (first.truth, first.prediction, first.correct) == ("a", "a", True)
