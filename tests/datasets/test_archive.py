"""Zip files, good and hostile: rows E3 to E13 and B27 to B30."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.datasets.uploads.archive import extract_zip
from studio.errors import ArchiveError


def make_zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def overlapping_zip(entries: int, size: int) -> bytes:
    """Many names that share one compressed body, so that a small file declares a huge size."""
    raw = b"0" * size
    packer = zlib.compressobj(9, 8, -15)
    body = packer.compress(raw) + packer.flush()
    checksum = zlib.crc32(raw)
    local = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, checksum, len(body), len(raw), 1, 0) + b"f" + body
    central = (
        b"PK\1\2"
        + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 0, checksum, len(body), len(raw), 1, 0, 0, 0, 0, 0, 0)
        + b"f"
    ) * entries
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, entries, entries, len(central), len(local), 0)


def test_a_single_top_folder_is_stripped_and_junk_left_out(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "a.zip",
        {"top/train.csv": b"a", "top/images/1.png": b"b", "__MACOSX/top/._x": b"c", "top/.DS_Store": b"d"},
    )

    count = extract_zip(path, tmp_path / "out")

    assert count == 2
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")) == [
        "images/1.png",
        "train.csv",
    ]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a\\..\\..\\evil", "C:evil", "a/\x01b"])
def test_names_that_lead_outside_are_refused_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "a.zip", {"good.csv": b"a", name: b"evil"})

    with pytest.raises(ArchiveError) as error:
        extract_zip(path, tmp_path / "out" / "inner")

    assert "evil" in error.value.message or "b" in error.value.message
    assert not (tmp_path / "out" / "inner").exists()
    assert not list(tmp_path.rglob("evil"))


def test_a_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc")
        archive.writestr("link/x", "evil")

    with pytest.raises(ArchiveError, match="link"):
        extract_zip(tmp_path / "a.zip", tmp_path / "out")


def encrypted(data: bytes) -> bytes:
    changed = bytearray(data)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.find(magic) + offset] |= 1
    return bytes(changed)


def small_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", b"image,label\n" * 200)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: small_zip()[:-40], "damaged or incomplete"),
        (lambda: encrypted(small_zip()), "password-protected"),
        (lambda: overlapping_zip(2000, 16 << 20), "same name|overlaps"),
    ],
)
def test_broken_archives_are_refused_with_a_reason(tmp_path: Path, make: Callable[[], bytes], words: str) -> None:
    (tmp_path / "a.zip").write_bytes(make())

    with pytest.raises(ArchiveError, match=words):
        extract_zip(tmp_path / "a.zip", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(small_zip())
    data[45] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(bytes(data))

    with pytest.raises(ArchiveError):
        extract_zip(tmp_path / "a.zip", tmp_path / "out")


def test_bytes_are_counted_while_inflating(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"big.csv": b"0" * (64 << 20)})

    with pytest.raises(ArchiveError, match="expands to more"):
        extract_zip(path, tmp_path / "out")


def test_names_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"A.csv": b"a", "a.csv": b"b"})

    with pytest.raises(ArchiveError, match="same name"):
        extract_zip(path, tmp_path / "out")


def test_a_name_that_is_file_and_folder_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"a": b"a", "a/b": b"b"})

    with pytest.raises(ArchiveError, match="file and a folder"):
        extract_zip(path, tmp_path / "out")


def test_only_junk_is_no_upload(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no usable files"):
        extract_zip(make_zip(tmp_path / "a.zip", {"__MACOSX/x": b"", ".DS_Store": b""}), tmp_path / "out")


def test_unusual_names_are_kept(tmp_path: Path) -> None:
    names = ["with space.csv", "100%#.csv", "quote'.csv", "émoji 🐘.csv", "-dash.csv", "x" * 250 + ".csv"]

    extract_zip(make_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x")), tmp_path / "out")

    assert {path.name for path in (tmp_path / "out").iterdir()} == set(names)


@pytest.mark.covers("B165")
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("", "zip_slip", "An entry of the zip file has no name."),
        ("\0a.csv", "zip_slip", "An entry of the zip file has no name."),
        ("/".join(["d" * 200] * 11), "name_too_long", "is too long"),
        ("/".join(["ü" * 100] * 11), "name_too_long", "is too long"),
    ],
    ids=["empty", "ended_at_once", "long", "long_in_bytes"],
)
def test_b165_entries_without_a_usable_name_are_refused_by_name(
    name: str, code: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        archive.writestr(info, b"x")

    with pytest.raises(ArchiveError, match=words) as caught:
        extract_zip(path, tmp_path / "out")

    assert (caught.value.code, caught.value.hint != "", caught.value.found != "") == (code, True, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.covers("B165")
def test_b165_a_damaged_archive_is_told_without_empty_brackets(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", b"1")
    data = bytearray(path.read_bytes())
    central = data.find(b"PK\1\2")
    data[central + 20 : central + 28] = b"\xff" * 8  # sizes stand in a field of zip64, which is not there
    path.write_bytes(data)

    with pytest.raises(ArchiveError, match=r"is damaged or incomplete\.$"):
        extract_zip(path, tmp_path / "out")


def test_folders_that_windows_programs_separate_by_backslashes_are_folders(tmp_path: Path) -> None:
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in (("set\\", ""), ("set\\train.csv", "a\n1\n"), ("set\\images\\0.png", "x")):
            file.writestr(raw_entry(name), text)

    extract_zip(archive, tmp_path / "out")

    assert (tmp_path / "out" / "train.csv").read_text() == "a\n1\n"
    assert (tmp_path / "out" / "images" / "0.png").is_file()


@pytest.mark.parametrize("name", ["..\\evil", "C:\\evil", "\\evil", "a\\..\\..\\evil", "\\\\host\\share"])
def test_backslashes_lead_nowhere_else(name: str, tmp_path: Path) -> None:
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(raw_entry(name), "x")

    with pytest.raises(ArchiveError):
        extract_zip(archive, tmp_path / "out")

    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "evil").exists()


def raw_entry(name: str) -> zipfile.ZipInfo:
    """An entry whose name is kept as it is, as Python does not on Windows."""
    info = zipfile.ZipInfo("x")
    info.filename = name
    return info
