"""Text files of unknown encoding: UTF-8, UTF-16 by its mark, else Windows-1252, and which it was is said."""

from pathlib import Path

from studio.datasets.formatting import counted
from studio.errors import DatasetError
from studio.settings.finding import Finding, FindingLevel

MAX_ROWS_SHOWN = 20
NUL, LINE_END = "\x00", "\n"


def decode_text(path: Path, name: str) -> tuple[str, list[Finding]]:
    """The text of a file and what was decided about its encoding.

    Raises:
        DatasetError: if it is no text.
    """
    text, findings = _decoded(path.read_bytes(), name)
    if NUL in text:
        raise DatasetError(
            f"{name} contains binary data.",
            hint="Choose a text file.",
            code="binary",
            found=f"a NUL byte in line {text[: text.index(NUL)].count(LINE_END) + 1:,}",
            expected="text",
        )
    return text, findings


def _decoded(data: bytes, name: str) -> tuple[str, list[Finding]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        message = "The file is UTF-16 and was read as such."
        try:
            return data.decode("utf-16"), [
                Finding(level=FindingLevel.NOTE, code="encoding", path=name, message=message)
            ]
        except UnicodeDecodeError as error:
            raise DatasetError(
                f"{name} starts as UTF-16 and is damaged (byte {error.start:,}).",
                hint="Save it as UTF-8.",
                code="encoding",
                found=f"no UTF-16 at byte {error.start:,}",
                expected="UTF-8",
            ) from None
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        first = data[: error.start].count(b"\n") + 1
    bad, good = _lines_by_encoding(data)
    if good > len(bad):
        return data.decode("utf-8-sig", errors="replace"), [_damaged_lines(name, bad)]
    finding = Finding(
        level=FindingLevel.WARNING,
        code="encoding",
        path=name,
        message=f"The file is not UTF-8 (first seen in line {first}); it was read as Windows-1252.",
        found="probably Windows-1252",
        expected="UTF-8",
        fix="Check words with accents in the preview, or save the file as UTF-8.",
    )
    return data.decode("cp1252", errors="replace"), [finding]


def _lines_by_encoding(data: bytes) -> tuple[list[int], int]:
    """Numbers of the lines that are not UTF-8, and how many others hold letters beyond ASCII."""
    bad, good = [], 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode()
            good += 1
        except UnicodeDecodeError:
            bad.append(number)
    return bad, good


def _damaged_lines(name: str, lines: list[int]) -> Finding:
    return Finding(
        code="invalid_utf8",
        path=name,
        message=f"The file is UTF-8, but {len(lines)} lines are not (line {lines[0]} first).",
        found=f"{counted(len(lines), 'line')} of bytes that are not UTF-8",
        expected="UTF-8",
        fix="Correct these lines, or save the file as UTF-8.",
        count=len(lines),
        rows=tuple(max(1, line - 1) for line in lines[:MAX_ROWS_SHOWN]),
    )
