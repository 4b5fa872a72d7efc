"""NumPy images: shapes, types and ranges, each by a fixed rule; the same reader as for every other image."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.datasets.media.image_decoding import ImageError, decode_image, inspect_image, open_image, read_facts
from studio.datasets.media.image_part import ImagePart

GENERATOR = np.random.default_rng(5)
BYTES = GENERATOR.integers(0, 256, (6, 8, 3), dtype=np.uint8)


def saved(folder: Path, values: np.ndarray, name: str = "a.npy") -> Path:
    np.save(folder / name, values, allow_pickle=False)
    return folder / name


@pytest.mark.parametrize(
    ("values", "expected", "scaling"),
    [
        (BYTES, BYTES, ""),
        (BYTES.astype(">u2") * 256 + 255, BYTES, "high byte"),
        (BYTES.astype(np.uint16) * 257, BYTES, "high byte"),
        ((BYTES / 255).astype(np.float32), BYTES, "0 to 1"),
        (BYTES.astype(np.float64), BYTES, "0 to 255"),
        (BYTES.astype(np.int64), BYTES, ""),
        (BYTES > 127, (BYTES > 127) * np.uint8(255), ""),
        (np.asfortranarray(BYTES), BYTES, ""),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, np.ndarray) else str(value),
)
def test_values_become_bytes_by_a_rule_that_is_said(
    tmp_path: Path, values: np.ndarray, expected: np.ndarray, scaling: str
) -> None:
    path = saved(tmp_path, values)

    pixels = open_image(path)

    assert np.array_equal(pixels, expected)
    assert pixels.dtype == np.uint8
    assert inspect_image(path).scaling == scaling
    assert np.array_equal(decode_image(path.read_bytes()), expected)


@pytest.mark.parametrize("channels", [2, 5, 64])
def test_any_number_of_channels_is_read_as_it_is_and_as_nothing_else(tmp_path: Path, channels: int) -> None:
    values = GENERATOR.integers(0, 256, (4, 5, channels), dtype=np.uint8)
    path = saved(tmp_path, values)

    assert np.array_equal(open_image(path, channels), values)
    assert read_facts(path).readable_channels == (channels,)
    for other in (1, 3, channels + 1):
        with pytest.raises(ImageError, match=f"has {channels} channels") as error:
            open_image(path, other)
        assert error.value.code == "image_channels"


def test_grey_and_colour_become_each_other(tmp_path: Path) -> None:
    grey = saved(tmp_path, BYTES[:, :, 0])
    colour = saved(tmp_path, BYTES, "b.npy")
    Image.fromarray(BYTES).save(tmp_path / "b.png")

    assert np.array_equal(open_image(grey, 3), np.repeat(BYTES[:, :, :1], 3, axis=2))
    assert np.array_equal(open_image(colour, 1), open_image(tmp_path / "b.png", 1))


def test_four_channels_are_read_only_where_the_file_has_them(tmp_path: Path) -> None:
    values = GENERATOR.integers(0, 256, (4, 5, 4), dtype=np.uint8)
    Image.fromarray(values).save(tmp_path / "a.png")
    Image.fromarray(BYTES).save(tmp_path / "b.png")

    assert np.array_equal(open_image(tmp_path / "a.png", 4), values)
    assert read_facts(tmp_path / "a.png").readable_channels == (1, 3, 4)
    with pytest.raises(ImageError, match="cannot be read as 4"):
        open_image(tmp_path / "b.png", 4)
    with pytest.raises(ImageError, match="cannot be read as 7"):
        open_image(tmp_path / "b.png", 7)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.full((4, 4), -1.0), "image_range"),
        (np.full((4, 4), 300), "image_range"),
        (np.full((4, 4), np.nan), "image_values"),
        (np.full((4, 4), 1j), "image_unsupported"),
        (np.zeros((4,), np.uint8), "image_shape"),
        (np.zeros((2, 3, 4, 5), np.uint8), "image_shape"),
        (np.zeros((4, 0), np.uint8), "image_shape"),
        (np.zeros((3, 200, 300), np.uint8), "image_shape"),
    ],
)
def test_what_no_rule_speaks_of_is_refused(tmp_path: Path, values: np.ndarray, code: str) -> None:
    with pytest.raises(ImageError) as error:
        open_image(saved(tmp_path, values))

    assert error.value.code == code
    assert error.value.hint


def test_channels_first_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as error:
        open_image(saved(tmp_path, np.zeros((3, 200, 300), np.uint8)))

    assert "channels last" in error.value.hint


def test_objects_are_never_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "pwned"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path(mark).touch, ())

    buffer = io.BytesIO()
    np.save(buffer, np.array([[Bomb()]], dtype=object), allow_pickle=True)
    (tmp_path / "a.npy").write_bytes(buffer.getvalue())
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Bomb()))

    for name in ("a.npy", "b.npy"):
        with pytest.raises(ImageError):
            open_image(tmp_path / name)
    assert not mark.exists()


def test_a_truncated_or_lying_file_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path, BYTES).read_bytes()
    (tmp_path / "b.npy").write_bytes(whole[:-1])
    (tmp_path / "c.npy").write_bytes(whole.replace(b"(6, 8, 3)", b"(9, 9, 9)"))

    for name in ("b.npy", "c.npy"):
        with pytest.raises(ImageError) as error:
            open_image(tmp_path / name)
        assert error.value.code == "image_truncated"


def test_arrays_get_a_picture_that_browsers_draw(tmp_path: Path) -> None:
    values = np.zeros((300, 600, 7), np.uint8)
    values[:, :, 0] = 200

    facts = inspect_image(saved(tmp_path, values), tmp_path / "p.jpg", with_thumbnail=False)

    assert not facts.is_drawn
    with Image.open(tmp_path / "p.jpg") as picture:
        assert picture.size == (600, 300)
        assert picture.getpixel((5, 5))[0] > 180


def test_the_channels_of_a_dataset_are_offered_to_the_form(tmp_path: Path, import_files: Any) -> None:
    source = tmp_path / "s"
    for label in ("cat", "dog"):
        (source / label).mkdir(parents=True)
        for number in range(3):
            saved(source / label, GENERATOR.random((9, 7, 5)).astype(np.float32), f"{number}.npy")

    data = import_files(source)

    assert data.profile().part(ImagePart).channels == {"5": 6}
    assert data.profile().part(ImagePart).readable_channels == (5,)
    assert data.choice_context().facts["dataset.image_channels"] == [5]
    findings = {one.code: one for one in data.findings()}
    assert findings["float_image"].count == 6
    assert "0 to 1" in findings["float_image"].message


def test_decimal_numbers_of_two_ranges_are_warned_about(tmp_path: Path, import_files: Any) -> None:
    source = tmp_path / "s"
    for label in ("cat", "dog"):
        (source / label).mkdir(parents=True)
        for number in range(3):
            scale = 255.0 if label == "cat" or number else 1.0
            saved(source / label, GENERATOR.random((9, 7)) * scale, f"{number}.npy")

    findings = {one.code: one for one in import_files(source).findings()}

    assert findings["mixed_ranges"].rows == (4,)
