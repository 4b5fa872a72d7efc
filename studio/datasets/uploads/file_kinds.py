"""Kinds of files by their first bytes: the one table of magic bytes, asked by everything that opens an unknown file."""

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 512
Group = Literal["image", "audio", "table", "archive", "document", "data", "code"]
_MP3_STARTS = (b"ID3", *(bytes((0xFF, second)) for second in (0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3)))
"""A tag, or the first frame: its synchronization, MPEG version and layer III."""
_MP4_STARTS = (b"ftypM4A", b"ftypM4B", b"ftypmp42", b"ftypisom", b"ftypiso2")
_WEB_PAGE_WORDS = (b"<html", b"<!doctype html")


@dataclass(frozen=True)
class FileKind:
    """A kind of file, and the bytes that tell it."""

    id: str
    words: str
    """What such a file is, with its article."""
    group: Group
    starts: tuple[bytes, ...]
    """Any of them, at `offset`."""
    offset: int = 0
    then: tuple[int, bytes] = (0, b"")
    """Further bytes, and where they stand."""
    mime: str = ""
    """Of images and recordings that browsers show themselves."""
    ending: str = ""
    """Of media that are read: the ending that a file of this kind gets."""

    def begins(self, head: bytes) -> bool:
        """Whether a file that begins so is of this kind."""
        at, more = self.then
        return head.startswith(self.starts, self.offset) and head.startswith(more, at)


KINDS: tuple[FileKind, ...] = (
    FileKind("jpeg", "a JPEG image", "image", (b"\xff\xd8\xff",), mime="image/jpeg", ending="jpg"),
    FileKind("png", "a PNG image", "image", (b"\x89PNG\r\n\x1a\n",), mime="image/png", ending="png"),
    FileKind("webp", "a WebP image", "image", (b"RIFF",), then=(8, b"WEBP"), mime="image/webp", ending="webp"),
    FileKind("gif", "a GIF image", "image", (b"GIF87a", b"GIF89a"), mime="image/gif", ending="gif"),
    FileKind("bmp", "a BMP image", "image", (b"BM",), mime="image/bmp", ending="bmp"),
    FileKind("tiff", "a TIFF image", "image", (b"II*\x00", b"MM\x00*"), ending="tiff"),
    FileKind("wav", "a WAV recording", "audio", (b"RIFF", b"RF64"), then=(8, b"WAVE"), mime="audio/wav", ending="wav"),
    FileKind("flac", "a FLAC recording", "audio", (b"fLaC",), mime="audio/flac", ending="flac"),
    FileKind("ogg", "an Ogg recording", "audio", (b"OggS",), mime="audio/ogg", ending="ogg"),
    FileKind("mp3", "an MP3 recording", "audio", _MP3_STARTS, mime="audio/mpeg", ending="mp3"),
    FileKind("aiff", "an AIFF recording", "audio", (b"FORM",), then=(8, b"AIF"), ending="aiff"),
    FileKind("m4a", "an MPEG-4 recording", "audio", _MP4_STARTS, offset=4, mime="audio/mp4", ending="m4a"),
    FileKind("parquet", "a parquet file", "table", (b"PAR1",)),
    FileKind("zip", "a zip or Office file", "archive", (b"PK\x03\x04", b"PK\x05\x06")),
    FileKind("gzip", "a gzip file", "archive", (b"\x1f\x8b",)),
    FileKind("bzip2", "a bzip2 file", "archive", (b"BZh",)),
    FileKind("xz", "an xz file", "archive", (b"\xfd7zXZ",)),
    FileKind("rar", "a RAR archive", "archive", (b"Rar!",)),
    FileKind("7z", "a 7-Zip archive", "archive", (b"7z\xbc\xaf",)),
    FileKind("tar", "a tar archive", "archive", (b"ustar",), offset=257),
    FileKind("pdf", "a PDF file", "document", (b"%PDF",)),
    FileKind("postscript", "a PostScript file", "document", (b"%!PS",)),
    FileKind("photoshop", "a Photoshop file", "document", (b"8BPS",)),
    FileKind("icns", "an ICNS file", "document", (b"icns",)),
    FileKind("fits", "a FITS file", "data", (b"SIMPLE  =",)),
    FileKind("dicom", "a DICOM file", "data", (b"DICM",), offset=128),
    FileKind("numpy", "a NumPy array", "data", (b"\x93NUMPY",), ending="npy"),
    FileKind("hdf5", "an HDF5 file", "data", (b"\x89HDF",)),
    FileKind("pickle", "a pickle", "code", (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")),
)


def file_kind(head: bytes) -> FileKind | None:
    """The known kind of a file by its first bytes, or None. Text has none: see `kind_of_bytes`."""
    return next((kind for kind in KINDS if kind.begins(head)), None)


def is_kind(head: bytes, *ids: str) -> bool:
    """Whether a file that begins so is of one of these kinds."""
    found = file_kind(head)
    return found is not None and found.id in ids


def shown_type(head: bytes, group: Group) -> str | None:
    """The MIME type of media of a group that browsers show themselves; None for anything else."""
    found = file_kind(head)
    return found.mime or None if found is not None and found.group == group else None


def foreign_archive(head: bytes) -> FileKind | None:
    """The kind of archive, where it is one that is not read."""
    found = file_kind(head)
    return found if found is not None and found.group == "archive" and found.id != "zip" else None


def is_web_page(head: bytes) -> bool:
    """Whether this is HTML."""
    lower = head.lstrip().lower()
    return lower.startswith(b"<") and any(word in lower for word in _WEB_PAGE_WORDS)


def kind_of_bytes(head: bytes) -> str:
    """The kind of file that begins so, in words; the first bytes themselves where they are of no known kind."""
    if not head:
        return "0 bytes"
    if is_web_page(head):
        return "a web page"
    if head.lstrip().startswith(b"<"):
        return "an SVG image" if b"<svg" in head.lower() else "XML"
    known = file_kind(head)
    # Two letters that begin a BMP begin words, too.
    if known is not None and not (known.group == "image" and _is_text(head)):
        return known.words
    if head[4:8] == b"ftyp":
        return f"a file of the kind {head[8:12].decode('ascii', 'replace').strip().upper()}"
    return f"text that begins with {head[:20].decode('ascii')!r}" if _is_text(head) else f"bytes {head[:8].hex(' ')}"


def _is_text(head: bytes) -> bool:
    return head.isascii() and all(byte >= 32 or byte in b"\t\n\r" for byte in head)
