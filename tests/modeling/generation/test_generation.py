"""Figures of generated text are sacrebleu's published functions', differences cover what differs."""

import math

import numpy as np
import pytest
import sacrebleu

from studio.modeling.generation.insights import Generated, generation_insights
from studio.modeling.generation.metrics import generation_metrics, text_scores
from studio.modeling.generation.text_diff import MOST_WORDS, differences
from studio.results.insight import Bars, Scatter, Table

GENERATED = ["The cat sat on the mat.", "He read the book 😀 because he was interested", ""]
REFERENCES = ["The cat sat on a mat.", "he read the book because he was interested in world history", "Nothing"]


def test_figures_of_the_table_are_sacrebleus() -> None:
    metrics = generation_metrics(GENERATED, REFERENCES)

    assert metrics["BLEU"] == pytest.approx(sacrebleu.corpus_bleu(GENERATED, [REFERENCES]).score, abs=1e-9)
    assert metrics["CHRF"] == pytest.approx(
        sacrebleu.corpus_chrf(GENERATED, [REFERENCES], word_order=2).score, abs=1e-9
    )
    assert metrics["TER"] == pytest.approx(sacrebleu.corpus_ter(GENERATED, [REFERENCES]).score, abs=1e-9)
    # Papineni et al. 2002: a word repeated counts as often as the reference has it.
    assert generation_metrics(["the the the the the the the"], ["The cat is on the mat"])["BLEU"] < 10


def test_bleu_of_short_texts_is_known() -> None:
    assert text_scores("BLEU", ["a b c", "a", "x"], ["a b c", "a", "a"]) == pytest.approx([100, 100, 0])
    assert text_scores("TER", ["a b x d"], ["a b c d"]) == pytest.approx([25])


def test_without_texts_there_is_no_figure() -> None:
    assert all(math.isnan(value) for value in generation_metrics([], []).values())


def test_differences_are_marked_in_both_texts_in_code_points() -> None:
    inserted, missing = differences(GENERATED[1], REFERENCES[1])

    assert [(GENERATED[1][mark.start : mark.end], mark.role) for mark in inserted] == [
        ("He", "inserted"),
        ("😀", "inserted"),
    ]
    assert [REFERENCES[1][mark.start : mark.end] for mark in missing] == ["he", "in world history"]
    assert {mark.role for mark in missing} == {"missing"}


def test_equal_empty_and_very_long_texts_are_no_trouble() -> None:
    assert differences("a  b.", "a b .") == ((), ())
    assert differences("", "a")[1][0].end == 1
    assert differences("a " * (MOST_WORDS + 1), "b") == ((), ())


def test_panels_show_lengths_and_that_all_texts_are_the_same() -> None:
    scores = text_scores("BLEU", ["a b"] * 3, ["a b", "c", "d e f"])
    generated = Generated(["a b"] * 3, ["a b", "c", "d e f"], (4, 5, 6), scores, "BLEU")

    panels = {one.key: one.payload for one in generation_insights(generated, "validation")}

    bars, lengths, table = (panels[f"validation-{name}"] for name in ("scores", "written-lengths", "figures"))
    assert isinstance(bars, Bars)
    assert np.sum([one or 0 for one in bars.values]) == 3
    assert isinstance(lengths, Scatter)
    assert (lengths.x, lengths.y, lengths.rows) == ((2, 1, 3), (2, 2, 2), (4, 5, 6))
    assert isinstance(table, Table)
    assert dict(table.rows)["Distinct texts"] == pytest.approx(1 / 3)
    assert dict(table.rows)["Exact matches of the reference"] == pytest.approx(1 / 3)
