"""Failures: what an exception means to a person, as code, message, hint and the setting behind it."""

import errno
import traceback
from dataclasses import dataclass

from studio.errors import StudioError
from studio.runs.events import Failed
from studio.settings.sections.augmentation import CUSTOM_INFERENCE, CUSTOM_TRAIN

MAX_DETAIL = 20_000

_OUT_OF_MEMORY_TEXTS = (
    "CUDA out of memory",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
    "Cannot allocate memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
_SETTING_OF_CODE = {
    "oom": "training.batch_size",
    "nan_loss": "training.learning_rate",
    "weights_missing": "architecture.pretrained",
    "weights": "architecture.pretrained",
    "model": "architecture.backbone",
    "loss_function": "training.loss_function",
    "batch_normalization": "training.batch_size",
    "one_class": "dataset.label_columns",
    "not_binary_column": "dataset.label_columns",
    "custom_train_augmentations": CUSTOM_TRAIN,
    "custom_inference_augmentations": CUSTOM_INFERENCE,
    "start_weights": "general.use_previous_experiment_weights",
    "tracker_missing": "logging.logger",
    "no_model": "general.use_previous_experiment_weights",
    "nothing_to_do": "dataset.train_dataframe",
    "empty_split": "dataset.validation_strategy",
    "unknown_fold": "dataset.selected_folds",
}


@dataclass(frozen=True)
class Failure:
    """What went wrong, in words."""

    code: str
    message: str
    hint: str = ""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of a device or of the machine, did not suffice."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _OUT_OF_MEMORY_TEXTS)


def describe(error: BaseException) -> Failure:
    """The failure behind an exception; an unknown one keeps its own words."""
    if is_out_of_memory(error):
        return Failure(
            "oom",
            "The memory did not suffice.",
            "Use a smaller batch or backbone, smaller images or a lower Max length, or switch on Automatically adjust "
            "batch size.",
        )
    if isinstance(error, StudioError):
        return Failure(error.code, error.message, error.hint)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure(
            "disk_full", "The disk is full.", "Delete experiments or datasets that are no longer needed, then resume."
        )
    text = str(error)
    if isinstance(error, ValueError) and "more than 1 value per channel" in text:
        return Failure(
            "batch_normalization",
            "Batch normalization needs more than one value a channel.",
            "Use a batch size of at least 2, larger images, or Batch normalization = Frozen.",
        )
    if isinstance(error, RuntimeError) and "DataLoader worker" in text and "exited unexpectedly" in text:
        return Failure(
            "data_worker", "A data worker ended unexpectedly, most likely for lack of memory.", "Use fewer workers."
        )
    name = type(error).__name__
    return Failure("internal", f"{name}: {text.splitlines()[0] if text else 'no message'}", "The log has the details.")


def failed_event(error: BaseException) -> Failed:
    """The event that ends a failed run."""
    failure = describe(error)
    detail = "".join(traceback.format_exception(error))[-MAX_DETAIL:]
    return Failed(
        code=failure.code,
        message=failure.message,
        hint=failure.hint,
        setting=_SETTING_OF_CODE.get(failure.code, ""),
        detail=detail,
    )
