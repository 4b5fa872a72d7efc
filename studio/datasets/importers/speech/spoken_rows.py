"""SpokenRows: rows gathered while a layout of recordings is read, a table a role, and what was not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from studio.datasets.dataset import TableRole
from studio.datasets.importers.box_tables import TABLE_ORDER, media_folder
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.speech.pieces import Stretch, cut
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingsError

AUDIO, TRANSCRIPT, SPEAKER = "audio", "transcript", "speaker"


class Piece(NamedTuple):
    """A row that is a part of a recording."""

    recording: str
    stretch: Stretch
    columns: Mapping[str, Any]


@dataclass
class SpokenRows:
    """Rows by table, in the order of their files; every recording is in one of them or reported."""

    upload: Upload
    rows: dict[TableRole, list[dict[str, Any]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def add(self, role: TableRole, path: str, **columns: Any) -> None:
        """One more row, of a whole recording."""
        self.used.add(path)
        self.rows.setdefault(role, []).append({AUDIO: path, **columns})

    def add_pieces(self, role: TableRole, pieces: Sequence[Piece]) -> None:
        """A row for each part of a recording, cut out of it; those that do not lie within it are reported."""
        of_recordings: dict[str, list[Piece]] = {}
        for piece in pieces:
            of_recordings.setdefault(piece.recording, []).append(piece)
        for path, own in of_recordings.items():
            self.used.add(path)
            files, findings = cut(self.upload, path, [one.stretch for one in own])
            self.findings += findings
            for file, (_, stretch, columns) in zip(files, own, strict=True):
                if file is not None:
                    where = {"recording": path, "start": stretch.start, "end": stretch.end}
                    self.rows.setdefault(role, []).append({AUDIO: file, **columns, **where})

    def report(self, code: str, path: str, message: str, examples: Sequence[str], *, expected: str, fix: str) -> None:
        """One kind of trouble, with its count; nothing where there are no examples of it."""
        self.findings += trouble(code, path, message, fix, examples, expected=expected)

    def conversion(self, layout: str, unused: str = "have no transcript") -> Conversion:
        """The tables. Recordings that no row names are reported as what `unused` says of them.

        Raises:
            FindingsError: if there is no row at all.
        """
        left = [path for path in self.upload.recordings.paths if path not in self.used]
        fix = "Nothing to do if they are not needed. Else add what is missing, and import again."
        words = f"{len(left)} recordings {unused}, and are not used."
        self.report("recordings_left_out", left[0] if left else "", words, left, expected=f"rows of {layout}", fix=fix)
        if not any(self.rows.values()):
            message = f"No row of {layout} can be used."
            fix = "Correct the files, or choose another data format."
            expected = "at least 1 row with its recording"
            nothing = Finding(code="no_rows", path=layout, message=message, found="0 rows", expected=expected, fix=fix)
            raise FindingsError([*self.findings, nothing])
        folder = media_folder([row[AUDIO] for rows in self.rows.values() for row in rows])
        cut_off = 0 if folder == "." else len(folder) + 1
        tables = {role: _table(self.rows[role], cut_off) for role in TABLE_ORDER if self.rows.get(role)}
        return Conversion(tables, folder, self.findings)


def _table(rows: Sequence[dict[str, Any]], cut_off: int) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    columns[AUDIO] = [str(row[AUDIO])[cut_off:] for row in rows]
    return pa.table({name: _column(values) for name, values in columns.items()})


def _column(values: list[Any]) -> pa.Array:
    numbers = all(value is None or isinstance(value, int | float) for value in values)
    return pa.array(values if numbers else [None if value is None else str(value) for value in values])
