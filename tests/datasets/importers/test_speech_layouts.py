"""Speech corpora as they are published become the studio's own tables; parts of long recordings become files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studio.datasets.dataset import Dataset

ImportFiles = Callable[..., Dataset]
RATE = 8000


def recording(path: Path, seconds: float = 1.0, number: int = 0) -> Path:
    """A tone that differs with its number; its samples count the seconds, so that pieces can be told."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * RATE)) / RATE
    sound = 0.3 * np.sin(2 * np.pi * (200 + 60 * number) * times)
    soundfile.write(str(path), sound, RATE)
    return path


def made(folder: Path, recordings: list[str], texts: dict[str, str], seconds: float = 1.0) -> Path:
    for number, name in enumerate(recordings):
        recording(folder / name, seconds, number)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def rows(data: Dataset, role: Any = "train") -> list[dict[str, Any]]:
    table = data.manifest.table_of_role(role)
    assert table is not None
    frame = data.table(table.name)
    visible = [column for column in frame.columns if not column.startswith("__")]
    found: list[dict[str, Any]] = frame[visible].to_dict("records")
    return found


def codes(data: Dataset) -> dict[str, Any]:
    return {finding.code: finding for finding in data.findings()}


def said(data: Dataset, role: Any = "train") -> dict[str, str]:
    return {Path(row["audio"]).stem: row["transcript"] for row in rows(data, role)}


LIBRI = {
    "LibriSpeech/train-clean-100/19/198/19-198.trans.txt": "19-198-0000 ONE TWO THREE\n19-198-0001 FOUR FIVE SIX\n",
    "LibriSpeech/train-clean-100/26/495/26-495.trans.txt": "26-495-0000 SEVEN EIGHT NINE\n",
    "LibriSpeech/dev-clean/84/121/84-121.trans.txt": "84-121-0000 TEN ELEVEN TWELVE\n",
    "LibriSpeech/test-other/61/70/61-70.trans.txt": "61-70-0000 NOBODY KNOWS THAT\n",
}
LIBRI_FILES = [
    f"{path.rpartition('/')[0]}/{line.split()[0]}.flac" for path, text in LIBRI.items() for line in text.splitlines()
]


def test_librispeech_has_speakers_chapters_and_its_own_splits(tmp_path: Path, import_files: ImportFiles) -> None:
    data = import_files(made(tmp_path / "s", LIBRI_FILES, LIBRI))

    assert data.manifest.problem_type == "speech_recognition"
    assert data.manifest.roles["audio_column"] == "audio"
    assert data.manifest.roles["label_columns"] == "transcript"
    assert {table.role: table.rows for table in data.manifest.tables} == {"train": 3, "validation": 1, "test": 1}
    assert said(data)["19-198-0001"] == "FOUR FIVE SIX"
    first = rows(data)[0]
    assert (str(first["speaker"]), str(first["chapter"]), first["subset"]) == ("19", "198", "train-clean-100")


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.txt"])
def test_ljspeech_reads_quotes_as_signs_and_prefers_the_transcript_in_words(
    name: str, tmp_path: Path, import_files: ImportFiles
) -> None:
    lines = 'LJ001-0001|in 1465, he said|in fourteen sixty-five, he said\nLJ001-0002|"Printing, he|"Printing, he\n'
    names = ["LJ/wavs/LJ001-0001.wav", "LJ/wavs/LJ001-0002.wav"]

    data = import_files(made(tmp_path / "s", names, {f"LJ/{name}": lines}))

    assert data.manifest.problem_type == "speech_recognition"
    assert said(data) == {"LJ001-0001": "in fourteen sixty-five, he said", "LJ001-0002": '"Printing, he'}
    assert rows(data)[0]["as_written"] == "in 1465, he said"


def test_lists_of_splits_with_bars_become_tables(tmp_path: Path, import_files: ImportFiles) -> None:
    names = ["wavs/a.wav", "wavs/b.wav", "wavs/c.wav"]
    lists = {"filelists/train.txt": "wavs/a.wav|one two three\nwavs/b.wav|four five six\n",
             "filelists/val.txt": "wavs/c.wav|seven eight nine\n"}  # fmt: skip

    data = import_files(made(tmp_path / "s", names, lists))

    assert said(data) == {"a": "one two three", "b": "four five six"}
    assert said(data, "validation") == {"c": "seven eight nine"}


def test_vctk_takes_the_first_microphone_and_the_speaker_of_the_folder(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    names = [f"wav48/{speaker}/{speaker}_{number}_mic{mic}.flac"
             for speaker in ("p225", "p226") for number in ("001", "002") for mic in (1, 2)]  # fmt: skip
    texts = {f"txt/{speaker}/{speaker}_{number}.txt": f"please call {speaker} again\n"
             for speaker in ("p225", "p226") for number in ("001", "002")}  # fmt: skip

    data = import_files(made(tmp_path / "s", names, texts))

    assert len(rows(data)) == 4
    assert {row["speaker"] for row in rows(data)} == {"p225", "p226"}
    assert all("mic1" in row["audio"] for row in rows(data))
    assert codes(data)["recordings_left_out"].count == 4
    assert "second microphone" in codes(data)["recordings_left_out"].message


COMMON = "client_id\tpath\tsentence\tup_votes\tage\n"


def common(*names: str) -> str:
    return COMMON + "".join(f"speaker-{name}\t{name}.mp3\tThis is {name} speaking.\t2\tteens\n" for name in names)


def test_common_voice_keeps_to_its_official_splits(tmp_path: Path, import_files: ImportFiles) -> None:
    tables = {"en/train.tsv": common("a", "b"), "en/dev.tsv": common("c"), "en/test.tsv": common("d"),
              "en/validated.tsv": common("a", "b", "c", "d", "e"), "en/invalidated.tsv": common("f")}  # fmt: skip
    names = [f"en/clips/{name}.mp3" for name in "abcdef"]

    data = import_files(made(tmp_path / "s", names, tables))

    assert data.manifest.problem_type == "speech_recognition"
    assert {role: list(said(data, role)) for role in ("train", "validation", "test")} == {
        "train": ["a", "b"], "validation": ["c"], "test": ["d"]
    }  # fmt: skip
    assert rows(data)[0]["speaker"] == "speaker-a"
    assert "en/invalidated.tsv" in [one for finding in data.findings() for one in finding.examples]


def test_common_voice_without_a_train_table_trains_on_what_else_was_validated(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    tables = {"validated.tsv": common("a", "b", "c"), "test.tsv": common("c")}

    data = import_files(made(tmp_path / "s", [f"clips/{name}.mp3" for name in "abc"], tables))

    assert (list(said(data)), list(said(data, "test"))) == (["a", "b"], ["c"])


def manifest(*lines: dict[str, Any]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_a_manifest_names_recordings_wherever_they_lay_on_its_machine(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    lines = {"train_manifest.json": manifest(
        {"audio_filepath": "/data/nemo/wav/a.wav", "duration": 1.0, "text": "one two three", "speaker": "anna"},
        {"audio_filepath": "wav/b.wav", "duration": 1.0, "text": "four five six", "speaker": "ben"}),
        "test_manifest.json": manifest({"audio_filepath": "wav/c.wav", "text": "seven eight"})}  # fmt: skip

    data = import_files(made(tmp_path / "s", ["wav/a.wav", "wav/b.wav", "wav/c.wav"], lines))

    assert data.manifest.problem_type == "speech_recognition"
    assert said(data) == {"a": "one two three", "b": "four five six"}
    assert said(data, "test") == {"c": "seven eight"}


def pieces_of(data: Dataset) -> list[tuple[float, str]]:
    """Length in seconds and transcript of every training row."""
    folder = data.folder / "media" / data.manifest.media_folder
    return [(soundfile.info(str(folder / row["audio"])).duration, row["transcript"]) for row in rows(data)]


LONG = {"audio_filepath": "long.wav"}


def test_offsets_of_a_manifest_are_cut_out_of_the_long_recording(tmp_path: Path, import_files: ImportFiles) -> None:
    lines = manifest({**LONG, "offset": 0.5, "duration": 1.0, "text": "one two three"},
                     {**LONG, "offset": 2.0, "duration": 1.5, "text": "four five six"})  # fmt: skip
    source = made(tmp_path / "s", ["long.wav"], {"manifest.jsonl": lines}, seconds=4)

    data = import_files(source)

    assert pieces_of(data) == [(1.0, "one two three"), (1.5, "four five six")]
    assert [(row["recording"], row["start"], row["end"]) for row in rows(data)] == [
        ("long.wav", 0.5, 1.5), ("long.wav", 2.0, 3.5)
    ]  # fmt: skip
    whole, _ = soundfile.read(str(source / "long.wav"))
    piece, _ = soundfile.read(str(data.folder / "media" / data.manifest.media_folder / rows(data)[1]["audio"]))
    np.testing.assert_allclose(piece, whole[2 * RATE : round(3.5 * RATE)], atol=1e-4, equal_nan=False)


def test_e109_stretches_that_cannot_be_cut_are_reported_with_row_and_times(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    lines = manifest({**LONG, "offset": 0.0, "duration": 1.0, "text": "one two three"},
                     {**LONG, "offset": 3.5, "duration": 2.0, "text": "lies beyond the end"},
                     {**LONG, "offset": 2.0, "duration": -1.0, "text": "ends before it starts"},
                     {**LONG, "offset": "soon", "duration": 1.0, "text": "has no time"},
                     {**LONG, "offset": -1, "duration": 1.0, "text": "is before the start"},
                     {**LONG, "offset": 0.5, "duration": 1.0, "text": "overlaps and is kept"})  # fmt: skip

    data = import_files(made(tmp_path / "s", ["long.wav"], {"manifest.json": lines}, seconds=4))

    found = codes(data)
    assert [text for _, text in pieces_of(data)] == ["one two three", "overlaps and is kept"]
    assert found["stretch_beyond_end"].examples == ("manifest.json, line 2: 3.5 s to 5.5 s",)
    assert "which has 4.00 s" in found["stretch_beyond_end"].message
    assert found["stretch_reversed"].examples == ("manifest.json, line 3: 2 s to 1 s",)
    assert found["stretch_no_time"].count == 2


def test_stretches_that_would_fill_a_disk_are_not_cut(tmp_path: Path, import_files: ImportFiles) -> None:
    lines = manifest(*({**LONG, "offset": 0, "duration": 1.0, "text": f"row {number} here"} for number in range(30)))

    data = import_files(made(tmp_path / "s", ["long.wav"], {"manifest.json": lines}))

    assert len(rows(data)) == 20
    assert codes(data)["stretch_too_much"].count == 10


@pytest.mark.parametrize("second", ["end", "duration"])
def test_rows_with_start_and_end_become_recordings_of_classes(
    second: str, tmp_path: Path, import_files: ImportFiles
) -> None:
    table = f"file,start,{second},label,site\n" + "".join(
        f"forest.wav,{number / 2},{number / 2 + 0.5 if second == 'end' else 0.5},{('owl', 'fox')[number % 2]},north\n"
        for number in range(6)
    )

    data = import_files(made(tmp_path / "s", ["forest.wav"], {"train.csv": table}, seconds=4))

    assert data.manifest.problem_type == "audio_classification"
    assert [row["label"] for row in rows(data)] == ["owl", "fox"] * 3
    assert [row["start"] for row in rows(data)] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert rows(data)[0]["site"] == "north"


@pytest.mark.parametrize(
    ("column", "kind"), [("transcription", "speech_recognition"), ("label", "audio_classification")]
)
def test_an_audio_folder_of_the_hub_has_a_metadata_table_a_split(
    column: str, kind: str, tmp_path: Path, import_files: ImportFiles
) -> None:
    words = ["yes it is", "no not now"] if column == "transcription" else ["yes", "no"]
    names = [f"data/{split}/{number}.wav" for split in ("train", "test") for number in range(4)]
    head = f"file_name,{column}\n"
    tables = {f"data/{split}/metadata.csv": head + "".join(f"{n}.wav,{words[n % 2]}\n" for n in range(4))
              for split in ("train", "test")}  # fmt: skip

    data = import_files(made(tmp_path / "s", names, tables))

    assert data.manifest.problem_type == kind
    assert [row["audio"] for row in rows(data, "test")] == [f"test/{number}.wav" for number in range(4)]
    assert {table.role: table.rows for table in data.manifest.tables} == {"train": 4, "test": 4}


def test_kaldi_segments_are_cut_and_commands_are_only_looked_through(tmp_path: Path, import_files: ImportFiles) -> None:
    touched = tmp_path / "touched"
    texts = {"data/train/wav.scp": f"rec1 sox audio/rec1.wav -t wav - ; touch {touched} |\nrec2 audio/rec2.wav\n",
             "data/train/segments": "utt1 rec1 0.5 1.5\nutt2 rec1 2.0 3.0\nutt3 rec2 0.0 2.0\nutt4 rec2 1.0 9.0\n",
             "data/train/text": "utt1 HELLO THERE\nutt2 GOOD MORNING\nutt3 SEE YOU\nutt4 TOO LATE\n",
             "data/train/utt2spk": "utt1 anna\nutt2 anna\nutt3 ben\nutt4 ben\n",
             "data/test/wav.scp": "utt9 audio/rec3.wav\n", "data/test/text": "utt9 THE END\n"}  # fmt: skip
    names = ["audio/rec1.wav", "audio/rec2.wav", "audio/rec3.wav"]

    data = import_files(made(tmp_path / "s", names, texts, seconds=4))

    assert [(row["transcript"], row["speaker"]) for row in rows(data)] == [
        ("HELLO THERE", "anna"), ("GOOD MORNING", "anna"), ("SEE YOU", "ben")
    ]  # fmt: skip
    assert said(data, "test") == {"rec3": "THE END"}
    assert codes(data)["stretch_beyond_end"].examples == ("data/train/segments, line 4: 1 s to 9 s",)
    assert not touched.exists()


def test_rows_without_recordings_and_recordings_without_rows_are_both_said(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    lines = {"metadata.csv": "a|one two three|\ngone|where is it|\nb|four five six|\n"}

    data = import_files(made(tmp_path / "s", ["wavs/a.wav", "wavs/b.wav", "wavs/spare.wav"], lines))

    assert codes(data)["missing_file"].examples == ("metadata.csv, line 2: gone",)
    assert codes(data)["recordings_left_out"].examples == ("wavs/spare.wav",)


@pytest.mark.parametrize("name", ["päivää ä", "a b  c", "wïth'quote", "名前", "x" * 180])
def test_hostile_names_are_read_and_cut(name: str, tmp_path: Path, import_files: ImportFiles) -> None:
    lines = manifest({"audio_filepath": f"wav/{name}.wav", "offset": 0.25, "duration": 0.5, "text": "one two three"},
                     {"audio_filepath": f"wav/{name}.wav", "offset": 0.75, "duration": 0.25, "text": "four five"},
                     {"audio_filepath": "../../etc/passwd", "offset": 0, "duration": 1, "text": "six"})  # fmt: skip

    data = import_files(made(tmp_path / "s", [f"wav/{name}.wav"], {"manifest.json": lines}))

    assert pieces_of(data) == [(0.5, "one two three"), (0.25, "four five")]
    assert codes(data)["missing_file"].count == 1


def test_a_layout_without_one_usable_row_says_why_all_are_left_out(tmp_path: Path, scan_files: Any) -> None:
    lines = manifest({**LONG, "offset": 9, "duration": 1.0, "text": "far beyond"})

    found = scan_files(made(tmp_path / "s", ["long.wav"], {"manifest.json": lines}))

    assert found.state == "failed"
    assert {"stretch_beyond_end", "no_rows"} <= {finding.code for finding in found.findings}
