"""Settings files of Hydrogen Torch 1.2 and 1.3: which problem type they are of, and what their keys are here.

They carry no problem type; it shows in the columns they name and the metric they ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.problems.contract import ModelType, ProblemType
from studio.problems.registry import problem_types
from studio.results.regression import REGRESSION_METRICS

METRIC = "prediction.metric"
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
    problem_type, model_type = infer_problem_type(values)
    result = TranslatedConfig(problem_type=problem_type, model_type=model_type)
    for section, inner in values.items():
        if not isinstance(inner, Mapping):
            result.settings["general.experiment_name" if section == "experiment_name" else section] = inner
            continue
        for name, value in inner.items():
            _translate_one(f"{section}.{name}", name, value, result)
    return result


def infer_problem_type(values: Mapping[str, Any]) -> tuple[str, str | None]:
    """The problem type, and the model type where there are several, that an export is of; empty where none fits.

    It has the columns that the export names and the metric that it asks for; of several, the one that knows the most of
    its keys and values. What is not built here is recognised as well, so that it can be named.
    """
    given = {f"{section}.{name}": value for section, inner in values.items() if isinstance(inner, Mapping)
             for name, value in inner.items()}  # fmt: skip
    fitting = [
        (sum(key not in model.settings.fields() for key in given), _refused(model, given), kind.id, model.id)
        for kind in problem_types().values()
        for model in kind.model_types
        if _fits(kind, model, given)
    ]
    if not fitting:
        return _not_built(given), None
    _, _, problem_type, model_type = min(fitting, key=lambda one: one[:2])
    return problem_type, model_type


def _fits(kind: ProblemType, model: ModelType, given: Mapping[str, Any]) -> bool:
    """Whether a type reads what the export reads, and measures what it measures."""
    roles = {f"dataset.{role.name}" for role in kind.roles if role.is_required}
    # What decides the input must be known; other keys may be of a later version.
    deciding = {key for key in given if key.startswith("image.") or (key.startswith("dataset.") and "_column" in key)}
    metric = given.get(METRIC)
    is_measured = metric is None or metric in {one.name for one in kind.metrics}
    return roles <= given.keys() and deciding <= model.settings.fields().keys() and is_measured


def _refused(model: ModelType, given: Mapping[str, Any]) -> int:
    """How many of the values a type does not take."""
    known = {key: value for key, value in given.items() if key in model.settings.fields()}
    return len(model.settings.parse(known)[1])


def _not_built(given: Mapping[str, Any]) -> str:
    """The name of a problem type of the original that does not exist here yet; empty where none is recognised."""
    metric = str(given.get(METRIC) or "")
    is_volume = "image.image_depth" in given
    task = "regression" if metric in {one.name for one in REGRESSION_METRICS} else "classification"
    if "dataset.rle_mask_column" in given:
        if is_volume:
            return "image_3d_semantic_segmentation"
        return "image_instance_segmentation" if metric == "COCO_mAP" else "image_semantic_segmentation"
    if "dataset.audio_column" in given:
        return "speech_recognition" if metric in ("WER", "CER") else f"audio_{task}"
    return f"image_3d_{task}" if is_volume and "dataset.image_column" in given else ""


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
