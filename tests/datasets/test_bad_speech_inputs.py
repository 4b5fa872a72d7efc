"""Bad inputs of transcribed recordings: what is said is missing, or what it is said in."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.datasets.bad_cases import Case, check_case, found, handled, refused, row_count
from tests.datasets.bad_uploads import Make

CHOICES: dict[str, Any] = {
    "problem_type": "speech_recognition",
    "roles": {"audio_column": "audio", "label_columns": "transcript"},
}
GOOD = [(f"{number}.wav", f"good words {number}") for number in range(4)]


def spoken(*rows: tuple[str, str], broken: Sequence[str] = (), header: str = "audio,transcript") -> Make:
    """Four good rows and those given; every WAV that a row names is written, but for `broken` ones."""

    def make(folder: Path) -> Path:
        (folder / "audios").mkdir(parents=True)
        every = [*GOOD, *rows]
        with (folder / "train.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header.split(","), *every])
        for name in {name for name, _ in every if name.endswith(".wav")} - {"gone.wav"}:
            if name in broken:
                (folder / "audios" / name).write_bytes(b"RIFF\x24\x00\x00\x00WAVE")
            else:
                times = np.arange(4000) / 8000
                soundfile.write(str(folder / "audios" / name), 0.3 * np.sin(2000 * times * (1 + len(name))), 8000)
        return folder

    return make


CASES = [
    found("E93", "an empty transcript", spoken(("4.wav", "")), "no_label", (5,), choices=CHOICES, holds=row_count(4)),
    found("E93", "blanks alone", spoken(("4.wav", "  \t ")), "no_label", (5,), choices=CHOICES, holds=row_count(4)),
    found("E94", "NUL in a transcript", spoken(("4.wav", "a\x01b")), "control_characters_removed", (5,),
          choices=CHOICES, holds=row_count(5)),
    found("E103", "a recording that is missing", spoken(("gone.wav", "words")), "no_file", (5,),
          choices=CHOICES, holds=row_count(4)),
    found("E104", "a recording that is a header alone", spoken(("4.wav", "words"), broken=["4.wav"]), "audio_damaged",
          (5,), choices=CHOICES, holds=row_count(4)),
    refused("E21", "no column of transcripts", spoken(header="audio,other"), "no_column", choices=CHOICES),
    handled("E95", "transcripts that are numbers", spoken(("4.wav", "7")), row_count(5), choices=CHOICES),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.what}")
def test_bad_speech_is_told(case: Case, tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    check_case(case, tmp_path, scan_files, import_files)
