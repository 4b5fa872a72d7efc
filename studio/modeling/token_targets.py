"""What is to be learned of tokens and words, some of which are left out, and the loss of it.

Shapes: N sequences, L length, W words, K choices.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

IGNORED = -100
"""The target of a token that is not learned from: it begins no word, lies behind a text's end, or is not known."""


class WordTargets(NamedTuple):
    """What is to be learned of some words."""

    words: list[str]
    numbers: NDArray[np.int64]
    """One a word (W): of a tag, or `IGNORED`."""


def token_losses(logits_NLK: Tensor, targets_NL: Tensor) -> Tensor:
    """Cross-entropy of each token (N, L), 0 where it is ignored."""
    logits_NKL = logits_NLK.float().transpose(1, 2)
    return functional.cross_entropy(logits_NKL, targets_NL, ignore_index=IGNORED, reduction="none")


def mean_token_loss(logits_NLK: Tensor, targets_NL: Tensor) -> Tensor:
    """The mean over all tokens that are learned from: one of a long text counts as much as one of a short."""
    return token_losses(logits_NLK, targets_NL).sum() / (targets_NL != IGNORED).sum().clamp(min=1)
