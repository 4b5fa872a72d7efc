"""SpeechEncoder: recordings to one vector each by a transformer that learned from speech.

Whisper (Radford et al. 2022, arXiv:2212.04356) hears a log-mel spectrogram; Wav2vec2 (Baevski et al. 2020,
arXiv:2006.11477), HuBERT, WavLM, data2vec and their kin hear samples.

Shapes: N recordings, S samples, T frames, F features.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.json_text import parse_json
from studio.modeling.audio.augmentations import masked, silenced
from studio.modeling.audio.by_length import by_length
from studio.modeling.audio.speech_models import WITHOUT_DRAWS, normalizes
from studio.modeling.audio.whisper_features import HOP, WhisperFeatures
from studio.modeling.hub_models.building import build, model_config
from studio.modeling.hub_models.files import CONFIG
from studio.modeling.images.pooling import Pool, pooled
from studio.modeling.recipe import Assets
from studio.modeling.weights import WeightsFile

COLUMNS_A_FRAME = 2
"""Columns of a spectrogram that Whisper's convolutions join."""
VARIANCE_FLOOR = 1e-7


class SpeechEncoder(nn.Module):
    """A transformer with pooling over what was heard; padding does not count."""

    def __init__(self, assets: Assets, pool: Pool, weights: WeightsFile | None, *, is_frozen: bool) -> None:
        super().__init__()
        from transformers import AutoModel

        values = parse_json(assets[CONFIG])
        config = model_config({**values, **WITHOUT_DRAWS})
        model = build(AutoModel, config, weights)
        is_whisper = config.model_type == "whisper"
        self.body: WhisperBody | WaveformBody = (
            WhisperBody(model.get_encoder().float()) if is_whisper else WaveformBody(model.float(), normalizes(assets))
        )
        self.features = int(config.hidden_size)
        self.pool: Pool = pool
        self.power = nn.Parameter(torch.full((1,), 3.0)) if pool == "GeM" else None
        self.is_frozen = is_frozen
        if is_frozen:
            self.body.requires_grad_(False)

    def train(self, mode: bool = True) -> "SpeechEncoder":
        """As in torch, but a frozen body keeps to evaluation: it draws no dropout."""
        super().train(mode)
        if self.is_frozen:
            self.body.eval()
        return self

    def forward(self, audio_NS: Tensor, lengths_N: Tensor, masks_NM3: Tensor, heard_N: Tensor) -> Tensor:
        """Vectors (N, F) of recordings, each as if it were alone.

        Of every row so many samples are heard; up to its length it is padded with silence.
        """

        def features_of(audio: Tensor, masks: Tensor, heard: Tensor) -> Tensor:
            return self.pooled_frames(self.frames(audio, masks, heard), heard, audio.shape[1])

        return by_length(features_of, audio_NS, lengths_N, masks_NM3, heard_N)

    def frames(self, audio_NS: Tensor, masks_NM3: Tensor, heard_N: Tensor) -> Tensor:
        """A vector for every moment (N, T, F) of recordings of one length."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.is_frozen):
            frames_NTF: Tensor = self.body(audio_NS, masks_NM3 if self.training else masks_NM3[:, :0], heard_N)
        return frames_NTF

    def pooled_frames(self, frames_NTF: Tensor, heard_N: Tensor, samples: int) -> Tensor:
        """One vector a recording (N, F), of so many samples of which so many were heard."""
        counts = [heard_frames(frames_NTF.shape[1], one, samples) for one in heard_N.tolist()]
        rows = [
            pooled(one[:count].float().T[None], self.pool, self.power)
            for one, count in zip(frames_NTF, counts, strict=True)
        ]
        return torch.cat(rows)


def heard_frames(frames: int, heard: int, samples: int) -> int:
    """How many of the frames of a padded recording are of what was heard; at least one."""
    return max(1, -(-frames * heard // samples))


class WhisperBody(nn.Module):
    """Whisper's encoder over pieces of any length up to the one it has places for: short ones take less time."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.spectrogram = WhisperFeatures(encoder.config.num_mel_bins)

    def forward(self, audio_NS: Tensor, masks_NM3: Tensor, heard_N: Tensor) -> Tensor:
        """A vector every 20 ms (N, T, F)."""
        spare = -audio_NS.shape[1] % (COLUMNS_A_FRAME * HOP)
        images = self.spectrogram(functional.pad(audio_NS, (0, spare)))
        images = masked(images[:, None], masks_NM3)[:, 0]
        body = self.encoder
        frames = functional.gelu(body.conv2(functional.gelu(body.conv1(images)))).transpose(1, 2)
        frames = frames + body.embed_positions.weight[: frames.shape[1]]
        for layer in body.layers:
            found = layer(frames, attention_mask=None)
            frames = found[0] if isinstance(found, tuple) else found
        vectors: Tensor = body.layer_norm(frames)
        return vectors


class WaveformBody(nn.Module):
    """A transformer over samples."""

    def __init__(self, encoder: Any, normalizes: bool) -> None:
        super().__init__()
        self.encoder, self.normalizes = encoder, normalizes

    def forward(self, audio_NS: Tensor, masks_NM3: Tensor, heard_N: Tensor) -> Tensor:
        """A vector about every 20 ms (N, T, F)."""
        places = torch.arange(audio_NS.shape[1], device=audio_NS.device)
        is_heard_NS = places[None] < heard_N[:, None]
        audio = silenced(audio_NS.float(), masks_NM3)
        if self.normalizes:
            audio = normalized(audio, is_heard_NS)
        vectors: Tensor = self.encoder(audio, attention_mask=is_heard_NS.long()).last_hidden_state
        return vectors


def normalized(audio_NS: Tensor, is_heard_NS: Tensor) -> Tensor:
    """Recordings with mean 0 and variance 1 of what is heard, as the library's feature extractor makes them."""
    counts = is_heard_NS.sum(1, keepdim=True).clamp(min=1)
    centred = (audio_NS - (audio_NS * is_heard_NS).sum(1, keepdim=True) / counts) * is_heard_NS
    variance = centred.square().sum(1, keepdim=True) / counts
    return centred / (variance + VARIANCE_FLOOR).sqrt()
