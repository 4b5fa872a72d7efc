"""Pictures are known by what they are, whatever their names end in, and what decorates them is no damage."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER as RECORDINGS
from studio.datasets.media.readers.image import READER
from studio.datasets.uploads.discovery import list_files

ENDINGS = {
    ".JPG": "JPEG",
    "": "PNG",
    ".image": "WEBP",
    ".jfif": "JPEG",
    ".JPE": "JPEG",
    ".1": "PNG",
    ".download": "BMP",
}


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (24, 32, 3), dtype=np.uint8))


def test_classes_keep_pictures_with_any_ending_and_none(tmp_path: Path, import_files: Any) -> None:
    for number, label in enumerate(("glass", "tin")):
        (tmp_path / "in" / label).mkdir(parents=True)
        for place, (ending, kind) in enumerate(ENDINGS.items()):
            picture(10 * number + place).save(tmp_path / "in" / label / f"p{place}{ending}", kind)
        (tmp_path / "in" / label / "notes").write_text("BM, GIF89a and other words that begin pictures, too")

    frame = import_files(tmp_path / "in").table("train.parquet")

    assert frame["label"].value_counts().to_dict() == {"glass": len(ENDINGS), "tin": len(ENDINGS)}


def test_annotations_find_pictures_without_ending(tmp_path: Path) -> None:
    picture(0).save(tmp_path / "shot_1", "PNG")
    (tmp_path / "shot_1.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    upload = Upload(tmp_path, list_files(tmp_path), {})

    assert upload.images.named("shot_1", "a.json") == "shot_1"
    assert upload.images.find_stem("labels/shot_1.txt").path == "shot_1"
    assert (upload.of_medium(READER), upload.of_medium(RECORDINGS)) == (["shot_1"], [])


def profile(size: int) -> bytes:
    """A colour profile as large as those of scanners: an sRGB one, and numbers that say nothing behind it."""
    from PIL import ImageCms

    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain + np.random.default_rng(1).bytes(size - len(plain))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_large_colour_profiles_are_no_damage(kind: str, tmp_path: Path) -> None:
    picture(0).save(tmp_path / "a", kind, icc_profile=profile(3 << 20))

    facts = READER.inspect(tmp_path / "a", tmp_path / "preview", with_thumbnail=False)

    assert (facts.width, facts.height) == (32, 24)


@pytest.mark.parametrize("is_packed", [True, False])
def test_large_notes_are_no_damage(is_packed: bool, tmp_path: Path) -> None:
    notes = PngInfo()
    notes.add_text("prompt", "a long note " * 400_000, zip=is_packed)
    picture(0).save(tmp_path / "a.png", pnginfo=notes)

    facts = READER.inspect(tmp_path / "a.png", tmp_path / "preview", with_thumbnail=False)

    assert facts.width == 32
