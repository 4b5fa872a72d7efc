"""Settings files of Hydrogen Torch 1.2 and 1.3: which problem type they are of, and what their keys are here.

They carry no problem type; it shows in the keys that only one problem type has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_RENAMED = {"dataset.folds": "dataset.selected_folds"}
_PATHS = (
    "train_dataframe",
    "validation_dataframe",
    "test_dataframe",
    "unlabeled_dataframe",
    "data_folder",
    "data_folder_test",
)
_ELSEWHERE = "names a file or folder of the machine it came from; choose the one of your dataset"
_GPUS = "names GPUs of the machine it came from; choose this machine's"
_LISTS_OF_NUMBERS = ("architecture.anchor_aspect_ratios",)


@dataclass
class TranslatedConfig:
    """An export in our words."""

    problem_type: str = ""
    model_type: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    translated: list[tuple[str, str]] = field(default_factory=list)
    not_applicable: list[tuple[str, str]] = field(default_factory=list)


def translate(values: Mapping[str, Any]) -> TranslatedConfig:
    """An export's values as ours, with every key either taken, translated or named with a reason."""
    result = TranslatedConfig(problem_type=infer_problem_type(values))
    if result.problem_type == "image_object_detection":
        result.model_type = infer_detector(values)
    for section, inner in values.items():
        if not isinstance(inner, Mapping):
            result.settings["general.experiment_name" if section == "experiment_name" else section] = inner
            continue
        for name, value in inner.items():
            _translate_one(f"{section}.{name}", name, value, result)
    return result


def infer_problem_type(values: Mapping[str, Any]) -> str:
    """The problem type whose own keys are there; empty where none is recognised."""

    def has(section: str, *names: str) -> bool:
        inner = values.get(section)
        return isinstance(inner, Mapping) and all(name in inner for name in names)

    metric = str(_at(values, "prediction.metric") or "")
    is_regression = metric in ("MAE", "MSE", "RMSE", "MAPE", "SMAPE", "R2")
    if has("dataset", "x_min_column"):
        return "image_object_detection"
    if has("dataset", "rle_mask_column"):
        if has("image", "image_depth"):
            return "image_3d_semantic_segmentation"
        return "image_instance_segmentation" if metric == "COCO_mAP" else "image_semantic_segmentation"
    if has("dataset", "question_column"):
        return "text_span_prediction"
    if has("dataset", "audio_column"):
        if metric in ("WER", "CER"):
            return "speech_recognition"
        return "audio_regression" if is_regression else "audio_classification"
    if has("dataset", "text_column"):
        if has("tokenizer", "label_max_length"):
            return "text_sequence_to_sequence"
        if "MICRO" in metric or "MACRO" in metric or has("logging", "ignore_classes"):
            return "text_token_classification"
        if has("prediction", "top_k_similar"):
            return "text_metric_learning"
        return "text_regression" if is_regression else "text_classification"
    if has("dataset", "image_column"):
        prefix = "image_3d" if has("image", "image_depth") else "image"
        if has("prediction", "top_k_similar"):
            return f"{prefix}_metric_learning"
        return f"{prefix}_regression" if is_regression else f"{prefix}_classification"
    return ""


def infer_detector(values: Mapping[str, Any]) -> str:
    """Efficientdet where anchors are set, else by what the other two have of their own."""
    if _at(values, "architecture.anchor_scale") is not None:
        return "efficientdet"
    layers = str(_at(values, "training.differential_learning_rate_layers") or "")
    return "fcos" if "classification_head" in layers or "regression_head" in layers else "faster_rcnn"


def _translate_one(key: str, name: str, value: Any, result: TranslatedConfig) -> None:
    if value == "None" and name != "logger":
        value = None
    if name in _PATHS:
        if value is not None:
            result.not_applicable.append((key, _ELSEWHERE))
        else:
            result.translated.append((f"{key}: None", f"{key}: none chosen"))
        return
    if key == "environment.gpus":
        result.not_applicable.append((key, _GPUS))
        return
    target = _RENAMED.get(key, key)
    if target != key:
        result.translated.append((key, target))
    numbers = _numbers(value) if target in _LISTS_OF_NUMBERS else None
    if numbers is not None:
        result.translated.append((f"{key}: {value}", f"{target}: {numbers}"))
        value = numbers
    if key == "dataset.group_fold_column" and _at_strategy(result, value):
        return
    result.settings[target] = value


def _numbers(value: Any) -> list[float] | None:
    """The values of a list as numbers; None if one of them is none, which the setting's own check then tells."""
    try:
        return [float(one) for one in value] if isinstance(value, list) else None
    except (TypeError, ValueError):
        return None


def _at_strategy(result: TranslatedConfig, value: Any) -> bool:
    return value is None and "dataset.group_fold_column" not in result.settings


def _at(values: Mapping[str, Any], key: str) -> Any:
    section, name = key.split(".")
    inner = values.get(section)
    return inner.get(name) if isinstance(inner, Mapping) else None
