"""Files to predict that browsers do not draw get pictures, and what is broken is left to the prediction."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from studio.datasets.dataset import preview_name, slices_sheet
from studio.datasets.media.readers.audio import SECONDS
from studio.datasets.media.readers.volume import DEPTH
from studio.datasets.media.riff import write_wav
from studio.errors import NotFoundError
from studio.modeling.recipe import Media
from studio.problems.registry import problem_type
from studio.server.services.shown_files import shown_file
from studio.training.outputs.media_previews import with_previews


def _previewed(kind: str, names: list[str], media: Path, previews: Path) -> pd.DataFrame:
    settings = problem_type(kind).model_types[0].settings().replaced({"dataset.image_column": "image"})
    return with_previews(problem_type(kind), settings, pd.DataFrame({"image": names}), Media(media), previews)


def test_volumes_of_an_upload_are_drawn_and_measured(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6 * 7 * 8, dtype=np.int16).reshape(6, 7, 8))
    (tmp_path / "bad.npy").write_bytes(b"no volume")

    table = _previewed("image_3d_classification", ["a.npy", "bad.npy", "lost.npy"], tmp_path, tmp_path / "previews")

    assert table[DEPTH].tolist() == [6, 0, 0]
    preview = tmp_path / "previews" / preview_name("a.npy")
    assert shown_file(tmp_path / "a.npy", preview) == preview
    assert shown_file(tmp_path / "a.npy", preview, "slices") == slices_sheet(preview)
    missing = tmp_path / "previews" / preview_name("bad.npy")
    assert shown_file(tmp_path / "bad.npy", missing) == tmp_path / "bad.npy"
    with pytest.raises(NotFoundError):
        shown_file(tmp_path / "previews", missing)


def test_tiff_is_drawn_and_png_left_to_the_browser(tmp_path: Path) -> None:
    for name in ("a.tiff", "b.png"):
        Image.fromarray(np.full((9, 12, 3), 77, np.uint8)).save(tmp_path / name)

    table = _previewed("image_classification", ["a.tiff", "b.png"], tmp_path, tmp_path / "previews")

    assert list(table["image"]) == ["a.tiff", "b.png"]
    assert [path.name for path in (tmp_path / "previews").iterdir()] == [preview_name("a.tiff")]
    assert shown_file(tmp_path / "b.png", tmp_path / "previews" / preview_name("b.png")) == tmp_path / "b.png"


def test_recordings_are_drawn_although_browsers_play_them(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", 0.4 * np.sin(np.arange(8000) / 3), 8000)
    kind = problem_type("audio_classification")
    settings = kind.model_types[0].settings.from_mapping({"dataset.audio_column": "audio"})
    table = pd.DataFrame({"audio": ["a.wav"]})

    known = with_previews(kind, settings, table, Media(tmp_path), tmp_path / "previews")

    preview = tmp_path / "previews" / preview_name("a.wav")
    assert list(known[SECONDS]) == [1.0]
    assert shown_file(tmp_path / "a.wav", preview, "256") == preview
    assert shown_file(tmp_path / "a.wav", preview) == tmp_path / "a.wav"
