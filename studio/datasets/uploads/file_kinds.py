"""What a file is that cannot be read as what it was taken for, as far as its first bytes tell."""

from studio.datasets.uploads.archive import foreign_archive

HEAD_BYTES = 512
_WEB_PAGE_WORDS = (b"<html", b"<!doctype html")
_MAGIC = (
    (b"PK\x03\x04", "a zip or Office file"),
    (b"PAR1", "a parquet file"),
    (b"%PDF", "a PDF file"),
    (b"%!PS", "a PostScript file"),
    (b"8BPS", "a Photoshop file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"icns", "an ICNS file"),
    (b"\x93NUMPY", "a NumPy array"),
)


def kind_of_bytes(head: bytes) -> str:
    """The kind of file that begins so, in words; the first bytes themselves where they are of no known kind."""
    start = head.lstrip()
    if not head:
        return "0 bytes"
    if start[:1] == b"<":
        lower = start.lower()
        if any(word in lower for word in _WEB_PAGE_WORDS):
            return "a web page"
        return "an SVG image" if b"<svg" in lower else "XML"
    other = foreign_archive(head)
    if other is not None:
        return f"a {other} file"
    known = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if known is not None:
        return known
    if head[128:132] == b"DICM":
        return "a DICOM file"
    if head[4:8] == b"ftyp":
        return f"a file of the kind {head[8:12].decode('ascii', 'replace').strip().upper()}"
    return f"text that begins with {head[:20].decode('ascii')!r}" if _is_text(head) else f"bytes {head[:8].hex(' ')}"


def _is_text(head: bytes) -> bool:
    return head.isascii() and all(byte >= 32 or byte in b"\t\n\r" for byte in head)
