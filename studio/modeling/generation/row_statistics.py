"""What each text adds to the metrics of generated text. They are those of sacrebleu over all texts together.

Shapes: B resamples, N rows, O orders of n-grams.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from string import punctuation

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.helpers import extract_all_char_ngrams, extract_word_ngrams
from sacrebleu.metrics.ter import TER

from studio.modeling.row_statistics import Floats, RowStatistics, ratio

CHARACTER_ORDER, WORD_ORDER, BETA = 6, 2, 2
"""Of chrF++ (Popović 2017)."""


class TextStatistics(RowStatistics):
    """N-grams in common and edits of every text."""

    def __init__(self, generated: Sequence[str], references: Sequence[str]) -> None:
        self.rows = len(generated)
        pairs = list(zip(generated, references, strict=True))
        bleu, ter = BLEU(), TER()
        scores = [bleu.sentence_score(text, [reference]) for text, reference in pairs]
        self._bleu = np.array(
            [[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in scores], dtype=np.float64
        )
        edits = [ter.sentence_score(text, [reference]) for text, reference in pairs]
        self._ter = np.array([[one.num_edits, one.ref_length] for one in edits], dtype=np.float64)
        self._chrf_NO3 = np.array([list(_ngrams_in_common(*pair)) for pair in pairs], dtype=np.float64)

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        edits_B, lengths_B = (weights_BN @ self._ter).T
        return {
            "BLEU": np.array([_bleu(sums) for sums in weights_BN @ self._bleu]),
            "CHRF": self._chrf(weights_BN),
            "TER": 100 * np.where(lengths_B > 0, np.nan_to_num(ratio(edits_B, lengths_B)), (edits_B > 0).astype(float)),
        }

    def _chrf(self, weights_BN: Floats) -> Floats:
        """Precision and recall are means over the orders that occur on both sides."""
        sums_BO3 = np.einsum("bn,noc->boc", weights_BN, self._chrf_NO3)
        ours, theirs, both = np.moveaxis(sums_BO3, -1, 0)
        is_there = (ours > 0) & (theirs > 0)
        count = np.maximum(1, is_there.sum(1))
        precision = np.where(is_there, np.nan_to_num(ratio(both, ours)), 0.0).sum(1) / count
        recall = np.where(is_there, np.nan_to_num(ratio(both, theirs)), 0.0).sum(1) / count
        return 100 * np.nan_to_num(ratio((1 + BETA**2) * precision * recall, BETA**2 * precision + recall))


def _bleu(sums: Floats) -> float:
    counts, totals, lengths = sums[:4], sums[4:8], sums[8:]
    score = BLEU.compute_bleu(
        correct=[int(one) for one in np.rint(counts)],
        total=[int(one) for one in np.rint(totals)],
        sys_len=int(np.rint(lengths[0])),
        ref_len=int(np.rint(lengths[1])),
        effective_order=False,
    )
    return float(score.score)


def _ngrams_in_common(text: str, reference: str) -> Iterator[tuple[int, int, int]]:
    """Of each order: how many n-grams the text has, the reference, and both."""
    for ours, theirs in zip(_ngrams(text), _ngrams(reference), strict=True):
        yield sum(ours.values()) if theirs else 0, sum(theirs.values()), sum((ours & theirs).values())


def _ngrams(text: str) -> list[Counter[str]]:
    words = [part for word in text.split() for part in _without_punctuation(word)]
    orders = range(1, WORD_ORDER + 1)
    return [*extract_all_char_ngrams(text, CHARACTER_ORDER), *(extract_word_ngrams(words, order) for order in orders)]


def _without_punctuation(word: str) -> list[str]:
    """A mark at the end, or else at the start, is a word of its own."""
    if len(word) > 1 and word[-1] in punctuation:
        return [word[:-1], word[-1]]
    if len(word) > 1 and word[0] in punctuation:
        return [word[0], word[1:]]
    return [word]
