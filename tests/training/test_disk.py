"""What the disk refuses: named with numbers, kept, and written when it can be."""

import errno
from pathlib import Path

import pytest
from safetensors import SafetensorError

from studio import failpoints
from studio.runs.events import Failed, Log, decode
from studio.runs.folder import RunFolder
from studio.training.failures.disk import DiskError, error_number, writing
from studio.training.reporting.reporter import Reporter


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "disk_full"),
        (OSError(errno.EFBIG, "File too large"), "disk_quota"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk_quota"),
        (OSError(errno.EROFS, "Read-only file system"), "disk_read_only"),
        (OSError(errno.EIO, "Input/output error"), "disk_error"),
    ],
)
def test_errors_of_writing_are_named(error: Exception, code: str, tmp_path: Path) -> None:
    with pytest.raises(DiskError) as caught, writing("a checkpoint", tmp_path, 5_000_000):
        raise error

    assert caught.value.code == code
    assert "checkpoint" in caught.value.message
    if code == "disk_full":
        assert "5.0 MB" in caught.value.message


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    assert error_number(ValueError("os error 28")) is None
    with pytest.raises(ValueError, match="shape"), writing("a checkpoint", tmp_path):
        raise ValueError("shape")


@pytest.fixture
def reporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reporter:
    monkeypatch.setattr(failpoints, "_seen", failpoints.Counter())
    return Reporter(RunFolder.create(tmp_path), attempt=1, fence=1)


def test_what_a_full_disk_refuses_is_written_when_there_is_room(
    reporter: Reporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_FAIL", "event_log:enospc")
    for step in range(1, 50):
        reporter.metric("train.loss", step, 1.0 / step)
    with pytest.raises(OSError, match="No space"):
        reporter.sync()

    monkeypatch.delenv("STUDIO_FAIL")
    reporter.sync()
    reporter.close()

    events = [decode(line) for line in (tmp_path / "events.jsonl").read_bytes().splitlines()]
    steps = [step for event in events if event.kind == "metrics" for step, _ in event.points["train.loss"]]
    assert steps == list(range(1, 50))
    assert [event.n for event in events] == list(range(1, len(events) + 1))


def test_the_last_words_go_into_the_reserve(
    reporter: Reporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = tmp_path / "events.reserve"
    before = reserve.stat().st_size
    monkeypatch.setenv("STUDIO_FAIL", "event_log:enospc")

    reporter.event(Log(text="before"))
    reporter.event(Failed(code="disk_full", message="The disk is full."))
    reporter.close()

    events = [decode(line) for line in (tmp_path / "events.jsonl").read_bytes().splitlines()]
    assert before >= 1 << 16
    assert [event.kind for event in events] == ["log", "failed"]
    assert not reserve.exists()
