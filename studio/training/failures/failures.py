"""Failures: what an exception means to a person, as code, message, hint, the setting and the sample behind it."""

import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.datasets.formatting import gigabytes
from studio.errors import StudioError
from studio.modeling.sample_error import SampleError
from studio.runs.events import Failed, FailedSample
from studio.runs.spec import RunSpec
from studio.settings.finding import Finding, FindingsError
from studio.settings.sections.architecture import NETWORK_KEYS, PRETRAINED, network_keys, pretrained_key
from studio.training.failures.disk import disk_error
from studio.training.failures.input_sizes import input_words, larger_inputs, smaller_inputs
from studio.training.failures.known_errors import CAUSES, SETTINGS, is_gpu_memory, is_host_memory
from studio.training.reporting.reporter import Reporter

MAX_DETAIL = 20_000
_FREE = re.compile(r"of which ([\d.]+ [KMG]iB) is free")
_PATH = re.compile(r"(?:^|')(/[^'\n]+)")
_TOTAL = re.compile(r"total capacity of ([\d.]+ [KMG]iB)")


@dataclass(frozen=True)
class Failure:
    """What went wrong, in words."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Situation:
    """What a run was doing when it failed, as far as that helps to explain it."""

    where: str = ""
    """Such as `in update 12`."""
    needs: tuple[str, ...] = ()
    """What decides how much memory is needed, in words."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The column that names files, by `file`."""
    smaller: str = "smaller inputs"
    """What needs less memory, in the words of the medium."""
    larger: str = "larger inputs"
    networks: Mapping[str, str] = field(default_factory=lambda: {NETWORK_KEYS[0]: ""})
    """The settings that name pretrained networks, and their names."""

    @property
    def less_memory(self) -> str:
        """What to do where memory did not suffice."""
        return f"Use a smaller batch or backbone, {self.smaller}, or Automatically adjust batch size."

    @classmethod
    def of(cls, spec: RunSpec, reporter: Reporter) -> "Situation":
        """That of a run."""
        needs = tuple(_needs(spec))
        architecture = {f"architecture.{name}": value for name, value in spec.settings.get("architecture", {}).items()}
        networks = {key: str(architecture[key]) for key in network_keys(architecture)} or {NETWORK_KEYS[0]: ""}
        return cls(_where(reporter), needs, _columns(spec), smaller_inputs(spec), larger_inputs(spec), networks)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of a device or of the machine, did not suffice."""
    text = str(error)
    return is_gpu_memory(error, text) or is_host_memory(error, text)


def describe(error: BaseException, situation: Situation | None = None) -> Failure:
    """The failure behind an exception; an unknown one keeps its own words."""
    now = situation or Situation()
    for one in _behind(error):
        text = str(one)
        if isinstance(one, StudioError):
            code = "missing_table" if one.code == "not_found" and "table" in text else one.code
            return Failure(code, one.message, one.hint)
        if is_gpu_memory(one, text):
            return _gpu_memory(text, now)
        if is_host_memory(one, text):
            return _host_memory(now)
    full = disk_error(error, "a file", None)
    if full is not None:
        return Failure(full.code, full.message, full.hint)
    for cause in CAUSES:
        behind = next((one for one in _behind(error) if cause.is_behind(one, str(one))), None)
        if behind is not None:
            return Failure(
                cause.code,
                cause.message.removesuffix(".") + _file_words(behind) + ".",
                cause.hint.format(larger=now.larger),
            )
    text = str(error)
    first = text.splitlines()[0] if text else "no message"
    return Failure("internal", f"{type(error).__name__}: {first}", "The log has the details.")


def failed_event(error: BaseException, situation: Situation | None = None) -> Failed:
    """The event that ends a failed run."""
    failure = describe(error, situation)
    detail = "".join(traceback.format_exception(error))[-MAX_DETAIL:]
    return Failed(
        code=failure.code,
        message=failure.message,
        hint=failure.hint,
        setting=_setting(failure, situation or Situation()),
        sample=_sample(error, situation or Situation()),
        findings=findings_behind(error),
        detail=detail,
    )


def _setting(failure: Failure, now: Situation) -> str:
    """The setting that most likely stands behind a cause, by the name that this run's settings have for it."""
    found = SETTINGS.get(failure.code, "")
    if found not in (*NETWORK_KEYS, PRETRAINED):
        return found
    named = (key for key, name in now.networks.items() if name and repr(name) in failure.message)
    network = next(named, next(iter(now.networks)))
    return pretrained_key(network) if found == PRETRAINED else network


def findings_behind(error: BaseException) -> tuple[Finding, ...]:
    """Every finding of the refusal that an error is, or was raised from."""
    return next((one.findings for one in _behind(error) if isinstance(one, FindingsError)), ())


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it was raised from."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__


def _file_words(error: BaseException) -> str:
    """The file that an error of the system is about, as far as it says: the last two parts of its path."""
    if not isinstance(error, OSError):
        return ""
    told = _PATH.search(str(error))  # pyarrow has it in its words alone
    name = error.filename if isinstance(error.filename, str) else told[1] if told else ""
    return f": {'/'.join(Path(name).parts[-2:])}" if name else ""


def _sample(error: BaseException, situation: Situation) -> FailedSample | None:
    found = next((one for one in _behind(error) if isinstance(one, SampleError)), None)
    if found is None:
        return None
    column = situation.columns.get("file", "") if found.file else ""
    return FailedSample(row=found.row, file=found.file, column=column)


def _gpu_memory(text: str, now: Situation) -> Failure:
    free, total = _FREE.search(text), _TOTAL.search(text)
    memory = f"{free[1]} of {total[1]} were free" if free and total else _free_gpu_memory()
    return Failure(
        "oom_gpu",
        f"The GPU ran out of memory{_at(now)}{_sentence((*now.needs, *filter(None, [memory])))}",
        now.less_memory,
    )


def _host_memory(now: Situation) -> Failure:
    import psutil

    memory = psutil.virtual_memory()
    free = f"{gigabytes(memory.available)} of {gigabytes(memory.total)} are free now"
    return Failure(
        "oom_host",
        f"The machine ran out of memory{_at(now)}{_sentence((*now.needs, free))}",
        f"{now.less_memory} Fewer data workers need less, too.",
    )


def _free_gpu_memory() -> str:
    import torch

    if not torch.cuda.is_available():
        return ""
    free, total = torch.cuda.mem_get_info()
    return f"{free / 2**30:.2f} of {total / 2**30:.2f} GiB were free"


def _at(now: Situation) -> str:
    return f" {now.where}" if now.where else ""


def _sentence(facts: tuple[str, ...]) -> str:
    return f": {', '.join(facts)}." if facts else "."


def _where(reporter: Reporter) -> str:
    phase, latest = reporter.phase, reporter.latest
    if phase is None:
        return ""
    if phase.name == "training":
        return f"in update {latest.update + 1 if latest else 1}"
    return f"while {phase.name}" if phase.name.endswith("ing") else f"({phase.name})"


def _needs(spec: RunSpec) -> Iterator[str]:
    def value(section: str, name: str) -> Any:
        return spec.settings.get(section, {}).get(name)

    if size := value("training", "batch_size"):
        yield f"batch size {size}"
    yield from input_words(spec)
    if backbone := value("architecture", "backbone"):
        yield f"model {backbone}"


def _columns(spec: RunSpec) -> dict[str, str]:
    from studio.problems.registry import problem_types

    kind = problem_types().get(spec.problem_type)
    role = kind.media_role if kind else None
    column = spec.settings.get("dataset", {}).get(role) if role else None
    return {"file": column} if isinstance(column, str) else {}
