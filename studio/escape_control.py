"""visible: text of others in logs and on terminals, which can neither forge a line nor steer a terminal."""

import sys
from typing import Any, TextIO


def escape_controls(text: str, *, keep: str = "") -> str:
    """The text with every character that cannot be seen as one would write it, but those in `keep`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


class VisibleStream:
    """A text stream whose control characters are written as escapes, but ends of lines and tabs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text; gives its length, as a stream does."""
        # Progress bars of libraries go back to the start of the line; in a log each state is a line.
        self._stream.write(escape_controls(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t"))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def make_output_visible() -> None:
    """Escape what this process prints, also by libraries and in tracebacks, which quote names and cells of others."""
    if not isinstance(sys.stdout, VisibleStream):
        sys.stdout = VisibleStream(sys.stdout)
    if not isinstance(sys.stderr, VisibleStream):
        sys.stderr = VisibleStream(sys.stderr)
