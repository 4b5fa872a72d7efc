"""Trackers: record a run beside the studio, in what another tool reads. A tracker that fails never fails the run."""

import importlib.util
import json
import math
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from studio.errors import MissingDependencyError
from studio.files import private_folder
from studio.interpreter import python_module, without_working_folder
from studio.runs.events import Finished
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.settings.schema import SettingsSchema
from studio.settings.setting import Kind
from studio.training.reporting.reporter import Reporter

FOLDER = "neptune"
TOKEN = "logging.neptune_api_token"  # noqa: S105 - the key of a setting
MAX_PENDING_BYTES = 16 << 20
"""More that the client has not taken means that it hangs."""
CLOSE_SECONDS = 60.0


class Tracker(Protocol):
    """What a run tells a tracker."""

    def values(self, values: Mapping[str, Any]) -> None:
        """Single values by name."""

    def points(self, points: Mapping[str, list[tuple[int, float]]]) -> None:
        """Points of series by name, steps rising."""

    def close(self) -> None:
        """Write what is left."""

    def abandon(self) -> None:
        """End at once."""


class NeptuneTracker:
    """Neptune's client in offline mode: it writes files below the run's folder and asks no network.

    `neptune sync --path RUN_FOLDER/neptune` later sends them to a server. Nothing here waits for the client.
    """

    def __init__(self, folder: RunFolder, run_id: str, project: str, token: str) -> None:
        self._process = subprocess.Popen(
            python_module("studio.training.reporting.neptune_client"),
            stdin=subprocess.PIPE,
            env=without_working_folder(os.environ),
            cwd=folder.path,
        )
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        os.set_blocking(self._pipe, False)
        self._pending = bytearray()
        target = private_folder(folder.path / FOLDER)
        self._send({"begin": {"folder": str(target), "run_id": run_id, "project": project, "token": token}})

    def values(self, values: Mapping[str, Any]) -> None:
        self._send({"values": {_path(name): _plain(value) for name, value in values.items()}})

    def points(self, points: Mapping[str, list[tuple[int, float]]]) -> None:
        finite = {
            _path(name): [(step, value) for step, value in series if math.isfinite(value)]
            for name, series in points.items()
        }
        known = {name: series for name, series in finite.items() if series}
        if known:
            self._send({"points": known})

    def close(self) -> None:
        """Raises OSError if the client failed or does not end."""
        deadline = time.monotonic() + CLOSE_SECONDS
        try:
            self._send({"end": True})
            while self._pending and time.monotonic() < deadline:
                time.sleep(0.02)
                self._flush()
            code = self._process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise OSError("the client does not end") from error
        finally:
            self.abandon()
        if code != 0:
            raise OSError(f"the client ended with {code}")

    def abandon(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        self._pending += json.dumps(message).encode() + b"\n"
        self._flush()
        if len(self._pending) > MAX_PENDING_BYTES:
            raise OSError("the client does not keep up")

    def _flush(self) -> None:
        try:
            while self._pending:
                del self._pending[: os.write(self._pipe, self._pending)]
        except BlockingIOError:
            return


class GuardedTracker:
    """A tracker, or nothing from its first failure on, which is said once."""

    def __init__(self, make: Callable[[], Tracker], reporter: Reporter) -> None:
        self._reporter = reporter
        self._tracker: Tracker | None = None
        try:
            self._tracker = make()
        except Exception as error:  # the border to the code of others: whatever it throws is not the run's failure
            self._let_go(error)

    def values(self, values: Mapping[str, Any]) -> None:
        """Single values by name."""
        self._tell(lambda tracker: tracker.values(values))

    def points(self, points: Mapping[str, list[tuple[int, float]]]) -> None:
        """Points of series by name, steps rising."""
        self._tell(lambda tracker: tracker.points(points))

    def finished(self, event: Finished) -> None:
        """The final metrics."""
        by_split = {**event.metrics, "best": event.best}
        found = {f"final.{split}.{name}": one for split, values in by_split.items() for name, one in values.items()}
        self.values({name: value for name, value in found.items() if math.isfinite(value)})

    def close(self) -> None:
        """Write what is left."""
        self._tell(lambda tracker: tracker.close())
        self._tracker = None

    def _tell(self, act: Callable[[Tracker], None]) -> None:
        if self._tracker is None:
            return
        try:
            act(self._tracker)
        except Exception as error:  # as above
            self._let_go(error)

    def _let_go(self, error: Exception) -> None:
        tracker, self._tracker = self._tracker, None
        if tracker is not None:
            tracker.abandon()
        words = f"{type(error).__name__}: {error}"
        self._reporter.log("warning", f"The tracker failed and is disabled from here on ({words}).")


@contextmanager
def tracking(
    folder: RunFolder, spec: RunSpec, settings: SettingsSchema, secrets: Mapping[str, str], reporter: Reporter
) -> Iterator[GuardedTracker | None]:
    """The tracker that the settings ask for, told of every point of this run; None where they ask for none.

    Raises:
        MissingDependencyError: if its package is not installed.
    """
    if settings.value("logging.logger") != "Neptune":
        yield None
        return
    _require_neptune()
    project = str(settings.value("logging.neptune_project"))
    tracker = GuardedTracker(
        lambda: NeptuneTracker(folder, spec.run_id, project, secrets.get(TOKEN, "")),
        reporter,
    )
    tracker.values(_open_settings(settings))
    reporter.listen(tracker.points)
    reporter.log("info", f"Neptune records this run in offline mode, in the folder {FOLDER} of the run.")
    try:
        yield tracker
    finally:
        reporter.listen(None)
        tracker.close()


def _open_settings(settings: SettingsSchema) -> dict[str, Any]:
    """All settings but secrets."""
    fields, flat = settings.fields(), settings.flat()
    return {f"settings.{key}": flat[key] for key, field in fields.items() if field.kind is not Kind.SECRET}


def _require_neptune() -> None:
    if importlib.util.find_spec("neptune") is None:
        raise MissingDependencyError(
            "The logger Neptune needs the package neptune, which is not installed.",
            hint="Install it with: pip install 'deepstudio[neptune]'. Or set Logger to None.",
            code="tracker_missing",
        )


def _path(name: str) -> str:
    return name.replace(".", "/")


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | int | float) else json.dumps(value)
