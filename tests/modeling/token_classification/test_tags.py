"""Entities and words are counted, and what is undefined is said so."""

import math

from studio.modeling.token_classification.insights import TaggingResults, token_insights
from studio.modeling.token_classification.metrics import token_metrics
from studio.results.insight import Matrix, Table


def test_outside_words_alone_make_no_figure() -> None:
    assert all(math.isnan(value) for value in token_metrics([["O"]], [["O"]]).values())
    assert token_metrics([["O"]], [["B-a"]])["CONLL_MICRO_F1_SCORE"] == 0


def test_entities_with_wrong_ends_are_found_but_not_right() -> None:
    tagged = TaggingResults([["B-a", "I-a", "O"], ["B-b"]], [["B-a", "O", "O"], ["B-b"]], (7, 9))

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

    panels = {one.key: one.payload for one in token_insights(TaggingResults([tags], [tags], (1,)), "test")}

    confusion = panels["test-confusion"]
    assert isinstance(confusion, Matrix)
    assert confusion.row_names == tuple(f"{number:02}" for number in range(30))
    assert confusion.counts[3][3] == 2
