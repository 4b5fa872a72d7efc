"""Word times: when each word is said, read off where the decoder of Whisper looks while it writes.

Heads of the cross-attention that follow the words, brought to mean 0 and deviation 1 over the tokens and smoothed, and
the path of least cost through them (dynamic time warping), as Whisper's authors do in their code.

Shapes: N windows, T tokens, P places of the encoder, H heads.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from torch import Tensor

SMOOTHED_PLACES = 7
WORD_START = "\u0120"
"""What the pieces of byte-level tokenizers begin with that have a blank before them."""
Heads = Sequence[tuple[int, int]]
"""Layer and head of each."""


def following_heads(config: dict[str, Any]) -> Heads:
    """The heads that follow the words: as the model says, else all of the upper half of its layers."""
    named = config.get("alignment_heads") or []
    layers, heads = int(config["decoder_layers"]), int(config["decoder_attention_heads"])
    known = [(int(one[0]), int(one[1])) for one in named if isinstance(one, list) and len(one) == 2]
    if known and all(0 <= layer < layers and 0 <= head < heads for layer, head in known):
        return known
    return [(layer, head) for layer in range(layers // 2, layers) for head in range(heads)]


@contextmanager
def recorded_attention(decoder: Any, heads: Heads) -> Iterator[Callable[[], Tensor]]:
    """Gives what returns the weights (N, H, T, P) of some heads in the pass of a decoder that was made meanwhile."""
    found: dict[int, Tensor] = {}

    def record(layer: int) -> Callable[..., None]:
        chosen = [head for at, head in heads if at == layer]

        def look(module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            asking = named["hidden_states"] if "hidden_states" in named else arguments[0]
            heard = named["key_value_states"]
            queries, keys = (
                states.view(*states.shape[:2], module.num_heads, module.head_dim)[:, :, chosen].transpose(1, 2)
                for states in (module.q_proj(asking), module.k_proj(heard))
            )
            found[layer] = (queries.float() @ keys.float().transpose(2, 3) * module.head_dim**-0.5).softmax(-1)

        return look

    layers = sorted({layer for layer, _ in heads})
    hooks = [
        decoder.layers[layer].encoder_attn.register_forward_pre_hook(record(layer), with_kwargs=True)
        for layer in layers
    ]
    try:
        yield lambda: torch.cat([found[layer] for layer in layers], 1)
    finally:
        for hook in hooks:
            hook.remove()


def word_times(
    weights_HTP: NDArray[np.float32], pieces: Sequence[str], seconds_a_place: float
) -> list[tuple[float, float]]:
    """Seconds in which each word is said; the rows of the weights write the pieces, and the end behind them."""
    if not pieces:
        return []
    deviation = weights_HTP.std(1, keepdims=True)
    level = (weights_HTP - weights_HTP.mean(1, keepdims=True)) / np.maximum(deviation, 1e-6)
    smooth = median_filter(level, size=(1, 1, SMOOTHED_PLACES), mode="reflect")
    begins = [place * seconds_a_place for place in first_places(-smooth.mean(0, dtype=np.float64))]
    words = [at for at, piece in enumerate(pieces) if at == 0 or piece.startswith(WORD_START)]
    return [(begins[at], begins[end]) for at, end in zip(words, [*words[1:], len(pieces)], strict=True)]


def first_places(costs_TP: NDArray[np.float64]) -> list[int]:
    """Where the path of least cost comes to each row, from the first row and column to the last of both."""
    rows, places = costs_TP.shape
    sums = [[0.0] + [np.inf] * places]
    steps: list[list[int]] = []
    for row in costs_TP.tolist():
        above, here, taken = sums[-1], [np.inf], []
        for place, cost in enumerate(row, start=1):
            ways = (above[place - 1], above[place], here[-1])
            best = min(range(3), key=ways.__getitem__)
            here.append(ways[best] + cost)
            taken.append(best)
        sums.append(here)
        steps.append(taken)
    first = [0] * rows
    row, place = rows - 1, places - 1
    while row >= 0 and place >= 0:
        first[row] = place
        step = steps[row][place]
        row, place = row - (step != 2), place - (step != 1)
    return first
