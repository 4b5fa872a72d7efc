"""Volumes: the reader that inspection, training, pages, online answers and scoring pipelines share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.datasets.media.reader import MediaReader, Origin
from studio.datasets.media.volume_facts import EXTENSIONS, VolumeFacts, decoding_bytes
from studio.results.prediction import DEPTH, HEIGHT, MEDIA_PREFIX, WIDTH
from studio.results.sample_view import MediaRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.datasets.inspection import Inspection

SPACING = f"{MEDIA_PREFIX}spacing"
"""Millimetres between voxels along (depth, height, width)."""
ORIENTATION = f"{MEDIA_PREFIX}orientation"
"""Where columns, rows and slices point, such as LPS."""
MOST_COLOURS = 4
"""An array of three axes whose last is no longer is an image with channels."""


class VolumeReader(MediaReader[VolumeFacts]):
    """NumPy arrays, NIfTI, and DICOM series as folders or zip files."""

    name = "volume"
    noun = "a volume"
    plural = "volumes"
    kinds = (
        "a NIfTI file (.nii, .nii.gz), a NumPy array of three or four axes (.npy, .npz), or a DICOM series in a .zip"
    )
    endings = EXTENSIONS
    smaller = "smaller volumes"
    larger = "larger volumes"

    def suffix_of(self, head: bytes) -> str | None:
        from studio.datasets.media.volume_files import ending_of

        return ending_of(head)

    def likelihood(self, head: bytes) -> float:
        """Arrays whose last axis is too long for colours are volumes rather than images."""
        ending = self.suffix_of(head)
        if ending != "npy":
            return 1.0 if ending else 0.0
        from studio.datasets.media.volume_files import axes_of_npy

        axes = axes_of_npy(head)
        return 0.9 if len(axes) == 4 or (len(axes) == 3 and axes[2] > MOST_COLOURS) else 0.1

    def reads_folder(self, folder: Path) -> bool:
        from studio.datasets.media.dicom_files import is_series_folder

        return is_series_folder(folder)

    def is_converted(self, path: Path) -> bool:
        """DICOM series become NIfTI: their headers say who was scanned."""
        from studio.datasets.media.volume_decoding import is_series

        return is_series(path)

    def convert(self, path: Path, target: Path) -> None:
        from studio.datasets.media.volume_decoding import convert_series

        convert_series(path, target)

    def browser_type(self, head: bytes) -> str | None:
        return None

    def read_facts(self, path: Path) -> VolumeFacts:
        from studio.datasets.media.volume_decoding import read_facts

        return read_facts(path)

    def decoding_bytes(self, facts: VolumeFacts) -> int:
        return decoding_bytes(facts)

    def decode(self, path: Path, channels: int = 1) -> "NDArray[np.generic]":
        """(depth, height, width, channels), bytes or 32-bit floats."""
        from studio.datasets.media.volume_decoding import open_volume

        return open_volume(path, channels)

    def inspect(self, path: Path, preview: Path | None = None, *, with_thumbnail: bool = True) -> VolumeFacts:
        from studio.datasets.media.volume_decoding import inspect_volume

        return inspect_volume(path, preview)

    def columns(self, facts: Sequence[VolumeFacts | None]) -> Mapping[str, Sequence[Any]]:
        """Depth, height and width in voxels, 0 where unknown; spacing and orientation, None where unknown."""
        geometries = [one.geometry if one else None for one in facts]
        return {
            DEPTH: [one.depth if one else 0 for one in facts],
            HEIGHT: [one.height if one else 0 for one in facts],
            WIDTH: [one.width if one else 0 for one in facts],
            SPACING: [list(one.spacing) if one and one.spacing else None for one in geometries],
            ORIENTATION: [(one.orientation or None) if one else None for one in geometries],
        }

    def reference(self, path: str, row: Mapping[str, Any], origin: Origin = "dataset") -> MediaRef:
        depth, height, width = row.get(DEPTH), row.get(HEIGHT), row.get(WIDTH)
        return MediaRef(
            kind=self.name,
            origin=origin,
            path=path,
            width=int(width) if width else None,
            height=int(height) if height else None,
            depth=int(depth) if depth else None,
            spacing=_spacing(row.get(SPACING)),
            orientation=str(row.get(ORIENTATION) or ""),
        )

    def drop_misfits(self, inspection: "Inspection", column: str) -> None:
        from studio.datasets.media.volume_profile import drop_other_channels

        drop_other_channels(inspection, column)

    def note_all(self, inspection: "Inspection", column: str) -> None:
        from studio.datasets.media.volume_profile import note_all_volumes

        note_all_volumes(inspection, column)

    def said(self, settings: Mapping[str, Mapping[str, Any]]) -> str:
        image = settings.get("image", {})
        depth = image.get("image_depth")
        return f"volumes of {depth} x {image.get('image_height')} x {image.get('image_width')} voxels" if depth else ""


def _spacing(value: Any) -> tuple[float, float, float] | None:
    if value is None or not hasattr(value, "__len__") or len(value) != 3:
        return None
    depth, height, width = map(float, value)
    return depth, height, width


READER = VolumeReader()
