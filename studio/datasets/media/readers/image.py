"""Images: the reader that inspection, training, pages, online answers and scoring pipelines share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.datasets.media.image_facts import EXTENSIONS, ImageFacts, decoding_bytes
from studio.datasets.media.reader import MediaReader, Origin
from studio.datasets.uploads.file_kinds import file_kind, shown_type
from studio.results.prediction import HEIGHT, WIDTH
from studio.results.sample_view import MediaRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.datasets.dataset import TableRole
    from studio.datasets.inspection import Inspection


class ImageReader(MediaReader[ImageFacts]):
    """JPEG, PNG, WebP, BMP, TIFF, GIF and NumPy arrays. What opens files loads Pillow."""

    name = "image"
    noun = "an image"
    plural = "images"
    kinds = "a PNG, JPEG, WebP, BMP, TIFF or GIF, or a NumPy array"
    endings = EXTENSIONS
    smaller = "smaller images"
    larger = "larger images"

    def suffix_of(self, head: bytes) -> str | None:
        found = file_kind(head)
        return found.ending or None if found is not None and found.group in ("image", "data") else None

    def likelihood(self, head: bytes) -> float:
        """Arrays of numbers are what other media are, too."""
        found = file_kind(head)
        return 0.5 if found is not None and found.id == "numpy" else super().likelihood(head)

    def browser_type(self, head: bytes) -> str | None:
        return shown_type(head, "image")

    def read_facts(self, path: Path) -> ImageFacts:
        from studio.datasets.media.image_decoding import read_facts

        return read_facts(path)

    def decoding_bytes(self, facts: ImageFacts) -> int:
        return decoding_bytes(facts)

    def decode(self, path: Path, channels: int = 3) -> "NDArray[np.uint8]":
        """(height, width, channels): RGB, grey, RGBA, or as many as a NumPy file has."""
        from studio.datasets.media.image_decoding import open_image

        return open_image(path, channels)

    def inspect(self, path: Path, preview: Path | None = None, *, with_thumbnail: bool = True) -> ImageFacts:
        from studio.datasets.media.image_decoding import inspect_image

        return inspect_image(path, preview, with_thumbnail=with_thumbnail)

    def columns(self, facts: Sequence[ImageFacts | None]) -> Mapping[str, Sequence[int]]:
        """Width and height in pixels, the orientation tag applied; 0 where unknown."""
        return {
            WIDTH: [one.width if one else 0 for one in facts],
            HEIGHT: [one.height if one else 0 for one in facts],
        }

    def reference(self, path: str, row: Mapping[str, Any], origin: Origin = "dataset") -> MediaRef:
        width, height = row.get(WIDTH), row.get(HEIGHT)
        return MediaRef(
            kind=self.name,
            origin=origin,
            path=path,
            width=int(width) if width else None,
            height=int(height) if height else None,
        )

    def drop_misfits(self, inspection: "Inspection", column: str) -> None:
        from studio.datasets.media.image_warnings import drop_other_channels

        drop_other_channels(inspection, column)

    def note_table(self, inspection: "Inspection", role: "TableRole", column: str) -> None:
        from studio.datasets.media.image_warnings import note_images

        note_images(inspection, role, column)

    def note_all(self, inspection: "Inspection", column: str) -> None:
        from studio.datasets.media.image_warnings import note_all_images
        from studio.datasets.media.near_duplicates import note_near_duplicates

        note_all_images(inspection, column)
        note_near_duplicates(inspection, column)

    def said(self, settings: Mapping[str, Mapping[str, Any]]) -> str:
        image = settings.get("image", {})
        width = image.get("image_width")
        return f"images of {width} x {image.get('image_height')} pixels" if width else ""


READER = ImageReader()
