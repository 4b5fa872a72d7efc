"""Errors a user or another process can act on: a code, a message with the value, and what to do next."""

import difflib
from collections.abc import Iterable


class StudioError(Exception):
    """The root of every error the studio raises on purpose.

    `code` is stable and machine-readable, the message says what happened with the value, `hint` says what to do next.
    Of bad data, `found` says in a few words what was met, `expected` what would be right.
    """

    code = "error"

    def __init__(
        self, message: str, *, hint: str = "", code: str | None = None, found: str = "", expected: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.found = found
        self.expected = expected
        if code is not None:
            self.code = code


def in_quotes(value: object) -> str:
    """A value in a sentence: text in single quotes with its invisible signs written out, all else as it is."""
    if not isinstance(value, str):
        return str(value)
    signs = (sign if sign.isprintable() else repr(sign)[1:-1] for sign in value)
    return f"'{''.join(signs)}'"


class NotFoundError(StudioError):
    """Nothing has this id or name; the hint lists the nearest ones."""

    code = "not_found"

    @classmethod
    def among(cls, what: str, name: str, known: Iterable[str]) -> "NotFoundError":
        """The error for `name`, with the names closest to it among `known`."""
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = f"Did you mean {', '.join(near)}?"
        elif names:
            hint = f"Known: {', '.join(names[:20])}."
        else:
            hint = f"There is no {what} yet."
        expected = f"one of {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}" if names else f"a {what}"
        return cls(f"There is no {what} named {in_quotes(name[:255])}.", hint=hint, found=name[:80], expected=expected)


class ConflictError(StudioError):
    """The thing exists, but its present state does not allow this."""

    code = "conflict"


class PathError(StudioError):
    """A path leaves the folder it must stay in, or is not a plain relative path."""

    code = "path"


class ArchiveError(StudioError):
    """A zip file that is damaged, hostile, or of a kind that is not read."""

    code = "archive"


class DatasetError(StudioError):
    """A dataset cannot be read or used as asked."""

    code = "dataset"


class YamlError(StudioError):
    """A YAML text that is not a plain, safe mapping."""

    code = "yaml"

    def __init__(self, message: str, *, hint: str = "", line: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.line = line


class WeightsError(StudioError):
    """Pretrained weights cannot be found, or do not belong to the model."""

    code = "weights"


class CheckpointError(StudioError):
    """A checkpoint is missing, incomplete, or does not match its manifest."""

    code = "checkpoint"


class BundleError(StudioError):
    """A model bundle is missing, incomplete, or does not match its manifest."""

    code = "bundle"


class TrainingError(StudioError):
    """The work itself failed for a reason that has a name; `code` is that name."""

    code = "training"


class DiskFullError(StudioError):
    """Not enough free space for what was asked; the message carries both numbers."""

    code = "disk_full"


class MissingDependencyError(StudioError):
    """An optional part of the installation is not there; the hint says which extra brings it."""

    code = "missing_dependency"
