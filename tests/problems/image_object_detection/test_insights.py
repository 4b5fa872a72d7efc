"""Panels of detection by hand, and their speed."""

import time
from collections.abc import Sequence

import numpy as np
import pytest

from studio.modeling.detection.insights import BOXES, compared_boxes
from studio.modeling.detection.metrics import evaluate_boxes
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.objects.insights import ObjectResults, object_insights
from studio.modeling.predictions import Raw
from studio.results.insight import Bars, Insight, Lines, Matrix, Table

LABELS = ("cat", "dog")
CAT, DOG = 0, 1


def true(*boxes: tuple[int, tuple[float, float, float, float]]) -> TrueBoxes:
    corners = np.array([box for _, box in boxes], dtype=np.float64).reshape(-1, 4)
    return TrueBoxes(corners, np.array([k for k, _ in boxes], dtype=np.int64))


def found(*boxes: tuple[int, float, tuple[float, float, float, float]]) -> Raw:
    return {
        "boxes": np.array([box for *_, box in boxes], dtype=np.float64).reshape(-1, 4),
        "scores": np.array([score for _, score, _ in boxes], dtype=np.float64),
        "classes": np.array([k for k, *_ in boxes], dtype=np.int64),
    }


TRUTH = [
    true((CAT, (0, 0, 20, 20)), (DOG, (100, 100, 300, 300))),
    true((CAT, (0, 0, 60, 60))),
    true(),
]
RAW = [
    found((CAT, 0.9, (0, 0, 20, 20)), (CAT, 0.8, (100, 100, 300, 300)), (DOG, 0.1, (0, 0, 20, 20))),
    found((DOG, 0.2, (0, 0, 60, 60))),
    found((DOG, 0.7, (5, 5, 50, 50))),
]


def looked_at(truth: list[TrueBoxes], raw: list[Raw], rows: Sequence[int]) -> ObjectResults:
    evaluation = evaluate_boxes(truth, raw, 2, 0.5, 100)
    return ObjectResults(evaluation, compared_boxes(truth, raw), rows, LABELS, 0.5, 0.3, BOXES)


@pytest.fixture
def panels() -> dict[str, Insight]:
    return {one.key: one for one in object_insights(looked_at(TRUTH, RAW, (11, 12, 13)), "validation")}


def test_what_is_taken_for_what_is_counted_with_its_rows(panels: dict[str, Insight]) -> None:
    matrix = panels["validation-confusion"].payload

    assert isinstance(matrix, Matrix)
    assert matrix.row_names == (*LABELS, "(background)")
    assert matrix.counts == ((1, 0, 1), (1, 0, 0), (0, 1, 0))
    assert matrix.sample_rows == (((11,), (), (12,)), ((11,), (), ()), ((), (13,), ()))


def test_classes_have_precision_and_recall_above_the_threshold(panels: dict[str, Insight]) -> None:
    table = panels["validation-classes"].payload

    assert isinstance(table, Table)
    assert [row[:5] for row in table.rows] == [("cat", 2, 2, 0.5, 0.5), ("dog", 1, 1, 0.0, 0.0)]


def test_average_precision_falls_with_the_overlap_and_is_told_by_size(panels: dict[str, Insight]) -> None:
    lines, bars = panels["validation-ap-by-overlap"].payload, panels["validation-ap-by-size"].payload

    assert isinstance(lines, Lines)
    assert [one.name for one in lines.series] == ["All classes", *LABELS]
    assert len(lines.series[0].x) == 10
    assert lines.series[0].y[0] >= lines.series[0].y[-1]  # type: ignore[operator]
    assert isinstance(bars, Bars)
    assert bars.values[0] == pytest.approx(1.0, abs=0.01)
    assert bars.values[1:] == (0.0, 0.0)


def test_a_thousand_images_of_a_hundred_boxes_take_seconds() -> None:
    generator = np.random.default_rng(0)

    def boxes(count: int) -> np.ndarray:
        low = generator.uniform(0, 300, (count, 2))
        return np.concatenate([low, low + generator.uniform(5, 150, (count, 2))], axis=1)

    truth = [TrueBoxes(boxes(20), generator.integers(0, 2, 20)) for _ in range(1000)]
    raw: list[Raw] = [
        {"boxes": boxes(100), "scores": generator.random(100), "classes": generator.integers(0, 2, 100)}
        for _ in range(1000)
    ]
    began = time.monotonic()

    panels = list(object_insights(looked_at(truth, raw, range(1000)), "test"))

    assert len(panels) == 6
    assert time.monotonic() - began < 20
