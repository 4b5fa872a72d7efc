"""Metrics of resampled tables equal those that the metric's own library gives of the repeated rows, within 1e-9.

`metrics` of each problem type, which scikit-learn, sacrebleu, jiwer and faster-coco-eval compute, is the reference.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.datasets.labels.labels import Task
from studio.modeling.classification.metrics import classification_metrics
from studio.modeling.classification.row_statistics import ClassificationStatistics
from studio.modeling.detection.insights import compared_boxes
from studio.modeling.detection.metrics import evaluate_boxes
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.generation.metrics import generation_metrics
from studio.modeling.generation.row_statistics import TextStatistics
from studio.modeling.metric_learning.metrics import query_values, retrieval_metrics
from studio.modeling.objects.row_statistics import ObjectStatistics
from studio.modeling.regression.metrics import regression_metrics
from studio.modeling.regression.row_statistics import RegressionStatistics
from studio.modeling.row_statistics import RowMeans, RowStatistics
from studio.modeling.token_classification.metrics import token_metrics
from studio.modeling.token_classification.row_statistics import TagStatistics
from studio.modeling.transcription.alignment import character_errors, total, word_errors
from studio.modeling.transcription.row_statistics import TranscriptStatistics

ROWS = 40
Reference = Callable[[NDArray[np.int64]], Mapping[str, float]]
"""The metrics of these rows, which may be repeated."""


def assert_equal(statistics: RowStatistics, reference: Reference, rows: int = ROWS) -> None:
    random = np.random.default_rng(5)
    drawn = [np.arange(rows), *(random.integers(0, rows, rows) for _ in range(8)), np.zeros(rows, dtype=np.int64)]
    weights = np.stack([np.bincount(one, minlength=rows) for one in drawn]).astype(np.float64)

    found = statistics.metrics(weights)

    assert statistics.rows == rows
    for index, positions in enumerate(drawn):
        expected = reference(positions)
        assert {name: values[index] for name, values in found.items()} == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("task", list(Task))
def test_of_classification(task: Task) -> None:
    random = np.random.default_rng(0)
    classes = 2 if task is Task.BINARY else 4
    probabilities = np.round(random.dirichlet(np.ones(classes), ROWS), 2)  # rounded, so that some are equal
    probabilities /= probabilities.sum(1, keepdims=True)
    truth = np.eye(classes)[random.integers(0, classes, ROWS)]
    if task is Task.MULTI_LABEL:
        probabilities, truth = np.round(random.random((ROWS, classes)), 1), (random.random((ROWS, classes)) > 0.7) * 1.0

    assert_equal(
        ClassificationStatistics(truth, probabilities, task, 0.4),
        lambda rows: classification_metrics(truth[rows], probabilities[rows], task, 0.4),
    )


def test_of_regression_with_missing_values() -> None:
    random = np.random.default_rng(1)
    truth = np.round(random.normal(1000, 2, (ROWS, 3)), 1)
    truth[random.random(truth.shape) > 0.8] = np.nan
    truth[:5, 1] = 0.0
    predicted = np.nan_to_num(truth) + random.normal(0, 1, truth.shape)

    assert_equal(RegressionStatistics(truth, predicted), lambda rows: regression_metrics(truth[rows], predicted[rows]))


def test_of_tags() -> None:
    random = np.random.default_rng(2)
    tags = np.array(["O", "O", "B-PER", "I-PER", "B-LOC"])
    truth, predicted = ([tags[random.integers(0, 5, 6)].tolist() for _ in range(ROWS)] for _ in range(2))

    def of(lists: Sequence[Sequence[str]], rows: NDArray[np.int64]) -> list[Sequence[str]]:
        return [lists[row] for row in rows]

    assert_equal(TagStatistics(truth, predicted), lambda rows: token_metrics(of(truth, rows), of(predicted, rows)))


WORDS = ["a", "cat", "sat", "on", "(the)", "mat", "today.", "\u00e9t\u00e9", "...", "-"]


def texts(seed: int, shortest: int = 0) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(shortest, 9))) for _ in range(ROWS)]


def test_of_generated_texts() -> None:
    generated, references = texts(3), texts(4, 1)

    assert_equal(
        TextStatistics(generated, references),
        lambda rows: generation_metrics([generated[row] for row in rows], [references[row] for row in rows]),
    )


def test_of_transcripts() -> None:
    transcripts, references = texts(5), texts(6)
    words, characters = word_errors(references, transcripts), character_errors(references, transcripts)

    assert_equal(
        TranscriptStatistics(words, characters),
        lambda rows: {
            "WER": total(words[row] for row in rows).rate, "CER": total(characters[row] for row in rows).rate
        },
    )  # fmt: skip


def test_of_queries() -> None:
    """What is searched stays the same, so a repeated query is answered as before."""
    random = np.random.default_rng(7)
    labels = [str(one) for one in random.integers(0, 6, ROWS)]
    found = np.stack([np.delete(np.arange(ROWS), row)[random.permutation(ROWS - 1)][:12] for row in range(ROWS)])
    values = query_values(found, labels, None)

    means = RowMeans(values).metrics(np.ones((1, ROWS)))

    assert {name: one[0] for name, one in means.items()} == pytest.approx(retrieval_metrics(found, labels, None))
    assert set(RowMeans(values).proportions) == {"Recall_at_1", "Recall_at_5", "Recall_at_10"}


def boxes(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    corners = random.integers(0, 40, (count, 2))
    return np.concatenate([corners, corners + random.integers(5, 30, (count, 2))], 1).astype(np.float64)


@pytest.mark.parametrize("limit", [100, 3])
def test_of_boxes(limit: int) -> None:
    random = np.random.default_rng(8)
    truth, raw = [], []
    for _ in range(ROWS):
        true = boxes(random, int(random.integers(0, 5)))
        classes = random.integers(0, 3, len(true))
        near = true + random.integers(-3, 4, true.shape)
        found, of_found = np.concatenate([near, boxes(random, 3)]), np.concatenate([classes, random.integers(0, 3, 3)])
        truth.append(TrueBoxes(true, classes))
        raw.append({"boxes": found, "classes": of_found, "scores": random.random(len(found))})

    def reference(rows: NDArray[np.int64]) -> dict[str, float]:
        evaluation = evaluate_boxes([truth[row] for row in rows], [raw[row] for row in rows], 4, 0.6, limit)
        return {"mAP": evaluation.ap(0.6), "COCO_mAP": evaluation.coco()}

    statistics = ObjectStatistics(compared_boxes(truth, raw), 4, 0.6, limit)
    assert_equal(statistics, reference)
