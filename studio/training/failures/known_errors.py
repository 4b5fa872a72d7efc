"""Causes: the catalogue of what exceptions of libraries mean to a person. Those of our own carry code and words.

A cause is recognised by the type of an exception or by words that its library writes; both are held by tests that plant
the fault.
"""

import errno
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass

from studio.settings.sections.augmentation import CUSTOM_INFERENCE, CUSTOM_TRAIN

GPU_MEMORY_WORDS = (
    "CUDA out of memory",
    "HIP out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
HOST_MEMORY_WORDS = (
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
    "Cannot allocate memory",
    "bad_alloc",
)
SETTINGS = {
    "batch_normalization": "training.batch_size",
    "checkpoint_damaged": "general.use_previous_experiment_weights",
    "custom_inference_augmentations": CUSTOM_INFERENCE,
    "custom_train_augmentations": CUSTOM_TRAIN,
    "data_worker": "environment.number_of_workers",
    "encoder": "architecture.encoder",
    "empty_split": "dataset.validation_strategy",
    "file_missing": "dataset.data_folder",
    "gradient_checkpointing": "architecture.gradient_checkpointing",
    "label_range": "dataset.label_columns",
    "loss_function": "training.loss_function",
    "missing_column": "dataset.train_dataframe",
    "missing_table": "dataset.train_dataframe",
    "model": "architecture.backbone",
    "model_files": "architecture.backbone",
    "nan_gradient": "training.learning_rate",
    "nan_loss": "training.learning_rate",
    "no_labels": "dataset.label_columns",
    "no_model": "general.use_previous_experiment_weights",
    "not_binary_column": "dataset.label_columns",
    "nothing_to_do": "dataset.train_dataframe",
    "one_class": "dataset.label_columns",
    "oom_gpu": "training.batch_size",
    "oom_host": "training.batch_size",
    "open_files": "environment.number_of_workers",
    "processes": "environment.number_of_workers",
    "rank_killed": "training.batch_size",
    "shared_memory": "environment.number_of_workers",
    "start_weights": "general.use_previous_experiment_weights",
    "tokenizer_mismatch": "architecture.backbone",
    "too_few_groups": "dataset.group_fold_column",
    "too_few_rows": "dataset.validation_strategy",
    "too_long": "tokenizer.max_length",
    "tracker_missing": "logging.logger",
    "unknown_fold": "dataset.selected_folds",
    "weights": "architecture.backbone",
    "weights_missing": "architecture.pretrained",
}
"""The setting that most likely stands behind a cause."""


@dataclass(frozen=True)
class Cause:
    """One kind of failure that a library tells in its own words."""

    code: str
    message: str
    hint: str
    is_behind: Callable[[BaseException, str], bool]
    """Whether it is behind an exception with this text."""


def is_gpu_memory(error: BaseException, text: str) -> bool:
    """Whether the memory of a device did not suffice."""
    if type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in text for words in GPU_MEMORY_WORDS)


def is_host_memory(error: BaseException, text: str) -> bool:
    """Whether the memory of the machine did not suffice."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if isinstance(error, ImportError) and "failed to map segment" in text:
        return True  # a library that is loaded late, for which no memory is left
    return isinstance(error, RuntimeError) and any(words in text for words in HOST_MEMORY_WORDS)


def _says(kind: type[BaseException] | tuple[type[BaseException], ...], *words: str) -> Callable[..., bool]:
    return lambda error, text: isinstance(error, kind) and any(one in text for one in words)


def _has_number(*numbers: int) -> Callable[..., bool]:
    return lambda error, text: isinstance(error, OSError) and error.errno in numbers


CAUSES = (
    Cause(
        "batch_normalization",
        "Batch normalization needs more than one value per channel.",
        "Use a batch size of at least 2, {larger}, or Batch normalization = Frozen.",
        _says(ValueError, "more than 1 value per channel"),
    ),
    Cause(
        "shared_memory",
        "The data workers ran out of shared memory.",
        "Set Number of workers to 0, or give the machine or its container more shared memory (/dev/shm).",
        lambda error, text: (
            ("DataLoader worker" in text and "Bus error" in text)
            or "unable to mmap" in text
            or "unable to allocate shared memory" in text
            or (isinstance(error, RuntimeError) and "No space left on device" in text and "/torch_" in text)
        ),
    ),
    Cause(
        "data_worker",
        "A data worker was killed (signal 9), maybe for lack of memory.",
        "Use fewer data workers or a smaller batch, or close other programs. Then resume.",
        _says(RuntimeError, "killed by signal: Killed"),
    ),
    Cause(
        "data_worker",
        "A data worker ended unexpectedly, maybe for lack of memory.",
        "Use fewer data workers or a smaller batch. Then resume.",
        lambda error, text: "DataLoader worker" in text and ("exited unexpectedly" in text or "killed by" in text),
    ),
    Cause(
        "gpu_error",
        "The GPU reported an error.",
        "Resume on another GPU. If it happens again, restart the machine and check the GPU driver.",
        _says(RuntimeError, "CUDA error", "CUDNN_STATUS", "CUBLAS_STATUS", "NCCL error", "NVML"),
    ),
    Cause(
        "weights",
        "The weights do not fit the model.",
        "Choose the backbone that they were made with, or switch Pretrained off.",
        _says(RuntimeError, "size mismatch for", "Missing key(s) in state_dict", "Unexpected key(s) in state_dict"),
    ),
    Cause(
        "weights",
        "A weights file cannot be read.",
        "It is damaged or no safetensors file. Download or copy it again.",
        lambda error, text: type(error).__name__ == "SafetensorError",
    ),
    Cause(
        "tokenizer_mismatch",
        "The tokenizer produces tokens that the model does not have.",
        "Use the tokenizer that belongs to the weights, or choose another backbone.",
        _says(IndexError, "index out of range in self"),
    ),
    Cause(
        "label_range",
        "A label is outside the range of the model's outputs.",
        "Look at the label columns of the training rows.",
        lambda error, text: "Target" in text and "out of bounds" in text,
    ),
    Cause(
        "open_files",
        "Too many files are open.",
        "Use fewer data workers, or raise the limit on open files (ulimit -n).",
        lambda error, text: "Too many open files" in text or _has_number(errno.EMFILE, errno.ENFILE)(error, text),
    ),
    Cause(
        "processes",
        "No further process could be started.",
        "Use fewer data workers, or raise the limit on processes (ulimit -u).",
        lambda error, text: (
            isinstance(error, BlockingIOError)
            or (isinstance(error, OSError) and error.errno == errno.EAGAIN)
            or (isinstance(error, RuntimeError) and "can't start new thread" in text)
        ),
    ),
    Cause(
        "hub_unreachable",
        "The model hub cannot be reached.",
        "Check the connection, put the model into the home's weights folder, or switch Pretrained off.",
        lambda error, text: isinstance(error, ConnectionError) or "huggingface.co" in text,
    ),
    Cause(
        "peer_lost",
        "The connection between the GPUs of this run broke.",
        "Resume it from its last checkpoint. If it happens again, use one GPU.",
        _says(RuntimeError, "Connection closed by peer", "Connection reset by peer", "ProcessGroup", "gloo"),
    ),
    Cause(
        "not_allowed",
        "A file of the run or the dataset may not be read or written.",
        "Give the account that the studio runs as access to its home folder.",
        lambda error, text: isinstance(error, PermissionError),
    ),
    Cause(
        "files_gone",
        "A file that the run needs is gone.",
        "Do not change the home folder manually. Start the experiment again, or import the dataset again.",
        lambda error, text: isinstance(error, FileNotFoundError),
    ),
    Cause(
        "no_pickle",
        "An object could not be sent to a data worker.",
        "Set Number of workers to 0, and report it to the authors of the problem type.",
        lambda error, text: (
            isinstance(error, multiprocessing.ProcessError)
            or type(error).__name__ == "PicklingError"
            or "cannot pickle" in text
        ),
    ),
)
