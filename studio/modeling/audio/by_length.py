"""Recordings of several lengths in one batch, each computed as if it were alone."""

from collections.abc import Callable

from torch import Tensor


def by_length(features_of: Callable[..., Tensor], audio_NS: Tensor, lengths_N: Tensor, *others: Tensor) -> Tensor:
    """Features (N, F) of rows that are padded behind their lengths: those of one length together, without padding.

    `others` have a row a recording, too, and are handed on.
    """
    lengths = lengths_N.tolist()
    if len(set(lengths)) == 1:
        return features_of(audio_NS[:, : lengths[0]], *others)
    features_NF: Tensor | None = None
    for length in sorted(set(lengths)):
        chosen = (lengths_N == length).nonzero()[:, 0]
        part = features_of(audio_NS[chosen, :length], *(one[chosen] for one in others))
        if features_NF is None:
            features_NF = part.new_zeros(len(lengths), part.shape[1])
        features_NF = features_NF.index_copy(0, chosen, part)
    assert features_NF is not None
    return features_NF
