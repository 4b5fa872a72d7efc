"""Whether a table looks like span prediction."""

from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_role_inference import has_word
from studio.problems.contract import Guess

_QUESTION = ("question", "query")
_CONTEXT = ("context", "passage", "paragraph", "document", "article")
_ANSWER = ("answer", "answers")
_START = ("start", "offset", "begin", "position")


def guess(view: TableView) -> Guess | None:
    """Columns that are called question, context and answer."""
    if view.file_columns:
        return None
    question = _named(view, _QUESTION, ("text",))
    context = _named(view, _CONTEXT, ("text",))
    answer = _named(view, _ANSWER, ("text", "list"))
    start = next(
        (c for c, kind in view.kinds.items() if has_word(c, _START) and kind in ("integer", "list")),
        None,
    )
    if question is None or context is None or answer is None:
        return None
    roles: dict[str, str | tuple[str, ...]] = {
        "question_column": question, "context_column": context, "answer_column": answer,
    }  # fmt: skip
    reasons = [f"{question}, {context} and {answer} are called like questions, contexts and answers"]
    if start is not None:
        roles["answer_start_column"] = start
        reasons.append(f"{start} says where answers start")
    return Guess("text_span_prediction", 0.95, tuple(reasons), roles)


def _named(view: TableView, words: tuple[str, ...], kinds: tuple[str, ...]) -> str | None:
    """The first column called so that is none of ids or positions."""
    return next(
        (
            column
            for column, kind in view.kinds.items()
            if kind in kinds and has_word(column, words) and not has_word(column, ("id", *_START))
        ),
        None,
    )
