"""Recordings: recognised by content, read whatever their rate, channels and depth, refused in words (E103 to E108)."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from studio.datasets.dataset import Dataset, preview_name
from studio.datasets.media.audio_decoding import open_audio
from studio.datasets.media.audio_errors import AudioError
from studio.datasets.media.audio_facts import MOST_SECONDS
from studio.datasets.media.audio_part import AudioPart
from studio.datasets.media.readers.audio import READER
from studio.datasets.media.registry import is_shown_by_browsers, reader_of
from studio.importing.scan import draw_previews, scan_files
from studio.problems.registry import problem_types

RATE = 8000
ImportFiles = Callable[..., Dataset]


def tone(seconds: float = 0.5, rate: int = RATE, loudness: float = 0.5) -> np.ndarray:
    return (loudness * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def write(path: Path, samples: Any, rate: int = RATE, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(path), samples, rate, **options)
    return path


@pytest.mark.parametrize(
    ("format", "subtype", "tolerance"),
    [
        ("WAV", "PCM_16", 1e-4),
        ("WAV", "PCM_24", 1e-6),
        ("WAV", "FLOAT", 0),
        ("WAV", "ULAW", 0.02),
        ("FLAC", "PCM_16", 1e-4),
        ("OGG", "VORBIS", 0.05),
        ("MP3", "MPEG_LAYER_III", 0.05),
        ("AIFF", "PCM_16", 1e-4),
    ],
)
def test_e106_e107_samples_come_as_they_were_whatever_the_file_is_called(
    tmp_path: Path, format: str, subtype: str, tolerance: float
) -> None:
    path = write(tmp_path / "named.mp3", tone(), format=format, subtype=subtype)

    samples, rate = open_audio(path)
    facts = READER.inspect(path)

    assert reader_of(path) is READER
    assert (rate, facts.sample_rate, facts.channels) == (RATE, RATE, 1)
    assert facts.seconds == pytest.approx(0.5, abs=0.15)  # MP3 pads both ends
    found = np.correlate(samples[:2000], tone()[:2000]).max() / np.square(tone()[:2000]).sum()
    assert found > 0.5
    if tolerance < 0.05:
        assert samples == pytest.approx(tone(), abs=tolerance)


def test_e106_several_channels_become_their_mean(tmp_path: Path) -> None:
    left, right = tone(), tone(loudness=0.1)
    path = write(tmp_path / "stereo.wav", np.stack([left, right], 1), subtype="FLOAT")

    assert READER.read_facts(path).channels == 2
    assert READER.decode(path)[:, 0] == pytest.approx((left + right) / 2, abs=1e-6)


def test_a_part_is_read_by_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(2.0))

    part, _ = open_audio(path, start=0.5, seconds=0.25)

    assert part == pytest.approx(open_audio(path)[0][4000:6000])


def test_e104_a_file_that_was_cut_off_is_read_and_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(1.0), subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:-6000])

    facts = READER.inspect(path)

    assert (facts.frames, facts.missing_frames) == (5000, 3000)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "audio_empty"),
        (b"RIFF\x24\x00\x00\x00WAVE", "audio_damaged"),
        (b"fLaC" + bytes(60), "audio_damaged"),
        (b"#EXTM3U\nhttp://example.org/a.mp3\n", "audio_unsupported"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "audio_unsupported"),
    ],
    ids=["nothing", "a header alone", "a damaged FLAC", "a playlist", "an image"],
)
def test_e103_e107_what_is_no_recording_is_refused_in_words(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)

    with pytest.raises(AudioError) as told:
        READER.inspect(path)

    assert told.value.code == code
    assert told.value.found
    assert told.value.hint


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        (np.zeros(0, np.float32), "audio_empty"),
        (tone(0.005), "audio_too_short"),
        (np.array([0.1, np.nan, 0.2] * 100, np.float32), "audio_not_finite"),
    ],
)
def test_e103_e108_samples_that_say_nothing_are_refused(tmp_path: Path, samples: Any, code: str) -> None:
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")

    with pytest.raises(AudioError) as told:
        READER.inspect(path)

    assert told.value.code == code


def test_e108_hours_are_refused_by_the_header_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", np.zeros(int(MOST_SECONDS) + 10, np.int16), rate=1)

    with pytest.raises(AudioError) as told:
        READER.read_facts(path)

    assert told.value.code == "audio_too_large"


def test_the_picture_shows_where_it_is_loud(tmp_path: Path) -> None:
    samples = np.concatenate([np.zeros(RATE, np.float32), tone(1.0)])
    READER.inspect(write(tmp_path / "a.wav", samples), tmp_path / "preview.jpg")

    pixels = np.asarray(Image.open(tmp_path / "preview.jpg").convert("L"), dtype=float)

    assert pixels.shape == (256, 640)
    assert pixels[96:, 330:].mean() > pixels[96:, :310].mean() + 5
    assert is_shown_by_browsers(tmp_path / "a.wav")


def test_e105_e108_a_dataset_says_what_is_odd_and_keeps_the_rest(tmp_path: Path, import_files: ImportFiles) -> None:
    source = tmp_path / "source"
    write(source / "audios" / "a.wav", tone())
    write(source / "audios" / "b.wav", tone(rate=16_000), rate=16_000)
    write(source / "audios" / "silent.wav", np.zeros(RATE, np.float32))
    write(source / "audios" / "loud.wav", np.clip(tone(loudness=3), -1, 1))
    (source / "audios" / "broken.flac").write_bytes(b"fLaC" + bytes(60))
    names = ["a.wav", "b.wav", "silent.wav", "loud.wav", "broken.flac"]
    rows = "".join(f"{name},{label}\n" for name, label in zip(names, "xyxyx", strict=True))
    (source / "train.csv").write_text(f"audio,label\n{rows}")

    dataset = import_files(source)

    codes = {finding.code for finding in dataset.findings()}
    assert dataset.manifest.problem_type == "audio_classification"
    assert dataset.manifest.tables[0].rows == 4
    assert {"audio_rates", "audio_silent", "audio_clipped", "audio_damaged"} <= codes
    part = dataset.profile().part(AudioPart)
    assert part.sample_rates == {"8000": 3, "16000": 1}
    assert part.longest_seconds == pytest.approx(1.0)
    assert part.formats == {"WAV, PCM_16": 4}
    assert part.silent == 1
    assert part.quiet_share == pytest.approx(1.0 / 2.5, abs=0.01)


def test_a_folder_a_class_of_recordings_is_a_dataset(tmp_path: Path, import_files: ImportFiles) -> None:
    source = tmp_path / "source"
    for label in ("dog", "cat"):
        for number in range(3):
            write(source / label / f"{number}.wav", tone(loudness=0.2 + 0.1 * number))

    dataset = import_files(source)

    assert dataset.manifest.problem_type == "audio_classification"
    assert dataset.manifest.roles == {"audio_column": "audio", "label_columns": ("label",)}
    assert dataset.manifest.tables[0].rows == 6


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("loudness", [0.5, 0.02])
def test_pauses_are_measured_against_the_recording_itself(tmp_path: Path, loudness: float, channels: int) -> None:
    """A quarter of a recording hisses 46 dB below its tone; the first of two channels is silent throughout."""
    hiss = loudness * 0.005 * np.random.default_rng(0).uniform(-1, 1, 4000).astype(np.float32)
    sound = np.concatenate([tone(0.75, loudness=loudness), hiss[: RATE // 4]])
    samples = sound if channels == 1 else np.stack([np.zeros_like(sound), sound], 1)

    facts = READER.inspect(write(tmp_path / "pause.wav", samples, subtype="FLOAT"))

    assert facts.quiet_share == pytest.approx(0.25, abs=0.02)
    assert not facts.is_silent


def test_silence_is_silent_throughout(tmp_path: Path) -> None:
    facts = READER.inspect(write(tmp_path / "silence.wav", np.zeros(RATE, np.float32)))

    assert facts.quiet_share == 1.0
    assert facts.is_silent


def test_the_preview_of_an_import_has_pictures_of_its_recordings(tmp_path: Path) -> None:
    problem_types()["audio_classification"].make_example(tmp_path / "files")
    result = scan_files(tmp_path / "files", {})

    draw_previews(tmp_path, result)

    shown = [one.media.path for one in result.samples if one.media]
    assert shown
    for path in shown:
        with Image.open(tmp_path / "previews" / preview_name(path)) as picture:
            assert picture.size == (640, 256)


FFMPEG = """#!/bin/sh
echo run "$@" >> {calls}
for last; do :; done
case "$*" in *damaged*) printf half > "$last"; exit 1;; esac
cp {flac} "$last"
"""


@pytest.fixture
def ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the program: what it decodes is one tone. Gives the file that counts its runs."""
    folder = tmp_path / "programs"
    flac = write(folder / "tone.flac", tone())
    program, calls = folder / "ffmpeg", folder / "calls"
    program.write_text(FFMPEG.format(calls=calls, flac=flac))
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return calls


def test_an_mpeg_4_recording_is_decoded_once_at_import_and_keeps_its_name(
    tmp_path: Path, import_files: ImportFiles, ffmpeg: Path
) -> None:
    source = tmp_path / "s"
    for number in range(5):
        write(source / "audios" / f"{number}.wav", tone(loudness=0.2 + 0.1 * number))
    for name in ("memo", "damaged"):
        (source / "audios" / f"{name}.m4a").write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(64))
    names = [*(f"{number}.wav" for number in range(5)), "memo.m4a", "damaged.m4a"]
    rows = "".join(f"{name},{'ab'[at % 2]}\n" for at, name in enumerate(names))
    (source / "train.csv").write_text(f"audio,label\n{rows}")

    data = import_files(source)
    runs = ffmpeg.read_text()
    kept = data.folder / "media" / data.manifest.media_folder / "memo.m4a"
    samples, rate = open_audio(kept)

    assert data.table("train.csv")["audio"].tolist() == names[:-1]
    # The others were for the pictures of the rows that the scan shows.
    assert sum("/datasets/" in line for line in runs.splitlines()) == 2
    assert ffmpeg.read_text() == runs
    assert kept.read_bytes()[:4] == b"fLaC"
    np.testing.assert_allclose(samples, tone(), atol=1e-4, equal_nan=False)
    assert rate == RATE
    assert not kept.with_name("damaged.m4a").exists()


def test_without_ffmpeg_an_mpeg_4_recording_is_left_out_and_told_what_to_install(
    tmp_path: Path, import_files: ImportFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recognised by its content, whatever its name ends in."""
    source = tmp_path / "s"
    for number in range(5):
        write(source / "audios" / f"{number}.wav", tone(loudness=0.2 + 0.1 * number))
    for name, brand in (("memo.m4a", b"M4A "), ("phone.wav", b"mp42")):
        (source / "audios" / name).write_bytes(b"\0\0\0\x20ftyp" + brand + bytes(64))
    names = [*(f"{number}.wav" for number in range(5)), "memo.m4a", "phone.wav"]
    rows = "".join(f"{name},{'ab'[at % 2]}\n" for at, name in enumerate(names))
    (source / "train.csv").write_text(f"audio,label\n{rows}")
    monkeypatch.setenv("PATH", str(tmp_path))

    data = import_files(source)

    assert data.table("train.csv")["audio"].tolist() == names[:5]
    told = next(one for one in data.findings() if one.code == "audio_unsupported")
    assert told.found == "an MPEG-4 recording"
    assert "Install ffmpeg" in told.fix


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_aac_is_decoded_to_the_sound_that_was_encoded(tmp_path: Path) -> None:
    """By the real program, down to the loss of AAC at 128 kbit/s: 30 dB below the tone."""
    known = write(tmp_path / "tone.wav", tone(2.0))
    memo = tmp_path / "memo.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", known, "-c:a", "aac", "-b:a", "128k", memo], check=True)

    samples, rate = open_audio(memo)

    assert rate == RATE
    # The encoder needs a few frames of an eighth of a second until it has settled.
    middle = slice(RATE // 2, 3 * RATE // 2)
    loss = samples[middle] - tone(2.0)[middle]
    assert np.abs(loss).max() < 10 ** (-30 / 20)
