"""Spectrograms against librosa, chunks, masks and resampling."""

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from studio.datasets.media.mel_filters import hertz_of, mel_filters, mel_of
from studio.errors import WeightsError
from studio.modeling.audio.augmentations import STRENGTHS, augmented, drawn_masks, masked
from studio.modeling.audio.backbone import SpectrogramNormalization
from studio.modeling.audio.chunks import fixed_chunks, full_chunks, joined, random_chunk
from studio.modeling.audio.features import PCEN_SCALE, MelSpectrogram, pcen
from studio.modeling.audio.parameters import ASSET, AudioParameters, parameters_of
from studio.modeling.audio.reader import resampled
from studio.modeling.dense.tiles import covering_starts

pytestmark = pytest.mark.filterwarnings("ignore")

CASES = [
    (16_000, 128, 50.0, 8000.0, 160, 1024),
    (8000, 40, 0.0, 4000.0, 100, 512),
    (44_100, 64, 20.0, 16_000.0, 512, 2048),
]


def sound(rate: int, seconds: float = 0.7) -> NDArray[np.float32]:
    generator = np.random.default_rng(3)
    times = np.arange(int(rate * seconds)) / rate
    tone = np.sin(2 * np.pi * 440 * times) + 0.3 * np.sin(2 * np.pi * 1330 * times)
    return (0.4 * tone + 0.05 * generator.standard_normal(len(times))).astype(np.float32)


def parameters(rate: int, bins: int, lowest: float, highest: float, hop: int, window: int) -> AudioParameters:
    return AudioParameters(
        sample_rate=rate,
        mel_bins=bins,
        lowest_hertz=lowest,
        highest_hertz=highest,
        hop=hop,
        window=window,
        chunk_seconds=0.7,
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_energies_are_those_of_numpy_and_the_filters_of_librosa(
    case: tuple[int, int, float, float, int, int],
) -> None:
    rate, bins, lowest, highest, hop, window = case
    samples = sound(rate)
    around = np.pad(samples.astype(np.float64), window // 2)
    starts = range(0, len(samples) + 1, hop)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    spectra = np.stack([np.abs(np.fft.rfft(around[start : start + window] * hann)) ** 2 for start in starts], 1)

    ours = MelSpectrogram(parameters(*case), "Log-mel").energies(torch.from_numpy(samples)[None])[0].numpy()

    theirs = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bins, fmin=lowest, fmax=highest) @ spectra
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-4 * float(theirs.max()))


@pytest.mark.faults
@pytest.mark.parametrize("case", CASES, ids=str)
def test_energies_are_those_of_librosa(case: tuple[int, int, float, float, int, int]) -> None:
    rate, bins, lowest, highest, hop, window = case
    samples = sound(rate)

    ours = MelSpectrogram(parameters(*case), "Log-mel").energies(torch.from_numpy(samples)[None])[0].numpy()

    theirs = librosa.feature.melspectrogram(
        y=samples, sr=rate, n_fft=window, hop_length=hop, n_mels=bins, fmin=lowest, fmax=highest
    )
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-4 * float(theirs.max()))


def test_filters_are_those_of_librosa() -> None:
    theirs = librosa.filters.mel(sr=22_050, n_fft=2048, n_mels=80, fmin=0, fmax=11_025)

    assert mel_filters(22_050, 2048, 80, 0, 11_025) == pytest.approx(theirs, abs=1e-7)


def test_the_mel_scale_goes_back_and_forth() -> None:
    hertz = np.array([0.0, 300, 1000, 1001, 8000])

    assert hertz_of(mel_of(hertz)) == pytest.approx(hertz)
    assert mel_of(hertz) == pytest.approx(librosa.hz_to_mel(hertz))


def test_pcen_is_that_of_librosa() -> None:
    rate, hop = 16_000, 160
    energies = (
        librosa.feature.melspectrogram(y=sound(rate), sr=rate, hop_length=hop, n_fft=1024, n_mels=40) * PCEN_SCALE
    )

    ours = pcen(torch.from_numpy(energies).float()[None], rate / hop)[0].numpy()

    steps = 0.4 * rate / hop
    share = (np.sqrt(1 + 4 * steps**2) - 1) / (2 * steps**2)
    first = energies[:, :1] * (1 - share)  # librosa's filter state for a past that equals the first value
    theirs = librosa.pcen(energies, sr=rate, hop_length=hop, b=share, zi=first)
    assert ours == pytest.approx(theirs, rel=2e-3, abs=2e-3)


def test_a_spectrogram_of_silence_is_finite() -> None:
    for kind in ("Log-mel", "PCEN"):
        image = MelSpectrogram(parameters(*CASES[0]), kind)(torch.zeros(1, 8000))
        assert torch.isfinite(image).all()


@pytest.mark.parametrize(("length", "chunk"), [(100, 100), (101, 100), (250, 100), (1000, 300), (40, 100)])
def test_chunks_cover_every_sample(length: int, chunk: int) -> None:
    starts = covering_starts(length, chunk, overlap=0.0)

    heard = np.zeros(max(length, chunk), dtype=bool)
    for start in starts:
        heard[start : start + chunk] = True
    assert heard[:length].all()
    assert all(start + chunk <= max(length, chunk) for start in starts)
    assert {len(one) for one in fixed_chunks(np.ones(length, np.float32), chunk)} == {chunk}


def test_maps_of_chunks_become_one_of_the_recording() -> None:
    whole = np.tile(np.arange(25, dtype=np.float32), (3, 1))
    chunks = [whole[:, start : start + 10] for start in covering_starts(25, 10, overlap=0.0)]

    assert joined(chunks, 25) == pytest.approx(whole, abs=1)  # starts are rounded
    assert joined([whole], 20.2).shape == (3, 21)


def test_a_whole_recording_is_one_piece_up_to_the_longest_allowed() -> None:
    samples = np.ones(950, np.float32)

    assert [len(one) for one in full_chunks(samples, 2000, 100)] == [1000]
    assert [len(one) for one in full_chunks(samples, 500, 100)] == [500, 500]


def test_a_short_recording_keeps_all_its_samples_wherever_it_is_put() -> None:
    samples = np.arange(1, 6, dtype=np.float32)

    for seed in range(5):
        chunk = random_chunk(samples, 9, np.random.default_rng(seed))
        assert chunk[chunk > 0].tolist() == samples.tolist()
        assert len(chunk) == 9
    assert random_chunk(samples, 3, None).tolist() == [1, 2, 3]


@pytest.mark.parametrize("strategy", STRENGTHS)
def test_augmentations_follow_the_seed(strategy: str) -> None:
    def drawn(seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        generator = np.random.default_rng(seed)
        return augmented(sound(8000), strategy, generator), drawn_masks(strategy, generator)  # type: ignore[arg-type]

    once, again, other = drawn(5), drawn(5), drawn(6)

    assert all(np.array_equal(*pair) for pair in zip(once, again, strict=True))
    assert once[0].shape != other[0].shape or not np.array_equal(once[0], other[0])
    assert len(once[1]) == 2 * STRENGTHS[strategy].masks  # type: ignore[index]


def test_masks_cover_their_bands_with_the_mean_and_nothing_else() -> None:
    image = torch.arange(40.0).reshape(1, 1, 4, 10)
    masks = torch.tensor([[[0.0, 0.25, 0.5], [1.0, 0.5, 0.7]]])

    result = masked(image, masks)[0, 0]

    covered = torch.zeros(4, 10, dtype=torch.bool)
    covered[1] = True
    covered[:, 5:7] = True
    assert (result[covered] == image.mean()).all()
    assert torch.equal(result[~covered], image[0, 0][~covered])


def test_resampling_keeps_a_tone_and_removes_what_the_new_rate_cannot_hold() -> None:
    rate, wanted = 32_000, 8000
    times = np.arange(rate) / rate
    kept, removed = np.sin(2 * np.pi * 1000 * times), np.sin(2 * np.pi * 9000 * times)

    result = resampled((kept + removed).astype(np.float32), rate, wanted)

    expected = np.sin(2 * np.pi * 1000 * np.arange(wanted) / wanted)
    assert len(result) == wanted
    assert np.abs(result - expected)[200:-200].max() < 1e-3


def test_global_normalization_is_that_of_all_training_batches() -> None:
    generator = torch.Generator().manual_seed(1)
    batches = [3 + 2 * torch.randn(4, 1, 5, 7, generator=generator) for _ in range(3)]
    normalization = SpectrogramNormalization("Global", 5)
    for one in batches:
        normalization(one)

    normalization.eval()
    result = normalization(torch.cat(batches))

    assert result.mean((0, 1, 3)) == pytest.approx(torch.zeros(5), abs=1e-5)
    assert result.std((0, 1, 3), unbiased=False) == pytest.approx(torch.ones(5), abs=1e-4)


@pytest.mark.parametrize(
    "asset", [None, b"", b"[]", b'{"window": 1e12}', b"[" * 2000], ids=["missing", "empty", "a list", "huge", "deep"]
)
def test_a_damaged_asset_is_refused_in_words(asset: bytes | None) -> None:
    with pytest.raises(WeightsError, match=r"audio\.json"):
        parameters_of({} if asset is None else {ASSET: asset})
