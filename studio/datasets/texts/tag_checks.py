"""Checks of lists of words with tags: as many of both, tags that are whole, and schemes read as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, excerpt, listed, quoted
from studio.datasets.inspection import Inspection
from studio.datasets.texts.bio_tags import begun, split_tag, stray_inside, words_of
from studio.datasets.texts.text_checks import is_visible
from studio.errors import in_quotes
from studio.on_demand import pd
from studio.settings.finding import FindingLevel

TEXT, LABEL = "text_column", "label_columns"
Rows = list[list[str]]


def check_words(inspection: Inspection, role: TableRole) -> None:
    """Turn the cells of the text column into lists of words, and drop rows without any."""
    column = str(inspection.roles[TEXT])
    _as_lists(inspection, role, column)
    frame = inspection.frames[role]
    empty = frame.index[[not any(map(is_visible, words)) for words in frame[column]]]
    fix = "Fill in words in every row, or leave the rows out."
    inspection.drop(
        role,
        empty,
        "no_text",
        column,
        "The list of words is empty or contains only spaces.",
        fix,
        found=listed(frame.loc[empty, column]),
        expected="a list of words",
    )


def check_tags(inspection: Inspection, role: TableRole) -> None:
    """Turn the cells of the label column into lists of tags, and drop rows whose tags do not fit their words."""
    text, column = str(inspection.roles[TEXT]), str(inspection.roles[LABEL])
    raw = inspection.frames[role][column]
    missing = raw.index[raw.map(_is_missing)]
    words = "Rows without tags."
    inspection.drop(
        role,
        missing,
        "no_label",
        column,
        words,
        "Tag these rows, or leave them in a test table.",
        found="an empty cell",
        expected="a list of tags",
    )
    _as_lists(inspection, role, column)
    _drop_uneven(inspection, role, text, column)
    _drop_unwritten(inspection, role, text, column)


def settle_schemes(inspection: Inspection, roles: Sequence[TableRole]) -> None:
    """Read IOB1 as IOB2, and drop rows of other schemes with an `I-` that follows nothing of its type."""
    if not roles:
        return
    text, column = str(inspection.roles[TEXT]), str(inspection.roles[LABEL])
    is_iob1 = _is_iob1([list(tags) for role in roles for tags in inspection.frames[role][column]])
    for role in roles:
        frame = inspection.frames[role]
        stray = frame.index[[bool(stray_inside(tags)) for tags in frame[column]]]
        if not len(stray):
            continue
        if is_iob1:
            mended = frame[column].map(begun)
            inspection.frames[role] = frame.assign(**{column: mended})
            words = f"{len(stray)} rows are tagged as IOB1, where I- can begin an entity; they were converted to IOB2."
            fix = "Check some rows; B- begins every entity now."
            found = _first_tag(frame.loc[stray], text, column, stray_inside)
            inspection.repair(role, stray, "iob1", column, words, fix, found=found, expected="B- on the first word")
            continue
        inspection.drop(
            role,
            stray,
            "stray_inside",
            column,
            "An I- tag does not follow a word of its type.",
            "Begin the entity with B-.",
            _shown(frame.loc[stray[:20]], text, column, stray_inside),
            found=_first_tag(frame.loc[stray], text, column, stray_inside),
            expected="B- on the first word of an entity",
        )


def has_tags(frame: pd.DataFrame | None, roles: Mapping[str, Any]) -> bool:
    """Whether a table has both columns."""
    return frame is not None and all(roles.get(name) and roles[name] in frame.columns for name in (TEXT, LABEL))


def _as_lists(inspection: Inspection, role: TableRole, column: str) -> None:
    frame = inspection.frames[role]
    if inspection.kinds[role].get(column) != "list" and len(frame):
        inspection.note(
            role,
            FindingLevel.NOTE,
            "split_words",
            column,
            "The column contains texts, which were split into words at spaces.",
            found=listed(frame[column].dropna().head(1)),
            expected="a list of words or tags",
        )
    cells = [words_of(value) for value in frame[column]]
    inspection.frames[role] = frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=object)})
    inspection.kinds[role][column] = "list"


def _drop_uneven(inspection: Inspection, role: TableRole, text: str, column: str) -> None:
    frame = inspection.frames[role]
    uneven = frame.index[[len(w) != len(t) for w, t in zip(frame[text], frame[column], strict=True)]]
    inspection.drop(
        role,
        uneven,
        "uneven_lists",
        column,
        "There are not as many tags as words.",
        "Give every word one tag.",
        [
            f"{len(words)} words, {len(tags)} tags: {excerpt(' '.join(words))}"
            for words, tags in zip(frame.loc[uneven[:20], text], frame.loc[uneven[:20], column], strict=True)
        ],
        found=_sizes(frame.loc[uneven], text, column),
        expected="as many tags as words",
    )


def _drop_unwritten(inspection: Inspection, role: TableRole, text: str, column: str) -> None:
    """Tags that are empty, or a letter of a scheme without a type."""
    frame = inspection.frames[role]
    bad = frame.index[[any(map(_is_unwritten, tags)) for tags in frame[column]]]
    inspection.drop(
        role,
        bad,
        "bad_tag",
        column,
        "A tag is empty, or has no type after its prefix.",
        "Write O, or a type such as B-PER.",
        _shown(frame.loc[bad[:20]], text, column, _unwritten),
        found=_first_tag(frame.loc[bad], text, column, _unwritten),
        expected="O, or a type such as B-PER",
    )


def _sizes(frame: pd.DataFrame, text: str, column: str) -> str:
    """How many words and tags the first of these rows has."""
    if frame.empty:
        return ""
    return f"{counted(len(frame[text].iloc[0]), 'word')}, {counted(len(frame[column].iloc[0]), 'tag')}"


def _unwritten(tags: Sequence[str]) -> list[int]:
    return [position for position, tag in enumerate(tags) if _is_unwritten(tag)]


def _is_unwritten(tag: str) -> bool:
    return tag.strip() in ("", "None", "nan", "B-", "I-", "E-", "S-", "L-", "U-")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value) or (isinstance(value, str) and not value)


def _is_iob1(rows: Rows) -> bool:
    """Whether `B-` only stands where an entity follows another of its type, as IOB1 has it."""
    begins = 0
    for tags in rows:
        previous = ""
        for letter, kind in map(split_tag, tags):
            if letter == "B":
                if kind != previous:
                    return False
                begins += 1
            previous = kind
    return any(stray_inside(tags) for tags in rows)


def _first_tag(frame: pd.DataFrame, text: str, column: str, where: Callable[[Sequence[str]], list[int]]) -> str:
    """The first wrong tag of these rows, with its word."""
    if frame.empty:
        return ""
    words, tags = frame[text].iloc[0], frame[column].iloc[0]
    position = where(tags)[0]
    return f"{quoted(tags[position])} on {quoted(words[position])}"


def _shown(frame: pd.DataFrame, text: str, column: str, where: Callable[[Sequence[str]], list[int]]) -> list[str]:
    """The first wrong tag of each row, with its word and the beginning of the row."""
    found = []
    for words, tags in zip(frame[text], frame[column], strict=True):
        position = where(tags)[0]
        found.append(f"{tags[position]} on {in_quotes(words[position])}: {excerpt(' '.join(words))}")
    return found
