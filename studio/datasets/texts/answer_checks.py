"""Checks of answers against their contexts: each must stand there, and its position must be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, excerpt, listed
from studio.datasets.inspection import Inspection
from studio.datasets.texts.span_alignment import How, Place, find_answer, occurrences
from studio.datasets.texts.text_checks import as_text
from studio.on_demand import np, pd
from studio.settings.finding import FindingLevel

QUESTION, CONTEXT, ANSWER, START = "question_column", "context_column", "answer_column", "answer_start_column"
_TEXT, _PLACE = "text", "answer_start"
"""Keys of SQuAD's answers."""
CONTEXT_BLOCK = 1
"""The context among the texts of a sample, behind the question."""


@dataclass(frozen=True)
class Checked:
    """What a row's answer is: a place in its context, no answer (`is_empty`), or not to be found."""

    index: Any
    answer: str
    place: Place | None
    is_empty: bool = False
    is_ambiguous: bool = False
    """Whether it stands in the context more than once and nothing says which is meant."""
    is_one_of_several: bool = False
    given: str | int | None = None
    """What of the row was not as it must be, if it was mended: the position, else the answer."""


def has_answers(frame: pd.DataFrame | None, roles: Mapping[str, Any]) -> bool:
    """Whether a table has the columns of context and answer."""
    return frame is not None and all(roles.get(name) and roles[name] in frame.columns for name in (CONTEXT, ANSWER))


def check_answers(inspection: Inspection, role: TableRole) -> None:
    """Correct positions, drop rows whose answer is not in the context, and say which questions have none."""
    checked = list(_checked(inspection, role))
    _write(inspection, role, checked)
    lost = [one for one in checked if one.place is None and not one.is_empty]
    _report(inspection, role, checked)
    column, context = str(inspection.roles[ANSWER]), str(inspection.roles[CONTEXT])
    frame = inspection.frames[role]
    inspection.drop(
        role,
        [one.index for one in lost],
        "answer_not_in_context",
        column,
        "The answer does not occur in the context.",
        "Copy the answer verbatim from the context.",
        [f"{excerpt(one.answer)} | {excerpt(str(frame.at[one.index, context]))}" for one in lost[:20]],
        found=listed(one.answer for one in lost[:20]),
        expected="a verbatim span of the context",
    )


def _checked(inspection: Inspection, role: TableRole) -> Iterator[Checked]:
    frame = inspection.frames[role]
    start_column = inspection.roles.get(START)
    starts = frame[start_column] if start_column and start_column in frame.columns else pd.Series(None, frame.index)
    columns = (frame[str(inspection.roles[CONTEXT])], frame[str(inspection.roles[ANSWER])], starts)
    for index, context, cell, start in zip(frame.index, *columns, strict=True):
        answers, places = _answers(cell), _starts(start)
        if all(place is None for place in places):
            places = _starts_in(cell)
        if not answers:
            yield Checked(index, "", None, is_empty=True)
            continue
        pairs = [(answer, places[n] if n < len(places) else None) for n, answer in enumerate(answers)]
        found, given = next(
            (
                (place, answer if place.how == "respelt" else at)
                for answer, at in pairs
                if (place := find_answer(context, answer, at))
            ),
            (None, None),
        )
        yield Checked(
            index,
            answers[0],
            found,
            is_ambiguous=found is not None and found.how == "first" and len(occurrences(context, found.text)) > 1,
            is_one_of_several=len(set(answers)) > 1,
            given=given,
        )


def _answers(cell: Any) -> list[str]:
    cells = cell if isinstance(cell, list | np.ndarray) else [cell]
    plain = (one.get(_TEXT) if isinstance(one, dict) else one for one in cells)
    return [text for one in plain if (text := as_text(one)) and text.strip()]


def _starts_in(cell: Any) -> list[int | None]:
    """Positions beside answers that are objects, as SQuAD has them."""
    cells = cell if isinstance(cell, list | np.ndarray) else []
    return _starts([one.get(_PLACE) if isinstance(one, dict) and as_text(one.get(_TEXT)) else None for one in cells])


def _starts(cell: Any) -> list[int | None]:
    cells = cell if isinstance(cell, list | np.ndarray) else [cell]
    return [None if one is None or pd.isna(one) else int(one) for one in cells]


def _write(inspection: Inspection, role: TableRole, checked: list[Checked]) -> None:
    """Answers as the context spells them, empty where there is none; positions in code points, missing there."""
    frame = inspection.frames[role]
    answers = [one.place.text if one.place else "" if one.is_empty else one.answer for one in checked]
    changes = {str(inspection.roles[ANSWER]): pd.Series(answers, index=frame.index, dtype="str")}
    inspection.kinds[role][str(inspection.roles[ANSWER])] = "text"
    start = inspection.roles.get(START)
    if start and start in frame.columns:
        places = pd.array([one.place.start if one.place else None for one in checked], dtype="Int64")
        changes[str(start)] = pd.Series(places, index=frame.index)
        inspection.kinds[role][str(start)] = "integer"
    inspection.frames[role] = frame.assign(**changes)


_REPAIRS: tuple[tuple[How, str, str, str, str], ...] = (
    (
        "bytes",
        "byte_offsets",
        "positions counted bytes and were converted to characters.",
        "positions in characters",
        "Count characters.",
    ),
    (
        "utf-16",
        "utf16_offsets",
        "positions counted UTF-16 code units and were converted to characters.",
        "positions in characters",
        "Count characters.",
    ),
    (
        "elsewhere",
        "answer_start",
        "positions did not point at the answer; the nearest occurrence was used.",
        "the position of the answer's first character",
        "Give the position of the answer's first character in the context, from 0.",
    ),
    (
        "respelt",
        "answer_spelling",
        "answers differ from the context in spaces or case; the context's spelling was used.",
        "the spelling of the context",
        "Copy answers verbatim from the context.",
    ),
)


def _report(inspection: Inspection, role: TableRole, checked: list[Checked]) -> None:
    column = str(inspection.roles[ANSWER])
    for how, code, words, expected, fix in _REPAIRS:
        found = [one for one in checked if one.place and one.place.how == how]
        place = column if how == "respelt" else str(inspection.roles.get(START) or column)
        examples = [excerpt(one.answer) for one in found[:20]]
        inspection.repair(
            role,
            [one.index for one in found],
            code,
            place,
            f"{len(found)} {words}",
            fix,
            examples,
            found=listed(one.given for one in found[:20]),
            expected=expected,
        )
    several = [one.index for one in checked if one.is_one_of_several]
    words = f"{len(several)} questions have several answers; the first that occurs in the context was used."
    inspection.repair(
        role,
        several,
        "several_answers",
        column,
        words,
        "Keep one answer per row.",
        found=f"several answers in {counted(len(several), 'row')}",
        expected="one answer per row",
    )
    for code, level, indexes, words, fix, expected in (
        (
            "ambiguous_answer",
            FindingLevel.NOTE,
            [one.index for one in checked if one.is_ambiguous],
            "answers occur in their context more than once; the first occurrence is used.",
            "Add a column with the position of the answer.",
            "an answer that occurs once in its context",
        ),
        (
            "no_answer",
            FindingLevel.NOTE,
            [one.index for one in checked if one.is_empty],
            "questions have no answer; the model learns to predict no answer.",
            "Write the answer, if there is one.",
            "an answer, if there is one",
        ),
    ):
        if indexes:
            inspection.note(
                role,
                level,
                code,
                column,
                f"{len(indexes)} {words}",
                fix,
                indexes,
                found=counted(len(indexes), "row"),
                expected=expected,
            )
