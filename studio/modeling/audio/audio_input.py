"""AudioInput: rows that name recordings, over a timm backbone that sees their spectrograms.

Shapes: B recordings of a batch, N chunks of all of them, S samples, K targets.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.media.audio_preview import coloured
from studio.datasets.media.readers.audio import READER
from studio.modeling.audio.augmentations import Strategy, augmented, drawn_masks
from studio.modeling.audio.backbone import AudioBackbone
from studio.modeling.audio.chunks import fixed_chunks, full_chunks, joined, random_chunk, stacked
from studio.modeling.audio.explained_moments import explained_moments
from studio.modeling.audio.features import MelSpectrogram
from studio.modeling.audio.parameters import AudioParameters, assets_of, parameters_of
from studio.modeling.audio.reader import read_recording
from studio.modeling.audio.speech_encoder import SpeechEncoder
from studio.modeling.audio.speech_models import find_speech_model, speech_assets
from studio.modeling.batch_normalization import group_keeps_statistics
from studio.modeling.composed_recipe import ShownRow, TargetBatch, TruthView
from studio.modeling.encoder_recipe import Encoder, EncoderInput, EncoderModel, Score
from studio.modeling.images.hires_cam import attribution_maps
from studio.modeling.images.mixing import mixtures
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import Assets, BatchPicture, Media, Note, SampleIndex, Samples
from studio.modeling.weights import WeightsFile
from studio.results.sample_view import SampleView
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.audio import AudioMixSection
from studio.settings.sections.networks.speech_encoder import is_speech_encoder
from studio.settings.sections.text import SCRATCH

BACKBONE = "backbone"
"""The module of the model that turns recordings into vectors."""
PICTURE_RANGE = 3.5
"""Of the logarithmic energies that pictures of a batch show: 70 decibels."""


class AudioItem(NamedTuple):
    """One recording in chunks, with what is to be learned of it."""

    row: int
    chunks: list[NDArray[np.float32]]
    samples: int
    """Of the recording, without padding."""
    masks: NDArray[np.float32]
    target: Any | None


@dataclass
class AudioBatch(TargetBatch):
    """Chunks (N, S) of recordings, padded behind their lengths (N); targets (B, K)."""

    audio: Tensor
    lengths: Tensor
    heard: Tensor
    """Samples of each chunk (N) that are of its recording, from its beginning where the backbone hears speech."""
    masks: Tensor
    """Of spectrograms (N, masks, 3), see `drawn_masks`."""
    counts: list[int] = field(default_factory=list)
    """Chunks of each recording."""
    samples: list[int] = field(default_factory=list)
    """Of each recording, without padding."""


class AudioSources(NamedTuple):
    """Where the recordings of a table come from, and how they are read."""

    names: Sequence[str]
    rows: Sequence[int]
    media: Media
    parameters: AudioParameters


class TrainingChunks(Samples):
    """A random chunk of each recording of a table, varied."""

    def __init__(
        self, sources: AudioSources, strategy: Strategy, targets: Sequence[Any] | None, *, shifts: bool
    ) -> None:
        super().__init__(len(sources.names))
        self._sources, self._strategy, self._targets, self._shifts = sources, strategy, targets, shifts

    def __getitem__(self, draw: SampleIndex) -> AudioItem:
        names, rows, media, parameters = self._sources
        samples = read_recording(media, names[draw.row], rows[draw.row], parameters.sample_rate)
        masks = np.zeros((0, 3), dtype=np.float32)
        generator = None if draw.seed is None else np.random.default_rng(draw.seed)
        if generator is not None:
            samples = augmented(samples, self._strategy, generator)
            masks = drawn_masks(self._strategy, generator)
        chunk = random_chunk(samples, parameters.chunk_samples, generator, shifts=self._shifts)
        heard = min(len(samples), len(chunk))
        return AudioItem(draw.row, [chunk], heard, masks, None if self._targets is None else self._targets[draw.row])


class WholeRecordings(Samples):
    """All of each recording of a table, in chunks."""

    def __init__(self, sources: AudioSources, prediction: Any, targets: Sequence[Any] | None) -> None:
        super().__init__(len(sources.names))
        self._sources, self._prediction, self._targets = sources, prediction, targets

    def __getitem__(self, draw: SampleIndex) -> AudioItem:
        names, rows, media, parameters = self._sources
        samples = read_recording(media, names[draw.row], rows[draw.row], parameters.sample_rate)
        masks = np.zeros((0, 3), dtype=np.float32)
        target = None if self._targets is None else self._targets[draw.row]
        return AudioItem(draw.row, self._chunks(samples), len(samples), masks, target)

    def _chunks(self, samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        parameters, prediction = self._sources.parameters, self._prediction
        step = parameters.chunk_samples
        if prediction.inference_chunk_method == "Full":
            most = round(prediction.max_inference_chunk_seconds * parameters.sample_rate)
            return full_chunks(samples, max(step, most), step)
        seconds = prediction.inference_chunk_seconds
        length = max(parameters.window, round(seconds * parameters.sample_rate)) if seconds else step
        return fixed_chunks(samples, length)


class AudioInput(EncoderInput[AudioBatch]):
    """Recordings: chunks of one length in training, all of them in predictions."""

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        name = str(settings.value("architecture.backbone"))
        return {**assets_of(settings, table), **(speech_assets(name) if is_speech_encoder(name) else {})}

    @property
    def is_speech(self) -> bool:
        """Whether the backbone hears speech, rather than looks at spectrograms."""
        return is_speech_encoder(self.settings.architecture.backbone)

    @cached_property
    def parameters(self) -> AudioParameters:
        """How recordings are read."""
        return parameters_of(self.assets)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", self.parameters.describe(is_speech=self.is_speech))

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        sources = AudioSources(self._names(table), row_numbers(table), media, self.parameters)
        if training:
            strategy = self.settings.augmentation.augmentations_strategy
            return TrainingChunks(sources, strategy, targets, shifts=not self.is_speech)
        return WholeRecordings(sources, self.settings.prediction, targets)

    def collate(self, items: Sequence[AudioItem]) -> AudioBatch:
        targets = [item.target for item in items if item.target is not None]
        audio, lengths = stacked([chunk for item in items for chunk in item.chunks])
        masks = [item.masks for item in items for _ in item.chunks]
        heard = [min(len(chunk), item.samples) for item in items for chunk in item.chunks]
        return AudioBatch(
            heard=torch.tensor(heard),
            rows=[item.row for item in items],
            audio=torch.from_numpy(audio),
            lengths=torch.from_numpy(lengths),
            masks=torch.from_numpy(np.stack(masks)),
            counts=[len(item.chunks) for item in items],
            samples=[item.samples for item in items],
            targets=torch.from_numpy(np.stack(targets)) if targets else None,
        )

    def weights_name(self) -> str | None:
        name = super().weights_name()
        return None if name is None or name.startswith(SCRATCH) else name

    def find_weights(self, name: str) -> WeightsFile:
        return find_speech_model(name).weights() if is_speech_encoder(name) else super().find_weights(name)

    def encoder(self, weights: WeightsFile | None) -> Encoder:
        """Spectrogram, normalization and a pooled backbone."""
        audio, architecture = self.settings.audio, self.settings.architecture
        if self.is_speech:
            speech = SpeechEncoder(self.assets, architecture.pool, weights, is_frozen=architecture.freeze_encoder)
            return Encoder({BACKBONE: speech}, speech.features)
        backbone = AudioBackbone(
            self.parameters,
            audio.spectrogram,
            audio.spectrogram_normalization,
            architecture.backbone,
            architecture.pool,
            weights,
        )
        is_kept = group_keeps_statistics(self.settings, self.body_group)
        return Encoder({BACKBONE: backbone}, backbone.features, keeps_statistics=is_kept)

    def tensors(self, batch: AudioBatch) -> tuple[Tensor, ...]:
        tensors = (batch.audio, batch.lengths, batch.masks)
        return (*tensors, batch.heard) if self.is_speech else tensors

    def chunk_counts(self, batch: AudioBatch) -> Sequence[int] | None:
        return None if len(batch.lengths) == len(batch) else batch.counts

    def attributions(
        self, model: nn.Module, batch: AudioBatch, score_of: Callable[[Tensor], Score]
    ) -> list[NDArray[np.float32]] | None:
        """HiResCAM over the spectrogram of each whole recording, low frequencies at the bottom.

        Of a speech encoder, over its moments: all frequencies of one are alike.
        """
        maps = []
        for chunk, length, mask, heard in zip(
            batch.audio, batch.lengths.tolist(), batch.masks, batch.heard.tolist(), strict=True
        ):
            sides = (self.parameters.mel_bins, 1 + length // self.parameters.hop)
            if self.is_speech:
                assert isinstance(model, EncoderModel)
                encoder = model.get_submodule(BACKBONE)
                assert isinstance(encoder, SpeechEncoder)
                moments = explained_moments(model, encoder, chunk[:length], heard, sides, score_of)
                maps.append(moments.cpu().numpy())
                continue
            one = (chunk[None, :length], torch.tensor([length], device=chunk.device), mask[None])
            made = attribution_maps(model, one, sides, lambda outputs: score_of(outputs.detach())(outputs))
            if made is None:
                return None
            maps.append(made[0].flip(0).cpu().numpy())
        starts = np.cumsum([0, *batch.counts])
        spans = zip(starts[:-1], starts[1:], batch.samples, strict=True)
        return [joined(maps[begin:end], samples / self.parameters.hop) for begin, end, samples in spans]

    def mix(self, batch: AudioBatch) -> AudioBatch:
        augmentation = self.settings.augmentation
        if not isinstance(augmentation, AudioMixSection):
            return batch
        for one in mixtures(
            augmentation, len(batch), 1, batch.audio.shape[1], corner=False, kind=augmentation.mix_audio
        ):
            assert batch.targets is not None
            targets = one.targets(batch.targets, augmentation.mix_target)
            heard = torch.maximum(batch.heard, batch.heard[one.partners.to(batch.heard.device)])
            batch = replace(batch, audio=one.images(batch.audio), heard=heard, targets=targets)
        return batch

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        for position, name in enumerate(self._names(scored.table)):
            reference = READER.reference(media.relative(name), scored.known(position), media.origin)
            yield ShownRow(view={"title": name, "media": reference}, neighbour={"media": reference})

    def batch_pictures(self, batch: AudioBatch, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        """The spectrogram of each recording's first chunk."""
        rows, names = row_numbers(table), self._names(table)
        firsts = np.cumsum([0, *batch.counts[:-1]])
        spectrogram = MelSpectrogram(self.parameters, "Log-mel")
        for position, row in enumerate(batch.rows):
            target = batch.target(position)
            view = SampleView(row=rows[row], title=names[row], truth=None if target is None else truth_view(target))
            chunk = batch.audio[firsts[position], : int(batch.lengths[firsts[position]])]
            energies = spectrogram(chunk[None])[0, 0].numpy()[::-1]
            shares = np.clip((energies - energies.max()) / PICTURE_RANGE + 1, 0, 1)
            yield BatchPicture(coloured(shares), view)

    def _names(self, table: pd.DataFrame) -> list[str]:
        return [str(name) for name in table[self.settings.dataset.audio_column]]
