"""What is made of probabilities a pixel: metrics against scikit-learn, masks, confusion, and what pages show."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics as sk

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Target
from studio.modeling.segmentation.insights import _average_precision, _roc_auc
from studio.modeling.segmentation.shown_masks import LONGEST_SIDES, mask_annotation
from studio.modeling.segmentation.sums import MaskSums
from studio.modeling.segmentation.task import SegmentationTask
from studio.modeling.segmentation.truth import TrueMasks
from studio.problems.image_semantic_segmentation.spec import PROBLEM_TYPE
from studio.results.metric import MetricInfo

LABELS = ("cat", "dog", "owl")
SHAPES = ((9, 7), (12, 5), (8, 8))


def task(**changes: Any) -> SegmentationTask:
    values = {"dataset.class_name_column": "class_id", "dataset.rle_mask_column": "rle_mask"} | changes
    return SegmentationTask(PROBLEM_TYPE.model_types[0].settings.from_mapping(values), Target("segmentation", LABELS))


def made(seed: int = 0) -> tuple[list[torch.Tensor], list[np.ndarray], pd.DataFrame]:
    """Probabilities at levels, truth, and the table of it; nothing is an owl."""
    generator = np.random.default_rng(seed)
    probabilities = [torch.from_numpy(generator.integers(0, 256, (3, *shape)) / 256).float() for shape in SHAPES]
    truth = [generator.random((3, *shape)) > 0.6 for shape in SHAPES]
    for one in truth:
        one[2] = False
    rows = [
        {"image": f"{i}.png", "class_id": list(LABELS), "rle_mask": [to_text(encode(mask)) for mask in one]}
        for i, one in enumerate(truth)
    ]
    return probabilities, truth, pd.DataFrame(rows)


def scored(one: SegmentationTask, probabilities: list[torch.Tensor], table: pd.DataFrame) -> ScoredTable:
    masks = one.targets_of(table)
    truths = [None] * len(table) if masks is None else masks.masks
    return ScoredTable(table, tuple(one.raw(p, t) for p, t in zip(probabilities, truths, strict=True)), None)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.9])
def test_iou_and_dice_are_those_of_all_pixels_averaged_over_the_classes_that_occur(threshold: float) -> None:
    probabilities, truth, table = made()
    one = task(**{"prediction.probability_threshold": threshold})

    found = one.metrics(scored(one, probabilities, table))

    ious, dices = [], []
    for k in (0, 1):
        true = np.concatenate([mask[k].ravel() for mask in truth])
        said = np.concatenate([p[k].numpy().ravel() >= threshold for p in probabilities])
        ious.append(sk.jaccard_score(true, said))
        dices.append(sk.f1_score(true, said))
    assert found["IoU"] == pytest.approx(np.mean(ious), abs=1e-6)
    assert found["Dice"] == pytest.approx(np.mean(dices), abs=1e-6)


def test_sums_of_batches_are_the_metrics_of_the_table() -> None:
    probabilities, _, table = made()
    one = task()
    whole = scored(one, probabilities, table)
    sums = one.accumulator(table)
    assert isinstance(sums, MaskSums)

    for position, raw in enumerate(whole.raw):
        sums.add([position], [raw])

    assert sums.metrics() == one.metrics(whole)
    assert {info.name for info in PROBLEM_TYPE.metrics} == set(sums.metrics())
    assert all(isinstance(info, MetricInfo) for info in PROBLEM_TYPE.metrics)


def test_areas_below_curves_are_those_of_the_levels() -> None:
    probabilities, truth, table = made()
    one = task()
    sums = one.accumulator(table)
    assert sums is not None
    sums.add(range(3), scored(one, probabilities, table).raw)
    true = np.concatenate([mask[0].ravel() for mask in truth])
    said = np.concatenate([p[0].numpy().ravel() for p in probabilities])

    assert _roc_auc(sums.counts[0]) == pytest.approx(sk.roc_auc_score(true, said), abs=1e-9)
    assert _average_precision(sums.counts[0]) == pytest.approx(sk.average_precision_score(true, said), abs=1e-9)
    assert _roc_auc(sums.counts[2]) is None
    assert _average_precision(sums.counts[2]) is None


def test_metrics_of_a_table_without_any_class_are_undefined_and_without_truth_there_are_none() -> None:
    probabilities, _, table = made()
    one = task()
    empty = table.assign(rle_mask=[[""] * 3] * 3)

    assert np.isnan(one.metrics(scored(one, probabilities, empty))["IoU"])
    assert one.metrics(scored(one, probabilities, table[["image"]])) == {}


def test_pixels_are_confused_once_each_where_classes_exclude_each_other() -> None:
    shape = (4, 5)
    truth = np.zeros((3, *shape), dtype=bool)
    truth[0, :2], truth[1, 2] = True, True
    probabilities = torch.zeros(3, *shape)
    probabilities[0, 0], probabilities[1, 1:3], probabilities[2, 3, :2] = 0.9, 0.8, 0.7
    texts = [to_text(encode(mask)) for mask in truth]

    raw = task().raw(probabilities, TrueMasks((0, 1, 2), tuple(texts)))

    assert raw["confusion"].reshape(4, 4).tolist() == [[5, 5, 0, 0], [0, 5, 0, 0], [0, 0, 0, 0], [0, 0, 2, 3]]


def test_predicted_lists_have_the_classes_with_pixels_and_name_the_columns_of_the_input() -> None:
    probabilities = torch.zeros(3, 4, 5)
    probabilities[1, 2, 3] = 0.5
    one = task()
    table = pd.DataFrame({"image": ["a.png"]})

    columns = one.columns(ScoredTable(table, (one.raw(probabilities, None),), None))

    assert columns["class_id"].tolist() == [["dog"]]
    assert columns["rle_mask"].tolist() == [["15 1"]]


def test_masks_of_one_class_in_a_row_are_taken_together_and_unseen_classes_are_left_out() -> None:
    truth = TrueMasks((0, 0, -1), ("1 2", "2 2", "9 1"))

    assert truth.dense(1, 3, 3)[0].T.ravel().tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_a_large_mask_is_shown_on_a_coarser_grid() -> None:
    mask = np.zeros((1, 3000, 1000), dtype=bool)
    mask[0, 1500:] = True

    shown = mask_annotation([to_text(encode(mask[0]))], ("cat",), (3000, 1000))

    assert (shown.height, shown.width) == (1000, 334)
    assert max(shown.height or 0, shown.width or 0) <= LONGEST_SIDES[2]
    again = decode(from_text(shown.masks[0].runs), 1000, 334)
    assert again[500:].all()
    assert not again[:500].any()


def test_a_difference_of_masks_is_that_of_means_and_a_little_of_pixels() -> None:
    one = task()
    probabilities = torch.full((3, 100, 100), 0.2)
    other = probabilities.clone()
    other[0, 0, 0] = 0.5
    raw, changed = one.raw(probabilities, None), one.raw(other, None)

    assert one.raw_difference(raw, raw) == 0
    assert 0 < one.raw_difference(raw, changed) < 1e-4
    assert one.raw_difference(raw, one.raw(torch.full((3, 100, 90), 0.2), None)) == float("inf")
    assert one.raw_difference(raw, one.raw(1 - probabilities, None)) > 0.1


def test_the_worst_rows_of_a_class_and_places_of_errors_are_told() -> None:
    """Of each class the rows with the lowest IoU, counted pixel by pixel; wrong pixels add up to those of the table."""
    one = task()
    probabilities, truths, table = made()
    insights = {insight.title: insight.payload for insight in one.insights(scored(one, probabilities, table), "test")}

    worst, errors = insights["Worst samples per class"], insights["Errors at boundaries and elsewhere"]
    for k, label in enumerate(one.target.labels):
        chosen = [(values[k] >= 0.5).numpy() for values in probabilities]
        true = [truth[k].astype(bool) for truth in truths]
        unions = [(a | b).sum() for a, b in zip(chosen, true, strict=True)]
        ious = {
            row: (a & b).sum() / union
            for row, (a, b, union) in enumerate(zip(chosen, true, unions, strict=True), start=1)
            if union
        }
        expected = sorted(ious.values())[:5]
        rows = [row for row in worst.rows if row[0] == label]
        assert [row[2] for row in rows] == pytest.approx(expected)
        assert all(row[2] == pytest.approx(ious[row[1]]) for row in rows)
        wrong = sum(int((a ^ b).sum()) for a, b in zip(chosen, true, strict=True))
        places = next(row for row in errors.rows if row[0] == label)
        assert places[1] == wrong
        assert sum(places[2:]) == pytest.approx(1.0)


def test_sizes_of_classes_are_compared_row_by_row() -> None:
    probabilities, truth, table = made()
    one = task()

    insights = {insight.key: insight for insight in one.insights(scored(one, probabilities, table), "test")}

    rows = insights["test-sizes"].payload.rows
    true = np.array([mask[0].sum() for mask in truth], dtype=float)
    said = np.array([float((p[0] >= 0.5).sum()) for p in probabilities])
    assert rows[0] == (
        "cat",
        3,
        *(
            pytest.approx(one)
            for one in (
                np.median(true),
                np.median(said),
                (np.abs(said - true) / true).mean(),
                said.sum() / true.sum() - 1,
            )
        ),
    )
    assert rows[2] == ("owl", 0, None, None, None, None)
