"""SpeechInput: rows that name recordings of speech, in windows that a model hears at once, with tokens to write.

Shapes: B recordings of a batch, N windows of all of them, S samples, T tokens to write.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.datasets.formatting import counted
from studio.datasets.media.audio_preview import coloured
from studio.datasets.media.readers.audio import READER, SECONDS
from studio.datasets.texts.text_views import shown_text
from studio.errors import TrainingError
from studio.modeling.audio.chunks import stacked
from studio.modeling.audio.reader import read_recording
from studio.modeling.audio.whisper_features import HOP, WhisperFeatures
from studio.modeling.composed_recipe import Input, ShownRow, TargetBatch, TruthView
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, Note, SampleIndex, Samples
from studio.modeling.speech.sources import speech_config, speech_weights
from studio.modeling.speech.windows import Windows
from studio.modeling.text.tokens.pair_samples import padded_targets
from studio.modeling.text.tokens.sequences import cells
from studio.modeling.token_targets import IGNORED
from studio.modeling.weights import WeightsFile
from studio.results.sample_view import SampleView
from studio.settings.sections.text import SCRATCH

PICTURE_BINS = 80
MOST_ROWS_TOLD = 20
LENGTH_STEPS = 100
"""Of a second: what lengths of recordings are compared in."""
Tokens = NDArray[np.int32]


class SpeechItem(NamedTuple):
    """One recording in windows, with the tokens to write of it."""

    row: int
    windows: list[NDArray[np.float32]]
    starts: list[int]
    samples: int
    target: Tokens | None


@dataclass
class SpeechBatch(TargetBatch):
    """Windows (N, S) of recordings, padded behind their lengths (N); tokens to write (B, T)."""

    audio: Tensor
    lengths: Tensor
    starts: list[list[int]] = field(default_factory=list)
    """Of each recording, where its windows begin."""
    samples: list[int] = field(default_factory=list)
    """Of each recording."""

    @property
    def counts(self) -> list[int]:
        """Windows of each recording."""
        return [len(one) for one in self.starts]


class SpeechTable(NamedTuple):
    """The recordings of a table, and how they are read."""

    names: Sequence[str]
    rows: Sequence[int]
    seconds: NDArray[np.float64] | None
    """Of every recording, where the dataset knows them."""
    media: Media
    sample_rate: int


class SpeechSamples(Samples):
    """Recordings of a table, read to their end. `chosen` are positions in the table."""

    def __init__(
        self,
        table: SpeechTable,
        windows: Windows | None,
        targets: Sequence[Tokens | None] | None,
        chosen: Sequence[int],
        *,
        is_normalized: bool,
    ) -> None:
        super().__init__(len(chosen))
        self._table, self._windows, self._targets, self._chosen = table, windows, targets, chosen
        self._is_normalized = is_normalized

    def lengths(self) -> NDArray[Any] | None:
        seconds = self._table.seconds
        if seconds is None:
            return None
        found = np.maximum(1, np.round(seconds[list(self._chosen)] * LENGTH_STEPS)).astype(np.int64)
        if self._targets is None:
            return found
        found += np.array([_size(self._targets[position]) for position in self._chosen])
        return found

    def __getitem__(self, draw: SampleIndex) -> SpeechItem:
        table, position = self._table, self._chosen[draw.row]
        samples = read_recording(table.media, table.names[position], table.rows[position], table.sample_rate)
        if self._is_normalized:
            samples = normalized(samples)
        starts = [0] if self._windows is None else self._windows.starts(len(samples))
        size = len(samples) if self._windows is None else self._windows.size
        windows = [samples[start : start + size] for start in starts]
        target = None if self._targets is None else self._targets[position]
        return SpeechItem(position, windows, starts, len(samples), target)


class SpeechInput(Input[SpeechBatch]):
    """What is heard, and the tokens to write of it; a subclass knows what tokens are."""

    longest_setting: ClassVar[str]
    """The label of the setting that says so."""

    @property
    def is_normalized(self) -> bool:
        """Whether a recording is brought to mean 0 and deviation 1."""
        return False

    @property
    @abstractmethod
    def longest_seconds(self) -> float:
        """The longest recording that is learned from."""

    @property
    @abstractmethod
    def windows(self) -> Windows:
        """The pieces that are heard at once."""

    @abstractmethod
    def tokens_of(self, texts: Sequence[str | None]) -> list[Tokens | None]:
        """The tokens to write of each text; None for None."""

    @abstractmethod
    def text_of(self, ids: Sequence[int]) -> str:
        """The text of tokens."""

    @abstractmethod
    def unlearnable(self, seconds: NDArray[np.float64] | None, tokens: Sequence[Tokens | None]) -> NDArray[np.bool_]:
        """For every row whether its tokens cannot be learned from a recording of that length."""

    unlearnable_reason: ClassVar[str]
    """Why not, for the log."""

    def weights_name(self) -> str | None:
        architecture = self.settings.architecture
        is_pretrained = architecture.pretrained and not architecture.backbone.startswith(SCRATCH)
        return str(architecture.backbone) if is_pretrained else None

    def find_weights(self, name: str) -> WeightsFile:
        return speech_weights(name)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration of the model."""
        return speech_config(self.assets)

    def training_notes(self, table: pd.DataFrame, targets: Sequence[str | None] | None) -> Iterator[Note]:
        """Which rows are left out of training, and why."""
        rows = np.asarray(row_numbers(table))
        for reason, is_out in self._left_out(table, self.tokens_of(targets or [])).items():
            if is_out.any():
                shown = ", ".join(map(str, rows[is_out][:MOST_ROWS_TOLD])) + (
                    "..." if is_out.sum() > MOST_ROWS_TOLD else ""
                )
                words = f"{counted(int(is_out.sum()), 'recording')} left out of training: {reason}. Rows {shown}."
                yield Note("warning", words)

    def samples(
        self, table: pd.DataFrame, media: Media, targets: Sequence[str | None] | None, *, training: bool
    ) -> Samples:
        seconds = _known_seconds(table)
        named = SpeechTable(self._names(table), row_numbers(table), seconds, media, self.settings.audio.sample_rate)
        tokens = None if targets is None else self.tokens_of(targets)
        if not training:
            return SpeechSamples(named, self.windows, tokens, range(len(table)), is_normalized=self.is_normalized)
        is_out = np.zeros(len(table), dtype=bool)
        for one in self._left_out(table, tokens or []).values():
            is_out |= one
        if is_out.all():
            raise TrainingError(
                "No recording is left to learn from: all are too long, or too short for their transcripts.",
                hint=f"Raise {self.longest_setting}, or cut the recordings into sentences.",
                code="too_few_rows",
            )
        chosen = np.flatnonzero(~is_out).tolist()
        return SpeechSamples(named, None, tokens, chosen, is_normalized=self.is_normalized)

    def collate(self, items: Sequence[SpeechItem]) -> SpeechBatch:
        audio, lengths = stacked([window for item in items for window in item.windows])
        return SpeechBatch(
            rows=[item.row for item in items],
            audio=torch.from_numpy(audio),
            lengths=torch.from_numpy(lengths),
            starts=[item.starts for item in items],
            samples=[item.samples for item in items],
            targets=padded_targets([item.target for item in items]),
        )

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        for position, name in enumerate(self._names(scored.table)):
            reference = READER.reference(media.relative(name), scored.known(position), media.origin)
            yield ShownRow(view={"title": name, "media": reference}, neighbour={"media": reference})

    def batch_pictures(self, batch: SpeechBatch, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        """The spectrogram of each recording's first window, with the text to write."""
        rows, names = row_numbers(table), self._names(table)
        firsts = np.cumsum([0, *batch.counts[:-1]])
        for position, row in enumerate(batch.rows):
            window = batch.audio[firsts[position], : int(batch.lengths[firsts[position]])]
            features = WhisperFeatures(
                PICTURE_BINS, max(HOP, len(window) // HOP * HOP), self.settings.audio.sample_rate
            )
            values = features(window[None])[0].numpy()[::-1]
            shares = np.clip((values - values.max()) / 2 + 1, 0, 1)
            truth = None
            if batch.targets is not None:
                ids = batch.targets[position][batch.targets[position] != IGNORED].tolist()
                truth = shown_text(self.text_of(ids), ())
            yield BatchPicture(coloured(shares), SampleView(row=rows[row], title=names[row], truth=truth))

    def _left_out(self, table: pd.DataFrame, tokens: Sequence[Tokens | None]) -> dict[str, NDArray[np.bool_]]:
        """By reason, which rows are not learned from; each has one reason at most."""
        seconds = _known_seconds(table)
        nothing = np.zeros(len(table), dtype=bool)
        is_empty = np.array([not _size(one) for one in tokens], dtype=bool) if tokens else ~nothing
        longest = self.longest_seconds
        is_long = (nothing if seconds is None else seconds > longest) & ~is_empty
        is_short = (self.unlearnable(seconds, tokens) if tokens else nothing) & ~is_empty & ~is_long
        return {
            "they have no transcript": is_empty,
            f"they are longer than {longest:g} s ({self.longest_setting})": is_long,
            self.unlearnable_reason: is_short,
        }

    def _names(self, table: pd.DataFrame) -> list[str]:
        return [str(name) for name in table[self.settings.dataset.audio_column]]


def transcripts_of(settings: Any, table: pd.DataFrame) -> list[str]:
    """The transcripts of a table; none without their column."""
    column = str(settings.dataset.label_columns)
    return cells(table, column) if column in table.columns else []


def normalized(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The recording with mean 0 and deviation 1, as Wav2vec2 hears it; silence stays silent."""
    centred = samples - samples.mean(dtype=np.float64) if len(samples) else samples
    deviation = np.sqrt(np.mean(np.square(centred), dtype=np.float64) + 1e-7) if len(samples) else 1.0
    return np.asarray(centred / deviation, dtype=np.float32)


def _known_seconds(table: pd.DataFrame) -> NDArray[np.float64] | None:
    if SECONDS not in table.columns:
        return None
    seconds = table[SECONDS].to_numpy(dtype=np.float64)
    return seconds if (seconds > 0).all() else None


def _size(tokens: Tokens | None) -> int:
    return 0 if tokens is None else len(tokens)
