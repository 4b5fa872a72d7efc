"""Token importance by integrated gradients: how much each token moves the answer, summed on the way from no text.

Sundararajan et al. 2017, arXiv:1703.01365: gradients of the output for the token vectors, averaged over points between
a baseline of padding and the text, times the difference of both. The sum over tokens is the change of the output.

Shapes: B batch, L length, F features.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.text.tokens.sequences import BLOCK_SEPARATOR
from studio.results.sample_view import TextMark

SMALLEST = 0.02
"""Of the most important word; what weighs less is not marked."""
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Khmer, kana and Chinese characters: no blank says where their words end."""
STEPS = 24
"""Points on the way; with 24, the sum is within a few per cent of the change on MiniLM."""

LEAST_STEPS = 8
SHORT = 128
"""Tokens up to which all points are taken; on a processor, 30 texts of 512 tokens would take minutes with them."""


def steps_for(length: int) -> int:
    """Points on the way for texts of so many tokens."""
    return max(LEAST_STEPS, round(STEPS * min(1.0, SHORT / max(1, length))))


def integrated_gradients(
    embeddings: nn.Module,
    ids_BL: Tensor,
    kept_BL: Tensor,
    pad: int,
    output_of: Callable[[], Tensor],
    steps: int = STEPS,
) -> Tensor:
    """The share of each token in the output (B, L), with its sign; 0 where `kept_BL` says that a token is special.

    `output_of` runs the model on the batch and gives one number a sample (B). The layer `embeddings` is stepped in
    for: it gives vectors on the way from padding to the text.
    """
    with torch.no_grad():
        text_BLF = embeddings(ids_BL).float()
        blank = torch.where(kept_BL.bool(), torch.full_like(ids_BL, pad), ids_BL)
        baseline_BLF = embeddings(blank).float()
    total = torch.zeros_like(text_BLF)
    replaced: list[Tensor] = []
    hook = embeddings.register_forward_hook(lambda module, inputs, output: replaced[0].to(output.dtype))
    try:
        for step in range(steps):
            # The middle of each stretch: the midpoint rule.
            share = (step + 0.5) / steps
            point = (baseline_BLF + share * (text_BLF - baseline_BLF)).requires_grad_(True)
            replaced[:] = [point]
            with torch.enable_grad():
                (gradient,) = torch.autograd.grad(output_of().sum(), point)
            total += gradient.float()
    finally:
        hook.remove()
    scores: Tensor = ((text_BLF - baseline_BLF) * total / steps).sum(-1) * kept_BL
    return scores


def importance_marks(
    scores_L: NDArray[np.floating], texts: Sequence[str], spans: Sequence[tuple[int, int] | None]
) -> tuple[TextMark, ...]:
    """Marks of the words in the joined text; pieces of a word add up, and the strongest word has 1 or -1.

    Marks do not overlap: pieces that share a character, such as its bytes, are one.
    """
    text = BLOCK_SEPARATOR.join(texts)
    words: list[tuple[int, int, float]] = []
    for score, span in zip(scores_L.tolist(), spans, strict=False):
        if span is None or span[0] == span[1]:
            continue
        start, end = span
        while start < end and text[start].isspace():
            start += 1
        if words and (start < words[-1][1] or (start == words[-1][1] and _is_inside_word(text, start))):
            words[-1] = (words[-1][0], max(end, words[-1][1]), words[-1][2] + score)
        elif start < end:
            words.append((start, end, score))
    largest = max((abs(score) for _, _, score in words), default=0.0)
    if largest == 0.0:
        return ()
    return tuple(
        TextMark(start=start, end=end, role="importance", score=score / largest)
        for start, end, score in words
        if abs(score) >= SMALLEST * largest
    )


def _is_inside_word(text: str, place: int) -> bool:
    """Whether the characters on both sides of a place belong to one word."""
    around = text[place - 1 : place + 1]
    return around.isalnum() and not _WITHOUT_BLANKS.search(around)
