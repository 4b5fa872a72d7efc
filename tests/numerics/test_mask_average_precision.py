"""mAP of masks against pycocotools, the referee, to 1e-6."""

import contextlib
import io
import math

import numpy as np
import pytest
from pycocotools import mask as coco
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text
from studio.modeling.instance_segmentation.results import evaluate_masks
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.predictions import Raw
from studio.modeling.segmentation.truth import TrueMasks

TOLERANCE = 1e-6
LIMIT = 100
SHAPE = (190, 230)
# pycocotools still converts arrays as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def disc(generator: np.random.Generator) -> tuple[float, float, float]:
    """Middle and radius; some are small, some medium, some large, and some reach over the image's edge."""
    return generator.uniform(0, SHAPE[0]), generator.uniform(0, SHAPE[1]), generator.uniform(3, 70)


def drawn(y: float, x: float, radius: float) -> np.ndarray:
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 <= radius**2)


def scene(seed: int, images: int, classes: int) -> tuple[list[TrueMasks], list[Raw]]:
    """True discs that overlap, and predictions that are moved copies of most of them beside false positives."""
    generator = np.random.default_rng(seed)
    truth: list[TrueMasks] = []
    raw: list[Raw] = []
    for _ in range(images):
        discs = [disc(generator) for _ in range(int(generator.integers(0, 8)))]
        labels = generator.integers(0, classes, len(discs))
        moved = [(y + generator.normal(0, r / 9), x + generator.normal(0, r / 9), r * generator.uniform(0.85, 1.15))
                 for y, x, r in discs]  # fmt: skip
        kept = generator.random(len(discs)) > 0.2
        false = [disc(generator) for _ in range(int(generator.integers(0, 4)))]
        found = [drawn(*one) for one, keep in zip(moved, kept, strict=True) if keep] + [drawn(*one) for one in false]
        found_labels = np.concatenate([labels[kept], generator.integers(0, classes, len(false))]).astype(np.int64)
        truth.append(TrueMasks(tuple(labels.tolist()), tuple(to_text(encode(drawn(*one))) for one in discs)))
        runs = [encode(mask) for mask in found]
        raw.append(InstanceSet(SHAPE, found_labels, runs, generator.random(len(runs))).raw())
    return truth, raw


def referee(truth: list[TrueMasks], raw: list[Raw], classes: int, overlap: float | None) -> list[float]:
    """Mean average precision of all sizes, then of small, medium and large objects; the referee encodes."""
    found = [InstanceSet.of_raw(one) for one in raw]
    annotations = [
        {"image_id": image, "category_id": k + 1, "iscrowd": 0, **encoded(decode(from_text(text), *SHAPE))}
        for image, one in enumerate(truth, 1)
        for k, text in zip(one.classes, one.texts, strict=True)
    ]
    results = [
        {"image_id": image, "category_id": int(k) + 1, "score": float(score), **encoded(decode(runs, *SHAPE))}
        for image, one in enumerate(found, 1)
        for k, score, runs in zip(one.classes_N, one.scores_N, one.runs, strict=True)
    ]
    reference = COCO()
    reference.dataset = {
        "info": {},
        "images": [{"id": image, "height": SHAPE[0], "width": SHAPE[1]} for image in range(1, len(truth) + 1)],
        "categories": [{"id": k + 1} for k in range(classes)],
        "annotations": [{"id": number, **one} for number, one in enumerate(annotations, 1)],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(results), "segm")
        if overlap is not None:
            evaluation.params.iouThrs = np.array([overlap])
        evaluation.params.maxDets = [1, LIMIT, LIMIT]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]
    sizes = [precision[:, :, :, size, -1] for size in range(4)]
    return [float(one[one > -1].mean()) if (one > -1).any() else math.nan for one in sizes]


def encoded(mask: np.ndarray) -> dict[str, object]:
    return {"segmentation": coco.encode(np.asfortranarray(mask.astype(np.uint8))), "area": float(mask.sum())}


@pytest.mark.parametrize("seed", range(3))
def test_coco_metrics_equal_the_referees_for_every_size(seed: int) -> None:
    truth, raw = scene(seed, images=25, classes=3)

    evaluation = evaluate_masks(truth, raw, 3, 0.5, LIMIT)

    ours = [evaluation.coco(size) for size in range(4)]
    assert ours == pytest.approx(referee(truth, raw, 3, None), abs=TOLERANCE, nan_ok=True)
    assert 0.2 < ours[0] < 0.95


@pytest.mark.parametrize("overlap", [0.5, 0.62, 0.75])
def test_average_precision_at_an_overlap_equals_the_referees(overlap: float) -> None:
    truth, raw = scene(7, images=25, classes=2)

    ours = evaluate_masks(truth, raw, 2, overlap, LIMIT).ap(overlap)

    assert ours == pytest.approx(referee(truth, raw, 2, overlap)[0], abs=TOLERANCE)


def test_overlaps_of_masks_equal_those_of_their_pixels() -> None:
    truth, raw = scene(3, images=6, classes=2)
    for true, one in zip(truth, raw, strict=True):
        predicted, of_image = InstanceSet.of_raw(one), InstanceSet.of_truth(true, SHAPE)
        ours, theirs = ([decode(runs, *SHAPE) for runs in side.runs] for side in (predicted, of_image))
        expected = [[(a & b).sum() / (a | b).sum() for b in theirs] for a in ours]

        assert predicted.ious(of_image) == pytest.approx(np.array(expected).reshape(len(ours), len(theirs)))


def test_true_masks_are_found_perfectly_and_nothing_gives_0() -> None:
    truth, _ = scene(1, images=10, classes=2)
    perfect = [InstanceSet.of_truth(one, SHAPE).raw() for one in truth]
    nothing = [InstanceSet(SHAPE, np.zeros(0, np.int64), [], np.zeros(0)).raw()] * len(truth)

    assert evaluate_masks(truth, perfect, 2, 0.5, LIMIT).coco() == pytest.approx(1.0)
    assert evaluate_masks(truth, nothing, 2, 0.5, LIMIT).ap(0.5) == 0.0
