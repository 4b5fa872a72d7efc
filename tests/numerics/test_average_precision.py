"""mAP against pycocotools, the referee, to 1e-6."""

import contextlib
import io
import math

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from studio.modeling.detection.metrics import evaluate_boxes
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.predictions import Raw

TOLERANCE = 1e-6
LIMIT = 100


def random_boxes(generator: np.random.Generator, count: int) -> np.ndarray:
    corner = generator.uniform(0, 300, (count, 2))
    return np.concatenate([corner, corner + generator.uniform(5, 150, (count, 2))], axis=1)


def scene(seed: int, images: int, classes: int) -> tuple[list[TrueBoxes], list[Raw]]:
    """True boxes, and predictions that are moved copies of most of them beside inventions."""
    generator = np.random.default_rng(seed)
    truth: list[TrueBoxes] = []
    raw: list[Raw] = []
    for _ in range(images):
        count = int(generator.integers(0, 8))
        true = TrueBoxes(random_boxes(generator, count), generator.integers(0, classes, count))
        kept = generator.random(count) > 0.2
        moved = true.corners[kept] + generator.normal(0, 6, (int(kept.sum()), 4))
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        invented = int(generator.integers(0, 4))
        boxes = np.concatenate([moved, random_boxes(generator, invented)])
        found = np.concatenate([true.classes[kept], generator.integers(0, classes, invented)])
        truth.append(true)
        raw.append({"boxes": boxes, "scores": generator.random(len(boxes)), "classes": found})
    return truth, raw


def referee(
    truth: list[TrueBoxes], raw: list[Raw], classes: int, overlap: float | None, limit: int = LIMIT
) -> list[float]:
    reference = COCO()
    annotations = [
        {
            "image_id": image,
            "category_id": int(k) + 1,
            "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            "area": (box[2] - box[0]) * (box[3] - box[1]),
            "iscrowd": 0,
        }
        for image, one in enumerate(truth, 1)
        for box, k in zip(one.corners, one.classes, strict=True)
    ]
    reference.dataset = {
        "info": {},
        "images": [{"id": image} for image in range(1, len(truth) + 1)],
        "categories": [{"id": k + 1} for k in range(classes)],
        "annotations": [{"id": number, **one} for number, one in enumerate(annotations, 1)],
    }
    results = [
        {
            "image_id": image,
            "category_id": int(k) + 1,
            "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            "score": score,
        }
        for image, one in enumerate(raw, 1)
        for box, score, k in zip(one["boxes"], one["scores"], one["classes"], strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(results), "bbox")
        if overlap is not None:
            evaluation.params.iouThrs = np.array([overlap])
        evaluation.params.maxDets = [1, limit, limit]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]
    sizes = [precision[:, :, :, size, -1] for size in range(4)]
    return [float(one[one > -1].mean()) if (one > -1).any() else math.nan for one in sizes]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("overlap", [0.3, 0.5, 0.62, 0.75])
def test_average_precision_at_any_overlap_equals_the_referees(seed: int, overlap: float) -> None:
    truth, raw = scene(seed, images=30, classes=3)

    ours = evaluate_boxes(truth, raw, 3, overlap, LIMIT).ap(overlap)

    assert ours == pytest.approx(referee(truth, raw, 3, overlap)[0], abs=TOLERANCE)


@pytest.mark.parametrize("seed", range(5))
def test_coco_figures_equal_the_referees_for_every_size(seed: int) -> None:
    truth, raw = scene(seed, images=40, classes=4)

    evaluation = evaluate_boxes(truth, raw, 4, 0.5, LIMIT)

    ours = [evaluation.coco(size) for size in range(4)]
    assert ours == pytest.approx(referee(truth, raw, 4, None), abs=TOLERANCE, nan_ok=True)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_limit_of_boxes_an_image_cuts_as_the_referee_does(limit: int) -> None:
    truth, raw = scene(11, images=40, classes=3)

    ours = evaluate_boxes(truth, raw, 3, 0.5, limit).ap(0.5)

    assert ours == pytest.approx(referee(truth, raw, 3, 0.5, limit)[0], abs=TOLERANCE)
    assert ours < evaluate_boxes(truth, raw, 3, 0.5, LIMIT).ap(0.5)


def test_many_classes_of_which_some_are_never_true_or_never_found() -> None:
    truth, raw = scene(12, images=60, classes=40)
    only_true, only_found = 7, 9
    truth = [TrueBoxes(one.corners[one.classes != only_found], one.classes[one.classes != only_found]) for one in truth]
    raw = [{name: values[one["classes"] != only_true] for name, values in one.items()} for one in raw]

    evaluation = evaluate_boxes(truth, raw, 40, 0.5, LIMIT)

    assert evaluation.ap(0.5) == pytest.approx(referee(truth, raw, 40, 0.5)[0], abs=TOLERANCE)
    assert evaluation.coco() == pytest.approx(referee(truth, raw, 40, None)[0], abs=TOLERANCE)
    assert evaluation.class_ap(0.5)[only_true] == 0.0
    assert math.isnan(evaluation.class_ap(0.5)[only_found])


def test_images_without_truth_and_images_without_boxes_count_as_the_referee_counts_them() -> None:
    truth, raw = scene(13, images=40, classes=3)
    for index in range(0, 40, 4):
        truth[index] = TrueBoxes(np.zeros((0, 4)), np.zeros(0, np.int64))
        raw[index + 1] = {name: values[:0] for name, values in raw[index + 1].items()}
        truth[index + 2] = TrueBoxes(np.zeros((0, 4)), np.zeros(0, np.int64))
        raw[index + 2] = {name: values[:0] for name, values in raw[index + 2].items()}

    evaluation = evaluate_boxes(truth, raw, 3, 0.5, LIMIT)

    assert evaluation.ap(0.5) == pytest.approx(referee(truth, raw, 3, 0.5)[0], abs=TOLERANCE)
    assert [evaluation.coco(size) for size in range(4)] == pytest.approx(
        referee(truth, raw, 3, None), abs=TOLERANCE, nan_ok=True
    )


@pytest.mark.parametrize("seed", range(3))
def test_equal_scores_are_ordered_as_the_referee_orders_them(seed: int) -> None:
    truth, raw = scene(20 + seed, images=40, classes=3)
    raw = [{**one, "scores": np.round(one["scores"], 1)} for one in raw]

    ours = evaluate_boxes(truth, raw, 3, 0.5, LIMIT)

    assert ours.ap(0.5) == pytest.approx(referee(truth, raw, 3, 0.5)[0], abs=TOLERANCE)
    assert ours.coco() == pytest.approx(referee(truth, raw, 3, None)[0], abs=TOLERANCE)


def test_perfect_boxes_give_1_and_none_give_0() -> None:
    truth, _ = scene(1, images=20, classes=2)
    perfect: list[Raw] = [
        {"boxes": one.corners, "scores": np.ones(len(one.classes)), "classes": one.classes} for one in truth
    ]
    nothing: list[Raw] = [{"boxes": np.zeros((0, 4)), "scores": np.zeros(0), "classes": np.zeros(0, int)}] * len(truth)

    assert evaluate_boxes(truth, perfect, 2, 0.5, LIMIT).coco() == pytest.approx(1.0)
    assert evaluate_boxes(truth, nothing, 2, 0.5, LIMIT).ap(0.5) == 0.0


def test_a_class_without_true_boxes_does_not_count() -> None:
    truth, raw = scene(2, images=20, classes=2)

    assert evaluate_boxes(truth, raw, 3, 0.5, LIMIT).ap(0.5) == pytest.approx(
        evaluate_boxes(truth, raw, 2, 0.5, LIMIT).ap(0.5)
    )
    assert math.isnan(evaluate_boxes(truth, raw, 3, 0.5, LIMIT).class_ap(0.5)[2])


def test_without_any_true_box_it_is_undefined() -> None:
    none = [TrueBoxes(np.zeros((0, 4)), np.zeros(0, np.int64))]
    raw: list[Raw] = [{"boxes": np.array([[0.0, 0, 5, 5]]), "scores": np.ones(1), "classes": np.zeros(1, int)}]

    assert math.isnan(evaluate_boxes(none, raw, 2, 0.5, LIMIT).ap(0.5))
