"""A text file for every recording, as in VCTK, beside it or in folders that are called like those of the recordings.

txt/p225/p225_001.txt
wav48/p225/p225_001.wav   or wav48_silence_trimmed/p225/p225_001_mic1.flac
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from studio.datasets.importers.file_names import FileNames
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import lines_of, nothing_there, role_of
from studio.datasets.importers.speech.spoken_rows import SPEAKER, TRANSCRIPT, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER

LEAST_SHARE = 0.8
"""Of recordings that have a text of their own."""
MICROPHONES = ("_mic1", "_mic2")
"""The second release of VCTK has every sentence twice; the first microphone is the one that others use."""


def recognise(upload: Upload) -> Recognition | None:
    """A text of its own for nearly every recording."""
    texts = _texts(upload)
    count = sum(path in texts for path in upload.recordings.paths)
    if count < 2 or count < LEAST_SHARE * len(upload.recordings.paths):
        return None
    return Recognition(0.96, (f"{count} recordings have a text file of the same name",))


def read(upload: Upload) -> Conversion:
    """A row a recording, with the folder that it shares with its text as the speaker.

    Raises:
        DatasetError, FindingsError: if no recording has a text, or there is no row.
    """
    texts = _texts(upload)
    if not texts:
        raise nothing_there("text file that is called like a recording", "p225_001.txt for p225_001.wav")
    rows = SpokenRows(upload)
    for path, text_path in sorted(texts.items()):
        if path.rpartition(".")[0].endswith(MICROPHONES[1]) and path.replace(*MICROPHONES[::-1]) in texts:
            continue
        said = " ".join(line for _, line in lines_of(upload, text_path))
        folder = PurePosixPath(path).parent.name
        speaker = folder if folder and folder == PurePosixPath(text_path).parent.name else None
        rows.add(role_of(path), path, **{TRANSCRIPT: said or None, SPEAKER: speaker})
    return rows.conversion("VCTK", "have no text, or repeat a sentence through a second microphone")


def _texts(upload: Upload) -> Mapping[str, str]:
    """Recordings -> the text of the same name, the nearest where there are several."""
    texts = [path for path in upload.with_ending(".txt") if not path.lower().endswith(".trans.txt")]
    if not texts:
        return {}
    index = FileNames(texts)
    found: dict[str, str] = {}
    for path in upload.recordings.paths:
        stem = PurePosixPath(path).stem
        plain = next((stem.removesuffix(one) for one in MICROPHONES if stem.endswith(one)), stem)
        text = index.with_stem(plain, path) or index.with_stem(stem, path)
        if text is not None:
            found[path] = text
    return found


VCTK = DatasetFormat(
    "vctk", "Text per recording", "A text file for every recording, of the same name, as in VCTK.",
    recognise, read, medium=READER.name, accounts_for_media=True,
)  # fmt: skip
