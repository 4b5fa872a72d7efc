"""Transformers that an installed package carries."""

import shutil
from pathlib import Path
from typing import NamedTuple

from studio.bundled_weights import PACKAGED_SPEECH_MODELS, PACKAGED_TEXT_MODELS
from studio.files import private_folder, read_json, sha256_file, write_json
from studio.modeling.weights import convert, weights_cache

RECORD = "converted.json"
"""Of a converted model: the SHA-256 of each of its files."""


class PackagedModel(NamedTuple):
    """A folder of a model, and the hash of its one file of weights where that is not checked yet."""

    folder: Path
    sha256: str | None = None


def packaged_model(name: str, cache: Path | None = None) -> PackagedModel | None:
    """The model of this name that came with the installation; None without its package.

    What is not in files of the library is converted once, into the folder of weights.

    Raises:
        WeightsError: if a package's files are not the known ones.
    """
    text, speech = PACKAGED_TEXT_MODELS.get(name), PACKAGED_SPEECH_MODELS.get(name)
    if text is not None and (path := text.path()):
        return PackagedModel(path.parent, text.sha256)
    if speech is None or speech.path() is None:
        return None
    folder = private_folder(cache or weights_cache()) / f"{name.replace('/', '--')}-{speech.weights[0].sha256[:12]}"
    if not is_intact(folder):
        convert("studio.modeling.hub_models.packaged_whisper", name, folder)
    return PackagedModel(folder)


def write_record(folder: Path) -> None:
    """Note the hash of every file of a converted model."""
    write_json(folder / RECORD, {path.name: sha256_file(path) for path in sorted(folder.iterdir())})


def is_intact(folder: Path) -> bool:
    """Whether a converted model is as it was made."""
    if not (folder / RECORD).is_file():
        return False
    recorded = read_json(folder / RECORD)
    return all((folder / file).is_file() and sha256_file(folder / file) == known for file, known in recorded.items())


def put_in_place(made: Path, folder: Path) -> None:
    """Give a converted model its name, unless another process was first."""
    try:
        made.rename(folder)
    except OSError:
        if not is_intact(folder):
            shutil.rmtree(folder)
            made.rename(folder)
