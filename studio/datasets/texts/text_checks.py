"""Checks of texts that every text problem shares: missing, invisible, the same everywhere, or in two tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import excerpt, listed, quoted
from studio.datasets.inspection import Inspection
from studio.on_demand import pd
from studio.settings.finding import FindingLevel

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPECIAL = re.compile(
    r"\[(CLS|SEP|MASK|PAD|UNK)\]|<(s|/s|pad|unk|mask|bos|eos|extra_id_\d+)>|<\|[a-z_]+\|>", re.IGNORECASE
)
_WORDS = re.compile(r"\w+")
JOINED = "\n"
"""Between the texts of several columns, where they are only looked at."""


def check_texts(inspection: Inspection, columns: Sequence[str]) -> None:
    """Turn the cells of text columns into texts, and drop rows that have none, in every table."""
    for role in inspection.frames:
        present = [column for column in columns if column in inspection.frames[role].columns]
        for column in present:
            as_column_of_texts(inspection, role, column)
        for column in present:
            drop_empty(inspection, role, column, is_one_of_several=len(columns) > 1)
        _note_special_tokens(inspection, role, present)
    _note_identical(inspection, columns)
    for other in ("validation", "test"):
        _note_shared(inspection, other, columns)


def as_column_of_texts(inspection: Inspection, role: TableRole, column: str) -> None:
    """Numbers as they are written, no control characters; lists are refused."""
    if inspection.kinds[role].get(column) == "list":
        inspection.note(
            role,
            FindingLevel.ERROR,
            "text_list",
            column,
            "The text column holds lists.",
            "Choose a column with one text per row, or a problem type for lists of words.",
            found=listed(inspection.frames[role][column].dropna(), 1) or "lists",
            expected="one text per row",
        )
        return
    frame = inspection.frames[role]
    texts = [as_text(value) for value in frame[column]]
    plain = [None if text is None else _CONTROL.sub("", text) for text in texts]
    changed = [index for index, old, new in zip(frame.index, texts, plain, strict=True) if old != new]
    inspection.frames[role] = frame.assign(**{column: pd.Series(plain, index=frame.index, dtype="str")})
    inspection.kinds[role][column] = "text"
    inspection.repair(
        role,
        changed,
        "control_characters_removed",
        column,
        f"{len(changed)} texts contained control characters, such as NUL, which were removed.",
        "Remove them from the table.",
        [excerpt(str(inspection.frames[role].at[index, column])) for index in changed[:20]],
        found=listed(sign for old, new in zip(texts, plain, strict=True) if old != new for sign in _signs(old)),
        expected="letters, punctuation, spaces and line breaks",
    )


def _signs(text: str | None) -> list[str]:
    """The control characters of a text."""
    return _CONTROL.findall(text or "")


def drop_empty(
    inspection: Inspection, role: TableRole, column: str, *, code: str = "no_text", is_one_of_several: bool = False
) -> None:
    """Leave out rows whose cell has nothing to read in it."""
    frame = inspection.frames[role]
    empty = frame.index[[not is_visible(value) for value in frame[column]]]
    fix = "Fill in a text in every row, or leave the rows out."
    if is_one_of_several:
        fix = "Fill them in, or leave this column out of the text columns."
    inspection.drop(
        role,
        empty,
        code,
        column,
        "The text is empty or only spaces.",
        fix,
        found=listed(frame.loc[empty, column]),
        expected="a text with letters or punctuation",
    )


def is_visible(value: Any) -> bool:
    """Whether a text has a character that is seen: no blank, no control and no zero-width character."""
    return isinstance(value, str) and any(not one.isspace() and unicodedata.category(one)[0] != "C" for one in value)


def as_text(value: Any) -> str | None:
    """A cell as text: `3` for 3 and 3.0; None for a missing one."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def joined_texts(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The texts of every row, several columns one below the other."""
    if not columns or any(column not in frame.columns for column in columns):
        return []
    return [JOINED.join(map(str, cells)) for cells in zip(*(frame[column] for column in columns), strict=True)]


def comparable(text: str) -> str:
    """What two texts that say the same in the same words share: no case, no punctuation, single blanks."""
    words = _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words) if words else text


def base_table(inspection: Inspection, columns: Sequence[str]) -> pd.DataFrame | None:
    """The table whose rows profiles speak of: the train table, else the first with these columns."""
    return next(
        (
            inspection.frames[role]
            for role in ("train", "validation", "test", "unlabeled")
            if role in inspection.frames and all(column in inspection.frames[role].columns for column in columns)
        ),
        None,
    )


def _note_special_tokens(inspection: Inspection, role: TableRole, columns: Sequence[str]) -> None:
    for column in columns:
        frame = inspection.frames[role]
        found = [
            (index, match.group())
            for index, value in zip(frame.index, frame[column], strict=True)
            if isinstance(value, str) and (match := _SPECIAL.search(value))
        ]
        if found:
            inspection.note(
                role,
                FindingLevel.WARNING,
                "special_tokens",
                column,
                f"{len(found)} texts contain special tokens of tokenizers, such as [SEP]; they are read as plain text.",
                "Remove them if they are left over from another tool.",
                [index for index, _ in found],
                [word for _, word in found],
                found=listed(word for _, word in found),
                expected="texts without special tokens",
            )


def _note_identical(inspection: Inspection, columns: Sequence[str]) -> None:
    train = inspection.frames.get("train")
    texts = joined_texts(train, columns) if train is not None else []
    if len(texts) > 1 and len(set(texts)) == 1:
        inspection.note(
            "train",
            FindingLevel.WARNING,
            "identical_texts",
            ", ".join(columns),
            "All texts are identical, so nothing can be learned from them.",
            "Check that this is the text column.",
            examples=[excerpt(texts[0])],
            found=f"{quoted(texts[0])} in all {len(texts):,} rows",
            expected="texts that differ",
        )


def _note_shared(inspection: Inspection, role: TableRole, columns: Sequence[str]) -> None:
    """The same text, but for case, blanks and punctuation, in training and in validation or test."""
    train, other = inspection.frames.get("train"), inspection.frames.get(role)
    if train is None or other is None:
        return
    known = {comparable(text) for text in joined_texts(train, columns)}
    texts = zip(other.index, joined_texts(other, columns), strict=False)
    shared = [(index, text) for index, text in texts if comparable(text) in known]
    if shared:
        inspection.note(
            role,
            FindingLevel.WARNING,
            "leak",
            ", ".join(columns),
            f"{len(shared)} rows have texts that are also in the training table, apart from case, spaces and "
            "punctuation, which makes metrics optimistic (leakage).",
            "Remove these rows from one of the tables.",
            [index for index, _ in shared],
            [excerpt(text) for _, text in shared[:20]],
            found=f"{listed((text for _, text in shared), 1)} in both tables",
            expected="no text in both tables",
        )


def columns_of(value: Any) -> tuple[str, ...]:
    """The columns of a role, whether it has one or several."""
    return tuple(_columns_of(value))


def _columns_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    else:
        yield from value or ()
