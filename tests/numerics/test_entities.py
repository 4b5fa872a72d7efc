"""Figures of entities against seqeval and of words against scikit-learn, the referees, to 1e-12."""

import numpy as np
import pytest
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.metrics.sequence_labeling import get_entities
from sklearn.metrics import f1_score

from studio.datasets.texts.bio_tags import entities
from studio.modeling.token_classification.metrics import token_metrics

TOLERANCE = 1e-12
PREFIXES = {"IOB1 and IOB2": "BI", "IOBES": "BIES", "IO": "I"}


def drawn(seed: int, prefixes: str) -> list[list[str]]:
    """Sentences of random tags, most of them against the rules of every scheme."""
    generator = np.random.default_rng(seed)
    tags = ["O"] + [f"{prefix}-{type_}" for prefix in prefixes for type_ in ("person", "creative-work", "X")]
    return [[str(tag) for tag in generator.choice(tags, generator.integers(1, 12))] for _ in range(300)]


@pytest.mark.parametrize("prefixes", PREFIXES.values(), ids=PREFIXES)
def test_entities_and_their_figures_are_seqevals(prefixes: str) -> None:
    truth = drawn(0, prefixes)
    generator = np.random.default_rng(1)
    answers = [
        [tag if generator.random() < 0.7 else other for tag, other in zip(tags, others, strict=True)]
        for tags, others in zip(truth, _fitted(drawn(2, prefixes), truth), strict=True)
    ]

    metrics = token_metrics(truth, answers)

    for tags in truth:
        expected = [(type_, first, last + 1) for type_, first, last in get_entities(tags)]
        assert [(one.label, one.start, one.end) for one in entities(tags)] == expected
    assert metrics["CONLL_MICRO_F1_SCORE"] == pytest.approx(seqeval_f1(truth, answers, average="micro"), abs=TOLERANCE)
    assert metrics["CONLL_MACRO_F1_SCORE"] == pytest.approx(seqeval_f1(truth, answers, average="macro"), abs=TOLERANCE)
    flat = [tag for tags in truth for tag in tags], [tag for tags in answers for tag in tags]
    labels = sorted({*flat[0], *flat[1]} - {"O"})
    for name in ("micro", "macro"):
        expected_f1 = f1_score(*flat, labels=labels, average=name)
        assert metrics[f"{name.upper()}_F1_SCORE"] == pytest.approx(expected_f1, abs=TOLERANCE)


def _fitted(sentences: list[list[str]], lengths: list[list[str]]) -> list[list[str]]:
    """Tags repeated or cut to the lengths of other sentences."""
    return [(tags * 12)[: len(other)] for tags, other in zip(sentences, lengths, strict=True)]
