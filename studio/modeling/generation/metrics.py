"""Metrics of generated text, by sacrebleu: of a whole table, and of one text. BLEU and chrF++ go from 0 to 100.

TER is the edits a reader would make for each 100 words of the reference, and may be above 100.
"""

import math
from collections.abc import Sequence
from typing import Literal, get_args

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

MetricName = Literal["BLEU", "CHRF", "TER"]


def generation_metrics(generated: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Every metric by name, counted over all texts together (corpus level); NaN without texts."""
    if not references:
        return dict.fromkeys(get_args(MetricName), math.nan)
    return {
        name: float(_metric(name).corpus_score(list(generated), [list(references)]).score)
        for name in get_args(MetricName)
    }


def text_scores(name: MetricName, generated: Sequence[str], references: Sequence[str]) -> list[float]:
    """One metric of each text alone. BLEU then looks at no longer runs of words than the text has."""
    metric = _metric(name, of_one_text=True)
    return [
        float(metric.sentence_score(text, [reference]).score)
        for text, reference in zip(generated, references, strict=True)
    ]


def _metric(name: MetricName, *, of_one_text: bool = False) -> BLEU | CHRF | TER:
    match name:
        case "BLEU":
            return BLEU(effective_order=of_one_text)
        case "CHRF":
            return CHRF(word_order=2)
        case "TER":
            return TER()
