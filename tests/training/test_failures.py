"""Failures: every known exception has a code, a hint and the setting behind it."""

import errno

import pytest
import torch

from studio.errors import DatasetError, TrainingError
from studio.training.failures.failures import Situation, describe, failed_event, is_out_of_memory


def too_large() -> BaseException:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    return caught.value


@pytest.mark.parametrize(
    ("error", "code", "setting"),
    [
        (MemoryError(), "oom_host", "training.batch_size"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "oom_gpu", "training.batch_size"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "oom_host", "training.batch_size"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", ""),
        (TrainingError("x", code="nan_loss"), "nan_loss", "training.learning_rate"),
        (DatasetError("x", code="empty_split"), "empty_split", "dataset.validation_strategy"),
        (
            ValueError("Expected more than 1 value per channel when training"),
            "batch_normalization",
            "training.batch_size",
        ),
        (RuntimeError("DataLoader worker (pid 1) exited unexpectedly"), "data_worker", "environment.number_of_workers"),
        (KeyError("surprise"), "internal", ""),
    ],
)
def test_what_an_exception_means(error: BaseException, code: str, setting: str) -> None:
    event = failed_event(error)

    assert (event.code, event.setting) == (code, setting)
    assert event.message


def test_torchs_own_allocator_is_recognised() -> None:
    assert is_out_of_memory(too_large())
    assert "batch" in describe(too_large()).hint


def test_other_runtime_errors_are_not_memory() -> None:
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


@pytest.mark.parametrize("key", ["architecture.backbone", "architecture.encoder"])
def test_weights_that_cannot_be_had_point_to_the_setting_that_names_the_network(key: str) -> None:
    event = failed_event(TrainingError("x", code="weights"), Situation(networks={key: ""}))

    assert event.setting == key
