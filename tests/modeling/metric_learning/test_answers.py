"""Embeddings of a table, searched among themselves or in another table."""

from typing import Any

import numpy as np
import pandas as pd

from studio.modeling.metric_learning.answers import EMBEDDING, EmbeddingAnswers
from studio.modeling.metric_learning.insights import MOST_CHARACTERS
from studio.modeling.predictions import ScoredTable

ANSWERS = EmbeddingAnswers("label", top_k=2)


def scored(vectors: list[list[float]], labels: list[Any] | None = None, rows: list[int] | None = None) -> ScoredTable:
    table = pd.DataFrame({"text": [f"text {i}" for i in range(len(vectors))]})
    if labels is not None:
        table["label"] = labels
    if rows is not None:
        table["__row"] = rows
    return ScoredTable(table, tuple({EMBEDDING: np.array(one, dtype=np.float32)} for one in vectors), None)


def test_rows_are_found_among_themselves_and_never_find_themselves() -> None:
    table = scored([[1, 0], [0.9, 0.1], [0, 1]], ["a", "a", "b"])

    columns = ANSWERS.columns(table)

    assert columns["pred_similar_rows"].tolist() == [[2, 3], [1, 3], [2, 1]]
    assert columns["pred_label"].tolist() == ["a", "a", "a"]
    assert columns["pred_similarities"][0][0] > columns["pred_similarities"][0][1]


def test_rows_are_found_in_an_index_with_its_labels() -> None:
    queries, index = scored([[0, 2.0]]), scored([[1, 0], [0, 1], [0.1, 1]], ["a", "b", None])

    columns = ANSWERS.columns_against(queries, index)

    assert columns["pred_similar_rows"].tolist() == [[2, 3]]
    assert columns["pred_similarities"][0][0] == 1.0
    assert columns["pred_label"].tolist() == ["b"]


def test_without_labels_there_are_embeddings_and_no_metrics() -> None:
    table = scored([[1, 0], [0.9, 0.1], [0, 1]])

    assert ANSWERS.metrics(table) == {}
    assert list(ANSWERS.columns(table)) == ["pred_similar_rows", "pred_similarities"]
    assert [row.correct for row in ANSWERS.sample_rows(table, [{"title": "t"}] * 3, ["t"] * 3)] == [None] * 3


def test_neighbours_name_source_rows_and_say_whether_they_match() -> None:
    table = scored([[1, 0], [0.9, 0.1], [0, 1]], ["a", "a", "b"], rows=[10, 20, 30])

    first = next(ANSWERS.sample_rows(table, [{"title": "t"}] * 3, ["one", "two", "three"]))

    assert [(one.row, one.text, one.is_match) for one in first.view.neighbours] == [
        (20, "two", True),
        (30, "three", False),
    ]
    assert (first.truth, first.prediction, first.correct) == ("a", "a", True)


def test_neighbours_show_the_beginning_of_a_very_long_text() -> None:
    table = scored([[1, 0], [0.9, 0.1]], ["a", "a"])

    first = next(ANSWERS.sample_rows(table, [{"title": "t"}] * 2, ["one", "word " * 100_000]))

    [neighbour] = first.view.neighbours
    assert neighbour.text.startswith("word word")
    assert len(neighbour.text) <= MOST_CHARACTERS
