"""WhisperFeatures: the log-mel spectrogram that Whisper was trained on, computed on the model's device.

Radford et al. 2022, arXiv:2212.04356. Equal to the `WhisperFeatureExtractor` of the transformers library.

Shapes: N recordings, S samples, M mel bins, T columns.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.datasets.media.mel_filters import mel_filters

SAMPLE_RATE = 16_000
WINDOW, HOP = 400, 160
"""Samples of a column, and from one column to the next: 25 and 10 milliseconds."""
FLOOR = 1e-10
RANGE = 8.0
"""Powers of ten below the loudest value of a recording; what is quieter counts as that."""


class WhisperFeatures(nn.Module):
    """Spectrograms (N, M, S / HOP) of recordings (N, S), each filled up with silence to the length that Whisper hears.

    `samples` is that length, a multiple of `HOP`: 30 seconds in all published models. With None, recordings are heard
    as long as they are.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, bins: int, samples: int | None = None, sample_rate: int = SAMPLE_RATE) -> None:
        super().__init__()
        self.samples = samples
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)
        filters = mel_filters(sample_rate, WINDOW, bins, 0.0, sample_rate / 2)
        self.register_buffer("filters", torch.from_numpy(filters), persistent=False)

    def forward(self, audio_NS: Tensor) -> Tensor:
        """Values between about -1 and 2; samples beyond the length are not heard."""
        with torch.autocast(audio_NS.device.type, enabled=False):
            spare = 0 if self.samples is None else self.samples - audio_NS.shape[1]
            audio = functional.pad(audio_NS.float(), (0, spare))
            spectra = torch.stft(audio, WINDOW, HOP, window=self.window, return_complex=True)[..., :-1]
            energies_NMT = self.filters @ spectra.real.square().add(spectra.imag.square())
            powers = energies_NMT.clamp(min=FLOOR).log10()
            loudest = powers.amax((1, 2), keepdim=True)
            return torch.maximum(powers, loudest - RANGE).add(4).div(4)
