"""How to train and score image object detection.

Shapes: B batch, C channels, H height, W width, N boxes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.labels.labels import label_text
from studio.datasets.media.readers.image import READER
from studio.errors import DatasetError
from studio.modeling.batch_normalization import keeps_statistics
from studio.modeling.boxes import Matching, framed, match_boxes
from studio.modeling.detection.detector import Detector
from studio.modeling.images.mixing import mixtures
from studio.modeling.images.pipelines import transforms_of
from studio.modeling.predictions import Raw, ScoredTable, row_numbers
from studio.modeling.recipe import (
    Assets,
    BatchPicture,
    ClassRows,
    Media,
    Note,
    Recipe,
    SampleRow,
    Samples,
    Scored,
    Split,
    Target,
)
from studio.modeling.weights import WeightsFile
from studio.problems.image_object_detection.detectors import detector_class
from studio.problems.image_object_detection.insights import Looked, detection_insights
from studio.problems.image_object_detection.metrics import Evaluation, evaluate_boxes
from studio.problems.image_object_detection.samples import DetectionBatch, DetectionSamples, Item, batch_of
from studio.problems.image_object_detection.truth import TrueBoxes, box_columns, class_names, truth_of
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Box, BoxAnnotation, SampleView
from studio.settings.schema import SettingsSchema

LOWEST_SHOWN = 0.05
"""Confidence down to which a page's slider can go."""
CONFIDENCE = "confidence"
SURE = 0.5
"""The confidence above which a box is good enough to learn from."""


class ObjectDetectionRecipe(Recipe[DetectionBatch]):
    """A detector over a timm backbone; which one is the model type of the settings."""

    raw_format = "parquet"
    raw_is_set = True

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self._evaluated: tuple[ScoredTable, Evaluation] | None = None

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """Raises DatasetError if no row has a box."""
        names = class_names(table, str(settings.value("dataset.class_name_column")))
        if not names:
            raise DatasetError(
                "No training row has a box.",
                hint="Choose the columns that hold the boxes.",
                code="no_boxes",
                found="0 boxes",
                expected="at least 1 box",
            )
        return Target("detection", tuple(sorted(set(names))))

    def has_truth(self, table: pd.DataFrame) -> bool:
        return all(column in table.columns for column in box_columns(self.settings))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", f"Classes {', '.join(self.target.labels[:50])}.")
        for name, table in (("validation", validation), ("test", test)):
            if table is None or not self.has_truth(table):
                continue
            found = Counter(class_names(table, self.settings.dataset.class_name_column))
            unseen = {label: count for label, count in found.items() if label not in self.target.labels}
            if unseen:
                listed = ", ".join(f"{label} ({count})" for label, count in unseen.items())
                yield Note(
                    "warning", f"The {name} rows hold classes unseen in training; they are not scored: {listed}."
                )

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        truth = self._truth(table)
        return DetectionSamples(
            [str(name) for name in table[self.settings.dataset.image_column]],
            row_numbers(table),
            media,
            self.settings.image.image_channels,
            transforms_of(self.settings, training=training, with_boxes=truth is not None),
            truth,
            training=training,
        )

    def collate(self, items: Sequence[Item]) -> DetectionBatch:
        return batch_of(items)

    def weights_name(self) -> str | None:
        architecture = self.settings.architecture
        return detector_class(self.settings).weights_name(self.settings) if architecture.pretrained else None

    def model(self, weights: WeightsFile | None) -> nn.Module:
        settings, kind = self.settings, detector_class(self.settings)
        keep = keeps_statistics(
            settings.architecture.batch_normalization,
            is_gentle=settings.architecture.pretrained
            and kind.body_group in settings.training.differential_learning_rate_layers,
            batch_size=settings.training.batch_size,
        )
        return kind(settings, len(self.target.labels), weights, keep_statistics=keep)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, Detector)
        return model.layer_groups()

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        assert isinstance(model, Detector)
        return model.class_rows()

    def loss(self, model: nn.Module, batch: DetectionBatch) -> Tensor:
        assert isinstance(model, Detector)
        return model.loss(model(batch.images), batch.truth)

    def score(self, model: nn.Module, batch: DetectionBatch) -> Scored:
        assert isinstance(model, Detector)
        outputs = model(batch.images)
        raw: list[Raw] = []
        for one, size, frame in zip(model.decode(outputs), batch.sizes, batch.frames, strict=True):
            raw.append(
                {
                    "boxes": framed(one.corners_N4.double().cpu().numpy(), frame, size),
                    "scores": one.scores_N.double().cpu().numpy(),
                    "classes": one.classes_N.cpu().numpy().astype(np.int64),
                }
            )
        losses = None
        if batch.has_truth:
            losses = model.losses_per_image(outputs, batch.truth).double().cpu().numpy()
        return Scored(raw, losses)

    def mix(self, batch: DetectionBatch) -> DetectionBatch:
        height, width = batch.images.shape[-2:]
        for one in mixtures(self.settings.augmentation, len(batch), height, width, corner=True):
            objects = one.objects(batch.truth)
            batch = replace(
                batch,
                images=one.images(batch.images),
                corners=[boxes.corners_N4 for boxes in objects],
                classes=[boxes.classes_N for boxes in objects],
            )
        return batch

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self._box_lists(scored, self._threshold)

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Rows with a box that is sure, and their sure boxes as lists in the columns of the training table.

        Sure is a confidence above the probability threshold and above `SURE`. A row without such a box may be one
        without objects, or one that is too hard: nobody knows, so it is left out.
        """
        least = max(self._threshold, SURE)
        lists = self._box_lists(scored, least).drop(columns=CONFIDENCE)
        is_sure = np.array([bool((raw["scores"] > least).any()) for raw in scored.raw], dtype=bool)
        labelled: pd.DataFrame = scored.table.assign(**{name: lists[name] for name in lists.columns})[is_sure]
        return labelled

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        truth = self._truth(scored.table)
        if truth is None:
            return {}
        evaluation = self._evaluation(truth, scored)
        overlap = self.settings.prediction.metric_iou_threshold
        return {"mAP": evaluation.ap(overlap), "COCO_mAP": evaluation.coco()}

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        truth = self._truth(scored.table)
        if truth is None:
            return
        looked = Looked(
            evaluation=self._evaluation(truth, scored),
            truth=truth,
            raw=scored.raw,
            rows=scored.row_numbers(),
            labels=self.target.labels,
            overlap=self.settings.prediction.metric_iou_threshold,
            threshold=self._threshold,
        )
        yield from detection_insights(looked, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        truth = self._truth(scored.table)
        names = scored.table[self.settings.dataset.image_column]
        for position, (name, row) in enumerate(zip(names, scored.row_numbers(), strict=True)):
            raw = self._shown(scored.raw[position])
            true = TrueBoxes(np.zeros((0, 4)), np.zeros(0, np.int64)) if truth is None else truth[position]
            matching = match_boxes(
                raw["boxes"],
                raw["classes"],
                raw["scores"],
                true.corners,
                true.classes,
                self.settings.prediction.metric_iou_threshold,
            )
            view = SampleView(
                row=row,
                title=str(name),
                media=READER.reference(media.relative(str(name)), scored.known(position), media.origin),
                truth=None if truth is None else self._truth_view(true, matching),
                prediction=self._prediction_view(raw, matching if truth is not None else None),
                loss=scored.loss_of(position),
            )
            scores = raw["scores"]
            yield SampleRow(
                view,
                correct=None if truth is None else self._is_right(raw, matching),
                confidence=float(scores.max()) if len(scores) else None,
            )

    def batch_pictures(self, batch: DetectionBatch, table: pd.DataFrame) -> Iterator[BatchPicture]:
        rows = row_numbers(table)
        names = table[self.settings.dataset.image_column]
        for position, row in enumerate(batch.rows):
            corners, classes = batch.corners[position].numpy(), batch.classes[position].numpy()
            boxes = tuple(self._box(corner, int(k)) for corner, k in zip(corners, classes, strict=True))
            view = SampleView(row=rows[row], title=str(names.iloc[row]), truth=BoxAnnotation(boxes=boxes))
            yield BatchPicture(batch.images[position].permute(1, 2, 0).numpy(), view)

    def confidence_start(self) -> float | None:
        return self._threshold

    @property
    def _threshold(self) -> float:
        return float(self.settings.prediction.probability_threshold)

    def _truth(self, table: pd.DataFrame) -> list[TrueBoxes] | None:
        return truth_of(table, self.settings, self.target.labels)

    def _box_lists(self, scored: ScoredTable, threshold: float) -> pd.DataFrame:
        """Boxes above a confidence as lists, in columns named as those of the input."""
        names, *sides = box_columns(self.settings)
        pairs = [(raw, raw["scores"] > threshold) for raw in scored.raw]
        lists = {
            names: [[self.target.labels[k] for k in raw["classes"][keep]] for raw, keep in pairs],
            **{side: [raw["boxes"][keep, axis].tolist() for raw, keep in pairs] for axis, side in enumerate(sides)},
            CONFIDENCE: [raw["scores"][keep].tolist() for raw, keep in pairs],
        }
        return pd.DataFrame(
            {name: pd.Series(values, dtype=object, index=scored.table.index) for name, values in lists.items()}
        )

    def _evaluation(self, truth: Sequence[TrueBoxes], scored: ScoredTable) -> Evaluation:
        """Kept for the table it was last made of: metrics and insights both ask, and 10,000 images take 15 seconds."""
        if self._evaluated is None or self._evaluated[0] is not scored:
            prediction = self.settings.prediction
            limits = prediction.metric_iou_threshold, prediction.max_det_per_image
            found = evaluate_boxes(truth, scored.raw, len(self.target.labels), *limits)
            self._evaluated = (scored, found)
        return self._evaluated[1]

    def _shown(self, raw: Raw) -> Raw:
        """The boxes that a page may show; matching goes by falling score, so the others change nothing."""
        is_shown = raw["scores"] >= min(LOWEST_SHOWN, self._threshold)
        return {name: values[is_shown] for name, values in raw.items()}

    def _is_right(self, raw: Raw, matching: Matching) -> bool:
        """No false negative and no false positive at the probability threshold."""
        sure = raw["scores"] > self._threshold
        all_correct = all(one == "correct" for one, keep in zip(matching.verdicts, sure, strict=True) if keep)
        return all_correct and all(score is not None and score > self._threshold for score in matching.found_by)

    def _truth_view(self, true: TrueBoxes, matching: Matching) -> BoxAnnotation:
        boxes = []
        for corner, k, score in zip(true.corners, true.classes, matching.found_by, strict=True):
            is_found = score is not None and score > self._threshold
            match = "correct" if is_found else "false_negative"
            boxes.append(self._box(corner, int(k)).model_copy(update={"match": match}))
        return BoxAnnotation(boxes=tuple(boxes))

    def _prediction_view(self, raw: Raw, matching: Matching | None) -> BoxAnnotation:
        boxes = []
        for index, (corner, k, score) in enumerate(zip(raw["boxes"], raw["classes"], raw["scores"], strict=True)):
            more = {"score": float(score), "match": matching.verdicts[index] if matching else None}
            boxes.append(self._box(corner, int(k)).model_copy(update=more))
        return BoxAnnotation(boxes=tuple(boxes))

    def _box(self, corner: NDArray[np.floating], k: int) -> Box:
        x_min, y_min, x_max, y_max = (float(one) for one in corner)
        label = self.target.labels[k] if k >= 0 else "(unseen class)"
        return Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max, label=label_text(label))
