"""Augmentations of recordings: by the seed of a sample, so that it looks the same whichever process makes it.

Loudness, noise and speed change the samples; times and frequencies are masked in the spectrogram (SpecAugment, Park et
al. 2019, arXiv:1904.08779).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Strategy = Literal["Soft", "Medium", "Hard"]


@dataclass(frozen=True)
class Strength:
    """How far a strategy goes."""

    gain_db: float
    noise_db: float | None
    """Level of the loudest noise, below that of the recording; None for none."""
    speed: float
    """Largest change of the speed, as a share."""
    masks: int
    """Of times, and as many of frequencies."""
    mask_share: float
    """The widest mask, of the length or of the frequencies."""


STRENGTHS: dict[Strategy, Strength] = {
    "Soft": Strength(gain_db=3, noise_db=None, speed=0.0, masks=0, mask_share=0.0),
    "Medium": Strength(gain_db=6, noise_db=-25, speed=0.0, masks=1, mask_share=0.15),
    "Hard": Strength(gain_db=9, noise_db=-15, speed=0.1, masks=2, mask_share=0.2),
}
NOISE_RANGE_DB = 20.0
NOISE_CHANCE = 0.5


def augmented(samples: NDArray[np.float32], strategy: Strategy, generator: np.random.Generator) -> NDArray[np.float32]:
    """Other speed, loudness and noise."""
    strength = STRENGTHS[strategy]
    if strength.speed:
        factor = 1 + generator.uniform(-strength.speed, strength.speed)
        places = np.arange(0, len(samples) - 1, factor)
        samples = np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
    samples = samples * np.float32(10 ** (generator.uniform(-strength.gain_db, strength.gain_db) / 20))
    if strength.noise_db is not None and generator.random() < NOISE_CHANCE:
        level = 10 ** (generator.uniform(strength.noise_db - NOISE_RANGE_DB, strength.noise_db) / 20)
        loudness = float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
        noise = generator.standard_normal(len(samples), dtype=np.float32)
        samples = samples + noise * np.float32(level * loudness)
    return samples


def drawn_masks(strategy: Strategy, generator: np.random.Generator) -> NDArray[np.float32]:
    """Masks (N, 3) of a spectrogram: axis (0 frequencies, 1 times), begin and end as shares of it."""
    strength = STRENGTHS[strategy]
    masks = []
    for axis in (0, 1):
        for _ in range(strength.masks):
            width = generator.uniform(0, strength.mask_share)
            begin = generator.uniform(0, 1 - width)
            masks.append((axis, begin, begin + width))
    return np.asarray(masks, dtype=np.float32).reshape(-1, 3)


def silenced(audio_BS: Tensor, masks_BN3: Tensor) -> Tensor:
    """Recordings whose masked times are silent; masks of frequencies leave samples as they are."""
    if masks_BN3.shape[1] == 0:
        return audio_BS
    places = (torch.arange(audio_BS.shape[1], device=audio_BS.device) + 0.5) / audio_BS.shape[1]
    inside = (places >= masks_BN3[:, :, 1:2]) & (places < masks_BN3[:, :, 2:3]) & (masks_BN3[:, :, :1] == 1)
    return audio_BS.masked_fill(inside.any(1), 0.0)


def masked(images_BCMT: Tensor, masks_BN3: Tensor) -> Tensor:
    """Spectrograms whose masked bands have the mean of their spectrogram."""
    if masks_BN3.shape[1] == 0:
        return images_BCMT
    covered = torch.zeros(images_BCMT.shape[0], *images_BCMT.shape[2:], dtype=torch.bool, device=images_BCMT.device)
    for axis, count in enumerate(images_BCMT.shape[2:]):
        places = (torch.arange(count, device=images_BCMT.device) + 0.5) / count
        inside = (places >= masks_BN3[:, :, 1:2]) & (places < masks_BN3[:, :, 2:3]) & (masks_BN3[:, :, :1] == axis)
        band = inside.any(1)
        covered |= band[:, :, None] if axis == 0 else band[:, None, :]
    return torch.where(covered[:, None], images_BCMT.mean((1, 2, 3), keepdim=True), images_BCMT)
