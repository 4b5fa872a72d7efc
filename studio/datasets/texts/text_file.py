"""Text files of unknown encoding: UTF-8, UTF-16 by its mark, else the likeliest, and which it was is said."""

import re
from pathlib import Path

from studio.datasets.formatting import counted
from studio.errors import DatasetError
from studio.settings.finding import Finding, FindingLevel

MAX_ROWS_SHOWN = 20
NUL, LINE_END = "\x00", "\n"
_SAMPLE_BYTES = 1 << 16
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_LEAST_RUN = 1.5
"""Bytes beyond ASCII side by side, on average: letters with accents stand alone, those of other scripts do not."""
_WESTERN = ("cp1252", "cp1250", "cp1254")
_USUAL = "cp1252"
_TITLES = {
    _USUAL: "Windows-1252",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "gb18030": "GBK (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "euc_kr": "EUC-KR (Korean)",
}
"""Encodings of spreadsheets, by Python's names."""


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
    encoding = _likeliest_encoding(data)
    title = _TITLES[encoding]
    finding = Finding(
        level=FindingLevel.WARNING,
        code="encoding",
        path=name,
        message=f"The file is not UTF-8 (first seen in line {first}); it was read as {title}.",
        found=f"probably {title}",
        expected="UTF-8",
        fix="Check words beyond plain English letters in the preview, or save the file as UTF-8.",
    )
    return data.decode(encoding, errors="replace"), [finding]


def _likeliest_encoding(data: bytes) -> str:
    """The encoding in which the lines beyond ASCII read best; Windows-1252 where none reads better."""
    from charset_normalizer import from_bytes

    lines, size = [], 0
    for line in data.split(b"\n"):
        if not line.isascii() and size < _SAMPLE_BYTES:
            lines.append(line)
            size += len(line)
    sample = b"\n".join(lines)
    runs = _BEYOND_ASCII.findall(sample)
    is_western = sum(map(len, runs)) < _LEAST_RUN * len(runs)
    matches = from_bytes(sample, cp_isolation=list(_WESTERN if is_western else _TITLES))
    best = matches.best()
    if best is None:
        return _USUAL
    usual = [one for one in matches if one.encoding == _USUAL and one.chaos <= best.chaos]
    if usual or _USUAL in best.could_be_from_charset:
        return _USUAL
    alike = {one.encoding for one in matches if (one.chaos, one.coherence) == (best.chaos, best.coherence)}
    return next(encoding for encoding in (*_TITLES, best.encoding) if encoding in alike)


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
