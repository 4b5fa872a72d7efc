"""Boxes: overlaps by hand, and matching that a lower score cannot change."""

import numpy as np
import pytest

from studio.modeling.boxes import framed, match_boxes, pairwise_iou


def boxes(*corners: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def test_overlaps_by_hand() -> None:
    found = pairwise_iou(boxes((0, 0, 10, 10), (20, 20, 30, 30)), boxes((0, 0, 10, 5), (5, 5, 15, 15)))

    assert found == pytest.approx(np.array([[0.5, 25 / 175], [0, 0]]))


def test_each_true_box_is_found_once_by_the_surest() -> None:
    found = match_boxes(
        boxes((0, 0, 10, 10), (0, 0, 10, 9), (50, 50, 60, 60), (20, 20, 30, 30)),
        np.array([0, 0, 0, 1]),
        np.array([0.6, 0.9, 0.8, 0.7]),
        boxes((0, 0, 10, 10), (20, 20, 30, 30), (80, 80, 90, 90)),
        np.array([0, 0, 0]),
        0.5,
    )

    assert found.verdicts == ("false_positive", "correct", "false_positive", "wrong_class")
    assert found.found_by == (0.9, None, None)


def test_nothing_found_and_nothing_true() -> None:
    none = boxes()
    empty = np.zeros(0, dtype=np.int64)

    assert match_boxes(none, empty, np.zeros(0), boxes((0, 0, 1, 1)), np.array([0]), 0.5).found_by == (None,)
    assert match_boxes(boxes((0, 0, 1, 1)), np.array([0]), np.ones(1), none, empty, 0.5).verdicts == ("false_positive",)


def test_framed_boxes_are_scaled_mirrored_and_cut_to_the_image() -> None:
    boxes = np.array([[10.0, 20.0, 30.0, 60.0], [0.0, 0.0, 100.0, 50.0]])
    doubled = np.array([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    mirrored = np.array([[-1.0, 0.0, 100.0], [0.0, 1.0, 0.0]])

    assert framed(boxes, doubled, (150, 400)).tolist() == [[20, 60, 60, 180], [0, 0, 150, 150]]
    assert framed(boxes, mirrored, (100, 100)).tolist() == [[70, 20, 90, 60], [0, 0, 100, 50]]
    assert framed(np.zeros((0, 4)), doubled, (10, 10)).shape == (0, 4)
