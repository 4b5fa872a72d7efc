"""CtcModel: Wav2vec2 of the transformers library with one output a character, every 20 milliseconds.

Baevski et al. 2020, arXiv:2006.11477.

Shapes: N recordings, S samples, F frames, V vocabulary, T characters to write.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.modeling.audio.speech_models import WITHOUT_DRAWS
from studio.modeling.hub_models.building import build, checkpoint_activations, model_config
from studio.modeling.recipe import Assets
from studio.modeling.speech.sources import HAS_NEW_HEAD, speech_config
from studio.modeling.token_targets import IGNORED
from studio.modeling.weights import WeightsFile

KERNELS, STRIDES = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)
"""Of the convolutions of all published models."""


class CtcModel(nn.Module):
    """Log probabilities of characters."""

    def __init__(self, architecture: Any, assets: Assets, outputs: int, weights: WeightsFile | None) -> None:
        super().__init__()
        from transformers import AutoModelForCTC

        values = {**speech_config(assets), **WITHOUT_DRAWS}
        config = model_config(values)
        self.network: Any = build(AutoModelForCTC, config, weights).float()
        if values.get(HAS_NEW_HEAD):
            self.network.lm_head = nn.Linear(self.network.lm_head.in_features, outputs)
        self._config = values
        self._is_masked = config.feat_extract_norm == "layer"
        if architecture.gradient_checkpointing:
            checkpoint_activations(self.network, architecture.backbone)
        if architecture.freeze_encoder:
            self.network.freeze_feature_encoder()

    def forward(self, audio_NS: Tensor, lengths_N: Tensor) -> tuple[Tensor, Tensor]:
        """Log probabilities (N, F, V), and how many frames of each are of its recording (N).

        Each recording is heard as if it were alone. Models whose first layer is normalized over time (`group`) hear
        what pads a recording, so outside of training they get each by itself.
        """
        frames_N = torch.tensor([self.frames(int(one)) for one in lengths_N], device=lengths_N.device)
        if self._is_masked or self.training:
            logits = self._logits(audio_NS, lengths_N)
        else:
            parts = [
                self._logits(row[None, : int(length)], None)[0] for row, length in zip(audio_NS, lengths_N, strict=True)
            ]
            logits = nn.utils.rnn.pad_sequence(parts, batch_first=True)
        return functional.log_softmax(logits.float(), -1), frames_N

    def frames(self, samples: int) -> int:
        """Frames of a recording of so many samples."""
        return frame_count(self._config, samples)

    def _logits(self, audio_NS: Tensor, lengths_N: Tensor | None) -> Tensor:
        short = max(0, least_samples(self._config) - audio_NS.shape[1])
        mask = None
        if self._is_masked and lengths_N is not None:
            places = torch.arange(audio_NS.shape[1] + short, device=audio_NS.device)
            mask = (places[None] < lengths_N[:, None].clamp(min=least_samples(self._config))).long()
        logits: Tensor = self.network(functional.pad(audio_NS, (0, short)), attention_mask=mask).logits
        return logits

    def encoder(self) -> list[nn.Parameter]:
        """All parameters but those of the head."""
        head = {id(one) for one in self.head()}
        return [one for one in self.network.parameters() if id(one) not in head]

    def head(self) -> list[nn.Parameter]:
        """The layer that makes characters of what was heard."""
        return list(self.network.lm_head.parameters())


def ctc_losses(log_probabilities_NFV: Tensor, frames_N: Tensor, targets_NT: Tensor, blank: int) -> Tensor:
    """The loss of each recording a character (N); NaN without a text, infinite where it is too short for its text."""
    counts = (targets_NT != IGNORED).sum(1)
    found = functional.ctc_loss(
        log_probabilities_NFV.float().transpose(0, 1),
        targets_NT.clamp(min=0),
        frames_N,
        counts,
        blank=blank,
        reduction="none",
    )
    return torch.where(counts > 0, found / counts.clamp(min=1), torch.nan)


def stride_of(config: Mapping[str, Any]) -> int:
    """Samples from one frame to the next."""
    product = 1
    for stride in config.get("conv_stride", STRIDES):
        product *= int(stride)
    return product


def frame_count(config: Mapping[str, Any], samples: int) -> int:
    """Frames of a recording of so many samples; shorter ones than a frame are filled up to one."""
    length = max(samples, least_samples(config))
    for kernel, stride in _layers(config):
        length = (length - kernel) // stride + 1
    return length


def least_samples(config: Mapping[str, Any]) -> int:
    """Samples of one frame."""
    length = 1
    for kernel, stride in reversed(_layers(config)):
        length = (length - 1) * stride + kernel
    return length


def _layers(config: Mapping[str, Any]) -> Sequence[tuple[int, int]]:
    kernels, strides = config.get("conv_kernel", KERNELS), config.get("conv_stride", STRIDES)
    return [(int(kernel), int(stride)) for kernel, stride in zip(kernels, strides, strict=True)]
