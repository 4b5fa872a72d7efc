import numpy as np
import pytest

from studio.scoring.golden import array_difference, set_difference

BOXES = {
    "boxes": np.array([[10, 20, 110, 220], [5, 5, 50, 50]], dtype=np.float32),
    "scores": np.array([0.5, 0.5], dtype=np.float32),
}


def plain(raw: dict[str, np.ndarray]) -> dict[str, list[object]]:
    return {name: value.astype(float).tolist() for name, value in raw.items()}


def test_probabilities_are_compared_as_they_are() -> None:
    raw = {"probabilities": np.array([0.25, 0.75], dtype=np.float32)}

    assert array_difference(raw, {"probabilities": [0.25, 0.75]}) == 0
    assert array_difference(raw, {"probabilities": [0.25, 0.7501]}) == pytest.approx(1e-4, rel=1e-3)
    assert array_difference(raw, {"probabilities": [0.25]}) == float("inf")


def test_texts_must_be_the_same_letter_by_letter() -> None:
    raw = {"text": np.array("Café 😀")}

    assert array_difference(raw, {"text": "Café 😀"}) == 0
    assert array_difference(raw, {"text": "Cafe 😀"}) == float("inf")


def test_objects_with_a_text_are_the_same_in_another_order_and_far_with_another_text() -> None:
    raw = {"answer": np.array(["gold", "silver"]), "score": np.array([0.5, 0.4])}

    assert set_difference(raw, {"answer": ["silver", "gold"], "score": [0.4, 0.5]}) == 0
    assert set_difference(raw, {"answer": ["silver", "gold"], "score": [0.5, 0.4]}) == pytest.approx(0.1)
    assert set_difference(raw, {"answer": ["gold", "copper"], "score": [0.5, 0.4]}) == float("inf")


def test_boxes_in_another_order_are_the_same_boxes() -> None:
    turned = {name: value[::-1] for name, value in BOXES.items()}

    assert set_difference(BOXES, plain(turned)) == 0


def test_a_moved_box_is_seen_relative_to_the_image() -> None:
    moved = {**BOXES, "boxes": BOXES["boxes"] + np.array([[0, 0, 0, 2.2], [0, 0, 0, 0]], dtype=np.float32)}

    assert set_difference(moved, plain(BOXES)) == pytest.approx(0.01, rel=1e-3)


def test_a_missing_box_is_infinitely_far() -> None:
    assert set_difference({name: value[:1] for name, value in BOXES.items()}, plain(BOXES)) == float("inf")


def test_no_boxes_at_all_are_equal() -> None:
    empty = {"boxes": np.zeros((0, 4)), "scores": np.zeros(0)}

    assert set_difference(empty, {"boxes": [], "scores": []}) == 0


@pytest.mark.parametrize("ours", [float("nan"), float("inf"), 1.0])
@pytest.mark.parametrize("theirs", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_finite_number_equals_nothing(ours: float, theirs: float) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        raw = {"scores": np.array([0.5, one], dtype=np.float32), "boxes": np.zeros((2, 4))}
        expected = {"scores": [0.5, other], "boxes": np.zeros((2, 4)).tolist()}

        assert array_difference(raw, expected) == float("inf")
        assert set_difference(raw, expected) == float("inf")


def test_outputs_of_other_names_are_infinitely_far() -> None:
    for compare in (array_difference, set_difference):
        assert compare({"a": np.zeros(1)}, {"b": [0.0]}) == float("inf")
        assert compare({"a": np.zeros(1)}, {"a": [0.0], "b": [0.0]}) == float("inf")
