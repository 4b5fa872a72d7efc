"""CtcRecipe: an encoder that says which character is heard at every moment, learned without knowing when it is said.

Shapes: B recordings, N windows of all of them, F frames, V vocabulary.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.recipe import Scored
from studio.modeling.speech.ctc_decoding import Decoded, Gain, beam_search, greedy
from studio.modeling.speech.ctc_input import CtcInput
from studio.modeling.speech.ctc_model import CtcModel, ctc_losses, stride_of
from studio.modeling.speech.speech_input import SpeechBatch
from studio.modeling.speech.trust import MEAN_LOG_PROBABILITY
from studio.modeling.speech.vocabulary import Vocabulary
from studio.modeling.speech.windows import WINDOWS_AT_ONCE, seams
from studio.modeling.transcription.speech_recipe import SpeechRecipe
from studio.modeling.transcription.transcripts import Transcript
from studio.modeling.weights import WeightsFile


class CtcRecipe(SpeechRecipe):
    """Transcripts of characters, by the CTC loss (Graves et al. 2006)."""

    input_class: ClassVar[type[CtcInput]]
    input: CtcInput

    def model(self, weights: WeightsFile | None) -> CtcModel:
        return CtcModel(self.settings.architecture, self.input.assets, len(self.input.vocabulary), weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, CtcModel)
        return {"Encoder": model.encoder(), "Head": model.head()}

    def loss(self, model: nn.Module, batch: SpeechBatch) -> Tensor:
        """The mean over the recordings of their losses a character; one that is too short for its text has none."""
        assert batch.targets is not None
        log_probabilities, frames = model(batch.audio, batch.lengths)
        losses = ctc_losses(log_probabilities, frames, batch.targets, self.input.vocabulary.blank)
        return torch.nan_to_num(losses, nan=0.0, posinf=0.0).mean()

    def score(self, model: nn.Module, batch: SpeechBatch) -> Scored:
        """Transcripts and losses of whole recordings, whatever number of windows they are heard in."""
        assert isinstance(model, CtcModel)
        heard: list[Tensor] = []
        for start in range(0, len(batch.audio), WINDOWS_AT_ONCE):
            part = slice(start, start + WINDOWS_AT_ONCE)
            log_probabilities, frames = model(batch.audio[part], batch.lengths[part])
            heard += [one[:count] for one, count in zip(log_probabilities, frames.tolist(), strict=True)]
        firsts = np.cumsum([0, *batch.counts])
        wholes = [
            self._whole(heard[first:last], starts)
            for first, last, starts in zip(firsts[:-1], firsts[1:], batch.starts, strict=True)
        ]
        losses = None if batch.targets is None else self._losses(wholes, batch.targets)
        transcripts = [
            self._transcript(whole.cpu().numpy(), samples) for whole, samples in zip(wholes, batch.samples, strict=True)
        ]
        return Scored([one.to_raw() for one in transcripts], losses)

    def _whole(self, windows: Sequence[Tensor], starts: Sequence[int]) -> Tensor:
        """Log probabilities (F, V) of a recording, each frame from the window in whose middle it lies more."""
        if len(windows) == 1:
            return windows[0]
        begins = [start // self._stride for start in starts]
        ends = [begin + len(one) for begin, one in zip(begins, windows, strict=True)]
        kept = zip(windows, begins, seams(begins, ends), strict=True)
        return torch.cat([one[low - begin : high - begin] for one, begin, (low, high) in kept])

    def _losses(self, wholes: Sequence[Tensor], targets_BT: Tensor) -> NDArray[np.float32]:
        """One a recording; NaN where there is none."""
        padded = nn.utils.rnn.pad_sequence(list(wholes), batch_first=True)
        frames = torch.tensor([len(one) for one in wholes], device=padded.device)
        found = ctc_losses(padded, frames, targets_BT, self.input.vocabulary.blank)
        losses: NDArray[np.float32] = torch.where(found.isfinite(), found, torch.nan).float().cpu().numpy()
        return losses

    def _transcript(self, log_probabilities_FV: NDArray[np.float32], samples: int) -> Transcript:
        vocabulary, beams = self.input.vocabulary, int(self.settings.prediction.num_beams)
        values = log_probabilities_FV.astype(np.float32)
        if beams == 1:
            decoded = greedy(values, vocabulary.blank)
        else:
            decoded = beam_search(values, vocabulary.blank, beams, self._gain)
        seconds_a_frame = self._stride / self.settings.audio.sample_rate
        certainty = float(values.max(1).mean(dtype=np.float64))
        return Transcript(
            text=vocabulary.decode(decoded.numbers),
            seconds=samples / self.settings.audio.sample_rate,
            times=word_times(decoded, vocabulary, seconds_a_frame),
            trust={MEAN_LOG_PROBABILITY: certainty},
        )

    @cached_property
    def _gain(self) -> Gain | None:
        """How much likelier than a usual character one is after a text, so that longer texts gain and lose nothing."""
        model, weight = self.input.language_model, float(self.settings.prediction.language_model_weight)
        if model is None:
            return None
        return lambda text, number: weight * (model.log_probability(text, number) - model.mean)

    @property
    def _stride(self) -> int:
        return stride_of(self.input.config)


def word_times(decoded: Decoded, vocabulary: Vocabulary, seconds_a_frame: float) -> list[tuple[float, float]]:
    """From the first to the last character of every word, in seconds."""
    times: list[tuple[float, float]] = []
    is_open = False
    for number, frame in zip(decoded.numbers, decoded.frames, strict=True):
        if vocabulary.ends_word(number):
            is_open = False
        elif vocabulary.sign(number):
            start = times.pop()[0] if is_open else frame * seconds_a_frame
            times.append((start, (frame + 1) * seconds_a_frame))
            is_open = True
    return times
