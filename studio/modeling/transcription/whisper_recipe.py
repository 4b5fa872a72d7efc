"""WhisperRecipe: an encoder that hears 30 seconds and a decoder that writes.

Shapes: B recordings, N windows of all of them, P places of the encoder, D features, T tokens.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from studio.modeling.predictions import Raw
from studio.modeling.recipe import Scored
from studio.modeling.speech.joined_words import Word, joined_words
from studio.modeling.speech.speech_input import SpeechBatch
from studio.modeling.speech.trust import (
    COMPRESSION_RATIO,
    MEAN_LOG_PROBABILITY,
    NO_SPEECH,
    TEMPERATURE,
    TRUST,
    compression_ratio,
)
from studio.modeling.speech.whisper_input import WhisperInput
from studio.modeling.speech.whisper_model import WhisperModel, Written, draw_seeds
from studio.modeling.speech.windows import WINDOWS_AT_ONCE
from studio.modeling.token_targets import IGNORED, mean_token_loss, token_losses
from studio.modeling.transcription.speech_recipe import SpeechRecipe
from studio.modeling.transcription.transcripts import SECONDS, STARTS, TEXT, Transcript
from studio.modeling.weights import WeightsFile


class WhisperRecipe(SpeechRecipe):
    """Transcripts written token by token, by cross-entropy."""

    input_class: ClassVar[type[WhisperInput]]
    input: WhisperInput

    def model(self, weights: WeightsFile | None) -> WhisperModel:
        heard = self.input.heard_samples, int(self.settings.audio.sample_rate)
        architecture, tokens = self.settings.architecture, self.input.tokens
        return WhisperModel(architecture, self.input.assets, tokens, heard, self.input.tokenizer, weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, WhisperModel)
        return {"Encoder": model.encoder(), "Decoder": model.decoder()}

    def loss(self, model: nn.Module, batch: SpeechBatch) -> Tensor:
        """The mean over the tokens of all transcripts."""
        assert batch.targets is not None
        return mean_token_loss(model(batch.audio, batch.targets), batch.targets)

    def score(self, model: nn.Module, batch: SpeechBatch) -> Scored:
        """Transcripts; a recording's loss is the mean over its tokens, where it is heard at once."""
        assert isinstance(model, WhisperModel)
        seeds = draw_seeds(batch.audio, batch.lengths, max(0, int(self.settings.environment.seed)))
        losses = np.full(len(batch), np.nan, dtype=np.float32)
        owners = [row for row, count in enumerate(batch.counts) for _ in range(count)]
        lengths: list[int] = batch.lengths.tolist()
        written: list[Written] = []
        for start in range(0, len(batch.audio), WINDOWS_AT_ONCE):
            part = slice(start, start + WINDOWS_AT_ONCE)
            heard = model.hear(batch.audio[part])
            written += model.write(heard, lengths[part], self.settings.prediction, seeds[part])
            if batch.targets is not None:
                self._add_losses(model, heard, batch, owners[part], losses)
        one_by_one: Iterator[Written] = iter(written)
        transcripts = [
            self._transcript(list(islice(one_by_one, len(starts))), starts, samples)
            for starts, samples in zip(batch.starts, batch.samples, strict=True)
        ]
        return Scored([one.to_raw() for one in transcripts], None if batch.targets is None else losses)

    def raw_difference(self, raw: Raw, expected: Mapping[str, Any]) -> float:
        """Of all but the times of words: where two paths cost the same, the last digits decide between them."""
        if str(raw[TEXT]) != str(expected[TEXT]) or len(raw[STARTS]) != len(expected[STARTS]):
            return float("inf")
        ours, theirs = (np.array([float(one[name]) for name in (SECONDS, *TRUST)]) for one in (raw, expected))
        apart = np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))
        return float(apart.max()) if np.isfinite(apart).all() else float("inf")

    def _add_losses(
        self, model: WhisperModel, heard_NPD: Tensor, batch: SpeechBatch, owners: Sequence[int], losses: np.ndarray
    ) -> None:
        """Losses of the recordings that are one window each."""
        assert batch.targets is not None
        whole = [place for place, row in enumerate(owners) if batch.counts[row] == 1]
        if not whole:
            return
        rows = [owners[place] for place in whole]
        targets = batch.targets[torch.tensor(rows, device=batch.targets.device)]
        logits = model.logits(heard_NPD[torch.tensor(whole, device=heard_NPD.device)], targets)
        sums = token_losses(logits[:, len(self.input.tokens.prefix) - 1 :], targets).sum(1)
        counts = (targets != IGNORED).sum(1)
        losses[rows] = torch.where(counts > 0, sums / counts, torch.nan).cpu().numpy()

    def _transcript(self, windows: Sequence[Written], starts: Sequence[int], samples: int) -> Transcript:
        """What is written of all windows of a recording, as one; of numbers the most worrying one."""
        rate = self.settings.audio.sample_rate
        words = joined_words([_words(one, start / rate) for one, start in zip(windows, starts, strict=True)])
        text = " ".join(one.text for one in words)
        times = [one.times for one in words if one.times is not None]
        trust = {
            MEAN_LOG_PROBABILITY: min(one.mean_log_probability for one in windows),
            COMPRESSION_RATIO: compression_ratio(text),
            NO_SPEECH: max(one.no_speech for one in windows),
            TEMPERATURE: max(one.temperature for one in windows),
        }
        return Transcript(text, samples / rate, times if len(times) == len(words) else (), trust)


def _words(written: Written, begin: float) -> list[Word]:
    """The words of a window that begins at a second of its recording."""
    words = written.text.split()
    if len(written.times) != len(words):
        return [Word(word) for word in words]
    return [Word(word, (begin + low, begin + high)) for word, (low, high) in zip(words, written.times, strict=True)]
