"""The table of data formats in `docs/data.md`, made from what each format says of itself."""

from collections.abc import Iterable

from studio.datasets.importers.format import DatasetFormat
from studio.problems.contract import ProblemType

BEGIN, END = "<!-- data formats, generated: make schema -->", "<!-- end of data formats -->"
_HEAD = ("format", "written by", "for", "recognised by", "corrected and said", "left out, counted and named")


def with_formats(text: str, kinds: Iterable[ProblemType]) -> str:
    """The text with the table between its marks; unchanged where it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n\n{formats_table(kinds)}\n{end}{after}" if begin and end else text


def formats_table(kinds: Iterable[ProblemType]) -> str:
    """A row a format that says who writes it, with the problem types that read it."""
    titles: dict[tuple[str, ...], list[str]] = {}
    for kind in kinds:
        for one in kind.dataset_formats:
            if one.written_by and one.recognised_by:
                titles.setdefault(_cells(one), []).append(kind.title)
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    lines += [_line([name, by, ", ".join(titles[name, by, *rest]), *rest]) for name, by, *rest in sorted(titles)]
    return "\n".join(lines) + "\n"


def _cells(format: DatasetFormat) -> tuple[str, ...]:
    """Everything but the problem types, as formats of several of them differ in little else."""
    name = f"`{format.id}`: {format.title}"
    return name, format.written_by, format.recognised_by, format.corrected, format.left_out


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
