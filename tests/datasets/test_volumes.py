"""Volumes: recognised by content, read as they were written, refused in words, drawn for browsers."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.datasets.dataset import slices_sheet
from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.datasets.media.readers.volume import DEPTH, READER
from studio.datasets.media.registry import is_shown_by_browsers, reader_of
from studio.datasets.media.volume_errors import MAX_VALUES, VolumeError
from studio.datasets.media.volume_preview import MIDDLE_SIDE, TILE_SIDE, heat_sheet, slice_positions
from tests.datasets.volume_files import nifti_bytes, npy_bytes, npz_bytes, written

XYZ = np.arange(5 * 4 * 3, dtype=np.int16).reshape(5, 4, 3) - 7
ZYX = XYZ.transpose(2, 1, 0)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.nii", nifti_bytes(XYZ), ZYX),
        ("a.nii", nifti_bytes(XYZ, order=">"), ZYX),
        ("a.nii.gz", nifti_bytes(XYZ), ZYX),
        ("a.nii", nifti_bytes(XYZ, scaling=(2.0, 10.0)), ZYX * 2.0 + 10),
        ("a.nii", nifti_bytes(XYZ.astype(np.float64) / 4), ZYX / 4),
        ("a.npy", npy_bytes(ZYX), ZYX),
        ("a.npy", npy_bytes(np.asfortranarray(ZYX)), ZYX),
        ("a.npy", npy_bytes(ZYX.astype(">f4")), ZYX),
        ("a.npy", npy_bytes(ZYX > 0), (ZYX > 0) * 255),
        ("a.npz", npz_bytes(volume=ZYX), ZYX),
    ],
)
def test_values_come_as_they_were_written_slices_first(tmp_path: Path, name: str, data: bytes, expected: Any) -> None:
    path = written(tmp_path, name, data)

    volume = READER.decode(path, 1)
    facts = READER.inspect(path)

    assert volume.shape == (3, 4, 5, 1)
    assert np.array_equal(volume[..., 0], expected)
    assert (facts.shape, facts.channels) == ((3, 4, 5), 1)
    assert (facts.lowest, facts.highest) == (np.min(expected), np.max(expected))
    assert READER.read_facts(path).shape == facts.shape
    assert reader_of(path) is READER


def test_bytes_stay_bytes_and_other_numbers_become_32_bit_floats(tmp_path: Path) -> None:
    def of(values: Any) -> np.dtype[Any]:
        return READER.decode(written(tmp_path, "a.npy", npy_bytes(values)), 1).dtype

    assert of(np.zeros((3, 4, 5), np.uint8)) == np.uint8
    assert [of(np.ones((3, 4, 5), kind)) for kind in ("u2", "i8", "f2", "f8")] == [np.float32] * 4


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((2, 4, 5, 6), (4, 5, 6, 2)), ((4, 5, 6, 2), (4, 5, 6, 2)), ((3, 4, 5, 3), (3, 4, 5, 3))],
)
def test_channels_are_first_or_last(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    path = written(tmp_path, "a.npy", npy_bytes(np.ones(shape, np.float32)))

    assert READER.decode(path, expected[3]).shape == expected
    assert READER.read_facts(path).readable_channels == (expected[3],)


def test_one_channel_is_read_as_several_and_others_are_not(tmp_path: Path) -> None:
    grey = written(tmp_path, "a.npy", npy_bytes(np.arange(60, dtype=np.uint8).reshape(3, 4, 5)))
    two = written(tmp_path, "b.npy", npy_bytes(np.ones((3, 4, 5, 2), np.uint8)))

    three = READER.decode(grey, 3)
    assert (three == three[..., :1]).all()
    with pytest.raises(VolumeError, match="has 2 channels and cannot be read as 3"):
        READER.decode(two, 3)


FLOATS = np.linspace(0, 1, 60, dtype=np.float32).reshape(3, 4, 5)
LARGE = nifti_bytes(XYZ)[:42] + struct.pack("<3h", 2000, 2000, 2000) + nifti_bytes(XYZ)[48:]
WHOLE = npy_bytes(ZYX)
BAD_CRC = bytearray(gzip.compress(nifti_bytes(XYZ)))
BAD_CRC[-6] ^= 1


@pytest.mark.parametrize(
    ("name", "data", "code", "found"),
    [
        ("a.nii", b"", "volume_empty", "0 bytes"),
        ("a.nii", b"hello, this is no volume", "volume_unsupported", "text that begins with 'hello, this is no vo'"),
        ("a.npy", WHOLE[:-10], "volume_truncated", "110 bytes of values"),
        ("a.npy", WHOLE[:40], "volume_damaged", "an unreadable header"),
        ("a.nii", nifti_bytes(XYZ)[:-10], "volume_truncated", "110 bytes of values"),
        ("a.nii.gz", nifti_bytes(XYZ)[:-10], "volume_truncated", "110 bytes of values"),
        ("a.nii", gzip.compress(nifti_bytes(XYZ))[:-20], "volume_damaged", "bytes that cannot be decoded"),
        ("a.nii", bytes(BAD_CRC), "volume_damaged", "bytes that cannot be decoded"),
        ("a.nii.gz", LARGE, "volume_too_large", "8,000,000,000 values"),
        ("a.npy", npy_bytes(np.where(FLOATS > 0.9, np.nan, FLOATS)), "volume_values", "6 values that are not finite"),
        ("a.npy", npy_bytes(np.full((3, 4, 5), 1e300)), "volume_values", "60 values that are not finite"),
        ("a.npy", npy_bytes(np.ones((4, 5))), "volume_shape", "the shape (4, 5)"),
        ("a.npy", npy_bytes(np.ones((1, 4, 5))), "volume_shape", "the shape (1, 4, 5)"),
        ("a.npy", npy_bytes(np.ones((70, 80, 90, 80), bool)), "volume_shape", "the shape (70, 80, 90, 80)"),
        ("a.nii", nifti_bytes(XYZ[:, :, 0]), "volume_shape", "the shape (5, 4)"),
        ("a.nii", nifti_bytes(XYZ, code=128), "volume_unsupported", "values of the NIfTI type 128"),
        ("a.nii", nifti_bytes(XYZ, magic=b"ni1\0"), "volume_unsupported", "half of a pair of files"),
        ("a.npy", npy_bytes(ZYX.astype(complex)), "volume_unsupported", "values of the type complex128"),
        ("a.npz", npz_bytes(a=ZYX, b=ZYX), "volume_unsupported", "2 arrays"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, data: bytes, code: str, found: str) -> None:
    path = written(tmp_path, name, data)

    with pytest.raises(VolumeError) as caught:
        READER.inspect(path)

    assert (caught.value.code, caught.value.found) == (code, found)
    assert caught.value.expected
    assert caught.value.hint


def test_objects_in_arrays_are_refused_unread(tmp_path: Path) -> None:
    objects = np.array([[[{}]]], dtype=object)
    for name, data in (("a.npy", npy_bytes(objects)), ("a.npz", npz_bytes(a=objects))):
        with pytest.raises(VolumeError, match="holds object, not plain numbers"):
            READER.inspect(written(tmp_path, name, data))


def test_what_a_packed_file_unpacks_to_is_bounded(tmp_path: Path) -> None:
    """A small header with endless zeros behind it: no more is unpacked than the header says, and a little."""
    path = written(tmp_path, "bomb.nii.gz", nifti_bytes(XYZ) + bytes(50 << 20))

    with pytest.raises(VolumeError) as caught:
        READER.inspect(path)

    assert path.stat().st_size < 100_000
    assert caught.value.found == "over 1,048,576 further bytes"
    assert MAX_VALUES * 4 <= 1 << 29


def test_arrays_are_volumes_where_their_last_axis_is_too_long_for_colours(tmp_path: Path) -> None:
    def medium(shape: tuple[int, ...]) -> Any:
        return reader_of(written(tmp_path, "a.npy", npy_bytes(np.ones(shape, np.uint8))))

    assert [medium(shape) for shape in ((16, 64, 64), (64, 64, 64), (2, 16, 64, 64))] == [READER] * 3
    assert [medium(shape) for shape in ((64, 64), (64, 64, 3), (64, 64, 1))] == [IMAGE_READER] * 3


def test_middle_slices_and_a_sheet_of_all_are_drawn_between_percentiles(tmp_path: Path) -> None:
    volume = np.zeros((6, 30, 40), np.float32)
    volume[:, :15] = 1000.0
    volume[0, 0, 0] = 1e9
    path = written(tmp_path, "a.npy", npy_bytes(volume))
    preview = tmp_path / "previews" / "a.jpg"

    READER.inspect(path, preview)

    assert not is_shown_by_browsers(path)
    with Image.open(preview) as picture:
        assert picture.size == (3 * MIDDLE_SIDE, MIDDLE_SIDE)
        middle = np.asarray(picture.convert("L"))[:, :MIDDLE_SIDE]
    assert (middle[60, 160] > 240, middle[250, 160] < 15) == (True, True)
    with Image.open(slices_sheet(preview)) as sheet:
        assert sheet.size == (24 * TILE_SIDE, 3 * TILE_SIDE)
    assert slice_positions(6) == [0, 1, 2, 3, 4, 5]
    assert (slice_positions(40)[0], slice_positions(40)[-1], len(slice_positions(40))) == (0, 39, 24)


def test_a_page_knows_the_sides_of_a_volume(tmp_path: Path) -> None:
    facts = READER.read_facts(written(tmp_path, "a.npy", npy_bytes(ZYX)))

    columns = READER.columns([facts, None])
    media = READER.reference("a.npy", {name: values[0] for name, values in columns.items()})

    assert columns[DEPTH] == [3, 0]
    assert (media.kind, media.depth, media.height, media.width) == ("volume", 3, 4, 5)
    assert READER.reference("a.npy", {}).depth is None


def test_a_map_is_laid_out_as_the_slices_of_its_volume() -> None:
    """A map of half the size: what is bright in it lies over the same tiles of the sheet."""
    heat = np.zeros((4, 8, 6), dtype=np.float32)
    heat[1, 4:, 3:] = 1.0

    sheet = np.asarray(heat_sheet(heat, (8, 16, 12)))

    assert sheet.shape == (3 * TILE_SIDE, 16 * TILE_SIDE)
    tiles = sheet.reshape(3, TILE_SIDE, 16, TILE_SIDE).max(axis=(1, 3)) > 128
    assert np.flatnonzero(tiles[0]).tolist() == [2, 3]
    assert np.flatnonzero(tiles[1]).tolist() == list(range(8, 16))
    assert np.flatnonzero(tiles[2]).tolist() == list(range(6, 12))
    depth = sheet[:TILE_SIDE, 2 * TILE_SIDE : 3 * TILE_SIDE]
    assert depth[: TILE_SIDE // 3].max() < 128
    assert depth[-TILE_SIDE // 4 :, TILE_SIDE // 2 + 20 : TILE_SIDE * 7 // 8 - 10].min() > 128
