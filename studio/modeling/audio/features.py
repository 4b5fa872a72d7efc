"""MelSpectrogram: energies of frequency bands over time, computed on the model's device.

Shapes: B batch, S samples, M mel bins, T columns.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.datasets.media.mel_filters import mel_filters
from studio.modeling.audio.parameters import AudioParameters

FLOOR = 1e-10
"""Of energies before the logarithm: 100 dB below that of full scale."""
DECIBELS_PER_UNIT = 20.0
"""Decibels are divided by it, so that values lie between about -5 and 2, as networks like them."""
PART_SAMPLES = 1 << 19
"""That a processor transforms at once: the spectra of more leave its cache, and take 4 times as long."""
PCEN_GAIN, PCEN_BIAS, PCEN_POWER, PCEN_SECONDS, PCEN_EPSILON = 0.98, 2.0, 0.5, 0.4, 1e-6
PCEN_SCALE = float(2**31)
"""PCEN's usual constants are for samples of 32-bit integers."""


class MelSpectrogram(nn.Module):
    """Log-mel or PCEN of recordings (B, S) as images (B, 1, M, T), low frequencies first.

    The energies are those of `librosa.feature.melspectrogram`: Hann window, centred, padded with zeros, Slaney's scale.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, parameters: AudioParameters, kind: Literal["Log-mel", "PCEN"]) -> None:
        super().__init__()
        self.kind, self.numbers = kind, parameters
        self.register_buffer("window", torch.hann_window(parameters.window), persistent=False)
        filters = mel_filters(
            parameters.sample_rate,
            parameters.window,
            parameters.mel_bins,
            parameters.lowest_hertz,
            parameters.highest_hertz,
        )
        self.register_buffer("filters", torch.from_numpy(filters), persistent=False)

    def forward(self, audio_BS: Tensor) -> Tensor:
        """Values that a network can take."""
        with torch.autocast(audio_BS.device.type, enabled=False):
            energies = self.energies(audio_BS.float())
            if self.kind == "PCEN":
                rate = self.numbers.sample_rate / self.numbers.hop
                return pcen(energies * PCEN_SCALE, rate)[:, None]
            return log_energies(energies)[:, None]

    def energies(self, audio_BS: Tensor) -> Tensor:
        """Energies of the bands (B, M, T)."""
        rows = max(1, PART_SAMPLES // audio_BS.shape[1]) if audio_BS.device.type == "cpu" else len(audio_BS)
        return torch.cat([self._energies(part) for part in torch.split(audio_BS, rows)])

    def _energies(self, audio_BS: Tensor) -> Tensor:
        size = self.numbers.window
        spectra = torch.stft(
            audio_BS, size, self.numbers.hop, window=self.window, pad_mode="constant", return_complex=True
        )
        energies: Tensor = self.filters @ spectra.real.square().add(spectra.imag.square())
        return energies


def log_energies(energies: Tensor) -> Tensor:
    """Decibels over `DECIBELS_PER_UNIT`."""
    return energies.clamp(min=FLOOR).log10() * (10 / DECIBELS_PER_UNIT)


def pcen(energies_BMT: Tensor, columns_per_second: float) -> Tensor:
    """Per-channel energy normalization (B, M, T): each band over a running mean of its own past, compressed.

    Wang et al. 2017, arXiv:1607.05666, with the constants of librosa.
    """
    steps = PCEN_SECONDS * columns_per_second
    share = ((1 + 4 * steps**2) ** 0.5 - 1) / (2 * steps**2)
    smooth = running_mean(energies_BMT, share)
    gain = (smooth + PCEN_EPSILON).pow(-PCEN_GAIN)
    compressed: Tensor = (energies_BMT * gain + PCEN_BIAS).pow(PCEN_POWER) - PCEN_BIAS**PCEN_POWER
    return compressed


def running_mean(values_BMT: Tensor, share: float) -> Tensor:
    """The exponential mean of what came before, (1 - share) of the last mean and `share` of the value.

    As sums of all earlier values with falling weights, by one convolution; weights below 1e-6 are left out.
    """
    columns = values_BMT.shape[-1]
    length = min(columns, int(torch.log(torch.tensor(1e-6)) / torch.log(torch.tensor(1 - share))) + 1)
    weights = share * (1 - share) ** torch.arange(length - 1, -1, -1, device=values_BMT.device, dtype=torch.float32)
    # Before the beginning lies the first value, for ever.
    padded = torch.cat([values_BMT[..., :1].expand(*values_BMT.shape[:-1], length - 1), values_BMT], -1)
    rest = 1 - weights.sum()
    rows = padded.reshape(-1, 1, padded.shape[-1])
    means = functional.conv1d(rows, weights[None, None]).reshape(values_BMT.shape)
    return means + rest * values_BMT[..., :1]
