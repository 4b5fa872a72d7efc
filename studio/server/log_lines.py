"""Log lines: one record is one line, whatever a name in it holds; what follows it is set in."""

import logging
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler

from studio.escape_control import escape_controls

_SET_IN = "    "


class LineFormatter(logging.Formatter):
    """Formats records so that no text in them can look like another record or steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name of the base class
        """The record's one line."""
        return escape_controls(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name of the base class
        """The traceback, set in."""
        return set_in(super().formatException(ei))  # type: ignore[arg-type]


def set_in(text: str) -> str:
    """Several lines, each behind spaces and without control characters."""
    return "\n".join(_SET_IN + escape_controls(line) for line in text.split("\n"))


def one_record(text: str) -> str:
    """A text of several lines as one record: the first line stays, the others are set in."""
    first, *more = text.split("\n")
    return "\n".join([escape_controls(first), *(_SET_IN + escape_controls(line) for line in more)])


class LogFile(RotatingFileHandler):
    """A bounded file of lines. What a full or broken disk does not take is dropped, without a trace on the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of the base class
        """Tell mistakes of ours only."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        """Close the file, whether or not it takes the last lines."""
        with suppress(OSError):
            super().close()
