"""Schemes are recognized, entities read, and what is undefined is said so."""

import math

import pytest

from studio.modeling.token_classification.insights import Tagged, token_insights
from studio.modeling.token_classification.metrics import token_metrics
from studio.modeling.token_classification.schemes import Scheme, Span, entity_type, recognize, spans
from studio.results.insight import Matrix, Table


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        ([["B-PER", "I-PER", "O", "B-LOC"]], Scheme.IOB2),
        ([["I-PER", "I-PER", "B-PER", "O"], ["I-LOC"]], Scheme.IOB1),
        ([["B-PER", "E-PER", "O", "S-LOC"]], Scheme.IOBES),
        ([["B-PER", "L-PER", "O", "U-LOC"]], Scheme.BILOU),
        ([["I-PER", "O", "I-LOC"]], Scheme.IO),
        ([["PER", "O", "LOC"]], Scheme.PLAIN),
        ([["NN", "VB-Z"], ["B-PER"]], Scheme.PLAIN),
        ([["O", "O"], []], Scheme.PLAIN),
        # One slip of a tagger does not make it IOB1: elsewhere B begins an entity that follows none.
        ([["O", "I-PER", "O"], ["B-PER", "I-PER"]], Scheme.IOB2),
    ],
)
def test_schemes_are_recognized(sentences: list[list[str]], scheme: Scheme) -> None:
    assert recognize(sentences) is scheme


def test_bilou_is_read_as_iobes() -> None:
    tags = ["B-a", "I-a", "L-a", "U-a", "U-b", "O", "U-b"]

    assert spans(tags, Scheme.BILOU) == [Span("a", 0, 3), Span("a", 3, 4), Span("b", 4, 5), Span("b", 6, 7)]


def test_plain_neighbours_of_one_type_are_one_entity_also_if_they_look_prefixed() -> None:
    assert spans(["PER", "PER", "O", "B-52", "LOC"], Scheme.PLAIN) == [
        Span("PER", 0, 2),
        Span("B-52", 3, 4),
        Span("LOC", 4, 5),
    ]
    assert entity_type("B-52", Scheme.PLAIN) == "B-52"
    assert entity_type("B-52", Scheme.IOB2) == "52"
    assert entity_type("O", Scheme.IOB2) is None


def test_outside_words_alone_make_no_figure() -> None:
    assert all(math.isnan(value) for value in token_metrics([["O"]], [["O"]], Scheme.IOB2).values())
    assert token_metrics([["O"]], [["B-a"]], Scheme.IOB2)["CONLL_MICRO_F1_SCORE"] == 0


def test_entities_with_wrong_ends_are_found_but_not_right() -> None:
    tagged = Tagged([["B-a", "I-a", "O"], ["B-b"]], [["B-a", "O", "O"], ["B-b"]], (7, 9), Scheme.IOB2)

    panels = {one.key: one.payload for one in token_insights(tagged, "validation")}

    entities, confusion = panels["validation-entities"], panels["validation-confusion"]
    assert isinstance(entities, Table)
    assert entities.rows == (("a", 1, 1, 0, 0.0, 0.0, 0.0), ("b", 1, 1, 1, 1.0, 1.0, 1.0))
    assert isinstance(confusion, Matrix)
    assert confusion.row_names == ("B-a", "I-a", "B-b", "O")
    assert confusion.counts[1][3] == 1
    assert confusion.sample_rows[1][3] == (7,)


def test_with_very_many_tags_the_matrix_is_of_types() -> None:
    tags = [f"{prefix}-{number:02}" for number in range(30) for prefix in "BI"]

    panels = {one.key: one.payload for one in token_insights(Tagged([tags], [tags], (1,), Scheme.IOB2), "test")}

    confusion = panels["test-confusion"]
    assert isinstance(confusion, Matrix)
    assert confusion.row_names == tuple(f"{number:02}" for number in range(30))
    assert confusion.counts[3][3] == 2
