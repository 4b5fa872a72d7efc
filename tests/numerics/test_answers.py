"""F1 and exact match against torchmetrics' SQuAD, the referee, to 1e-6, and against values known by hand."""

import numpy as np
import pytest

from studio.modeling.span_prediction.metrics import Answered, f1, is_exact, jaccard, span_metrics

WORDS = ("the", "The", "a", "Panthers", "panthers,", "308", "points", "don't", "dont", "-", "é", "Café", "an.")


def test_f1_and_exact_match_are_the_referees() -> None:
    from torchmetrics.text import SQuAD

    generator = np.random.default_rng(0)
    pairs = [(drawn(generator), drawn(generator)) for _ in range(400)]
    pairs += [(truth, truth.upper()) for truth, _ in pairs[:50]]
    referee = SQuAD()
    referee.update(
        [{"prediction_text": answer, "id": str(n)} for n, (_, answer) in enumerate(pairs)],
        [{"answers": {"answer_start": [0], "text": [truth]}, "id": str(n)} for n, (truth, _) in enumerate(pairs)],
    )

    metrics = span_metrics([Answered(truth, [answer]) for truth, answer in pairs])

    expected = referee.compute()
    assert 0.1 < metrics["Accuracy"] < 0.5
    assert 100 * metrics["Accuracy"] == pytest.approx(float(expected["exact_match"]), abs=1e-4)
    assert 100 * metrics["F1"] == pytest.approx(float(expected["f1"]), abs=1e-4)


@pytest.mark.parametrize(
    ("truth", "answer", "of_words", "of_squad", "exact"),
    [
        ("Denver Broncos", "The Denver Broncos", 2 / 3, 1.0, True),
        ("308", "308 points", 1 / 2, 2 / 3, False),
        ("Saint Bernadette Soubirous", "Bernadette", 1 / 3, 1 / 2, False),
        ("gold", "Gold.", 0.0, 1.0, True),
        ("to be or not to be", "to be", 1 / 2, 1 / 2, False),
        ("", "", 1.0, 1.0, True),
        ("", "gold", 0.0, 0.0, False),
        ("None", "None", 1.0, 1.0, True),
    ],
)
def test_known_values(truth: str, answer: str, of_words: float, of_squad: float, *, exact: bool) -> None:
    assert jaccard(truth, answer) == pytest.approx(of_words)
    assert f1(truth, answer) == pytest.approx(of_squad)
    assert is_exact(truth, answer) is exact


def drawn(generator: np.random.Generator) -> str:
    return " ".join(str(word) for word in generator.choice(WORDS, generator.integers(1, 4)))
