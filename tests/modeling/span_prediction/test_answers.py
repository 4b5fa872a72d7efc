"""Answers stand where they say, windows are merged by probability, and none says the same twice."""

import math

import numpy as np
import pytest

from studio.modeling.span_prediction.answers import Window, best_answers
from studio.modeling.span_prediction.insights import span_insights
from studio.modeling.span_prediction.metrics import Answered, span_metrics
from studio.modeling.text.tokens.windows import token_span
from studio.results.insight import Bars

CONTEXT = "  😀 Gold and the gold of Café Müller"
OFFSETS = np.array([[2, 3], [4, 8], [9, 12], [13, 16], [17, 21], [22, 24], [25, 29], [30, 36]])


def window(first: int, last: int, start: int, end: int, strength: float, nowhere: float = 0.0) -> Window:
    """Tokens `first` to `last` behind one that is not of the context, with the answer at two of all tokens."""
    count = last - first + 2
    offsets = np.concatenate([[[-1, -1]], OFFSETS[first : last + 1]])
    starts, ends = np.zeros(count), np.zeros(count)
    starts[0] = ends[0] = nowhere
    starts[start - first + 1] += strength
    ends[end - first + 1] += strength
    return Window(starts, ends, offsets, nowhere=0)


def test_tokens_cover_the_answer_or_the_window_does_not_hold_it() -> None:
    offsets = window(1, 4, 1, 1, 0).offsets

    assert token_span(offsets, 4, 8) == (1, 1)
    assert token_span(offsets, 6, 15) == (1, 3)
    assert token_span(offsets, 13, 24) is None
    assert token_span(offsets, 2, 8) is None
    assert token_span(offsets, 25, 29) is None


def test_offsets_count_emoji_as_one_character() -> None:
    best = best_answers(CONTEXT, [window(0, 7, 6, 7, 9.0)], 1, longest=20, may_be_empty=False)[0]

    assert best.text == "Café Müller" == CONTEXT[best.start : best.end]
    assert best.score > 0.99


def test_a_space_that_belongs_to_a_token_is_not_part_of_the_answer() -> None:
    sloppy = Window(np.array([0.0, 9.0]), np.array([0.0, 9.0]), np.array([[-1, -1], [8, 12]]), nowhere=0)

    best = best_answers(CONTEXT, [sloppy], 1, longest=20, may_be_empty=False)[0]

    assert (best.text, best.start, best.end) == ("and", 9, 12)


def test_a_window_that_says_nowhere_gives_little_to_its_words() -> None:
    sure = window(0, 3, 1, 1, 4.0)
    loud_but_nowhere = window(4, 7, 6, 6, 8.0, nowhere=14.0)

    answers = best_answers(CONTEXT, [loud_but_nowhere, sure], 3, longest=20, may_be_empty=False)

    assert answers[0].text == "Gold"
    assert [one.score for one in answers] == sorted((one.score for one in answers), reverse=True)


def test_answers_that_say_the_same_come_once_and_no_longer_than_allowed() -> None:
    answers = best_answers(
        CONTEXT, [window(0, 7, 1, 1, 3.0), window(3, 7, 4, 4, 2.0)], 8, longest=12, may_be_empty=False
    )

    said = [one.text.lower().removeprefix("the ") for one in answers]
    assert said[0] == "gold"
    assert len(set(said)) == len(said) == 8
    assert all(len(one.text) <= 12 for one in answers)


def test_no_answer_wins_only_where_it_may_and_every_window_denies() -> None:
    denying = window(0, 3, 1, 1, 2.0, nowhere=9.0)
    saying = window(3, 7, 6, 7, 9.0)

    assert best_answers(CONTEXT, [denying], 2, longest=20, may_be_empty=True)[0].text == ""
    assert best_answers(CONTEXT, [denying], 2, longest=20, may_be_empty=False)[0].text == "Gold"
    assert best_answers(CONTEXT, [denying, saying], 2, longest=20, may_be_empty=True)[0].text == "Café Müller"


def test_top_accuracies_look_at_that_many_answers() -> None:
    metrics = span_metrics([Answered("gold", ["silver", "Gold.", "copper"]), Answered("x", ["y"]), Answered("", [])])

    assert metrics["Accuracy"] == pytest.approx(1 / 3)
    assert metrics["Top_2_Accuracy"] == metrics["Top_5_Accuracy"] == pytest.approx(2 / 3)
    assert all(math.isnan(value) for value in span_metrics([]).values())


def test_an_empty_answer_counts_for_a_question_without_one() -> None:
    assert span_metrics([Answered("", [""])])["Accuracy"] == 1


def test_panels_count_every_question() -> None:
    answered = [Answered("gold", ["gold"]), Answered("", ["x"]), Answered("a b c d e f g h i j k l", ["l"])]

    panels = {one.key: one.payload for one in span_insights(answered, ["w " * 10] * 3, "test")}

    scores, by_answer = panels["test-jaccard"], panels["test-by-answer-length"]
    assert isinstance(scores, Bars)
    assert sum(one or 0 for one in scores.values) == 3
    assert isinstance(by_answer, Bars)
    assert by_answer.values[:2] == (0.0, 1.0)
    assert by_answer.values[-1] == pytest.approx(1 / 12)
    assert not list(span_insights([], [], "test"))
