"""Drawing tokens by their probability, so that a text's draws depend on the text and a seed alone.

Shapes: B texts, V vocabulary.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessor


class GumbelDraws(LogitsProcessor):
    """Noise on the logits whose maximum is a draw: the likeliest token after it is a token drawn by probability.

    Gumbel 1954; Maddison et al. 2014, arXiv:1411.0030. Unlike torch's generator, the same text gets the same draws in
    every batch, so that a scoring pipeline repeats its run.
    """

    def __init__(self, seeds: Sequence[int], temperature: float) -> None:
        self._seeds, self._temperature = seeds, temperature

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Logits (B, V) with noise added."""
        step, size = input_ids.shape[1], scores.shape[1]
        noise = np.stack([np.random.default_rng((seed, step)).gumbel(size=size) for seed in self._seeds])
        return scores.float() / self._temperature + torch.from_numpy(noise).to(scores.device, torch.float32)


def draw_seed(ids: Tensor, seed: int) -> int:
    """The seed of one text's draws."""
    return zlib.crc32(ids.cpu().numpy().astype(np.int32).tobytes(), seed & 0xFFFFFFFF)
