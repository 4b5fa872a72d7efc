"""VolumeError: what can be wrong about the file of a volume, in words."""

from studio.datasets.media.reader import MediaError
from studio.datasets.media.volume_facts import VolumeFacts

EXPECTED = "a NumPy array (.npy, .npz), NIfTI volume (.nii, .nii.gz), or a folder with a DICOM series"
MAX_VALUES = 1 << 27
"""512 x 512 x 512: half a gigabyte of 32-bit floats."""
MAX_CHANNELS = 64
MIN_SIDE = 2


class VolumeError(MediaError):
    """A file that cannot be read as a volume; the code says in which way."""

    code = "volume"


def empty() -> VolumeError:
    return VolumeError(
        "The file is empty.",
        hint="Copy it again, or remove the row.",
        code="volume_empty",
        found="0 bytes",
        expected=EXPECTED,
    )


def unsupported(message: str, found: str, hint: str, expected: str = EXPECTED) -> VolumeError:
    return VolumeError(message, hint=hint, code="volume_unsupported", found=found, expected=expected)


def damaged(reason: str, found: str = "bytes that cannot be decoded") -> VolumeError:
    return VolumeError(
        f"The volume is damaged ({reason}).",
        hint="Copy the file again.",
        code="volume_damaged",
        found=found,
        expected="a complete volume",
    )


def truncated(found_bytes: int, expected_bytes: int) -> VolumeError:
    return VolumeError(
        "The volume is truncated.",
        hint="Copy the file again.",
        code="volume_truncated",
        found=f"{found_bytes:,} bytes of values",
        expected=f"{expected_bytes:,} bytes of values",
    )


def wrong_shape(shape: tuple[int, ...], hint: str) -> VolumeError:
    return VolumeError(
        f"The array has the shape {shape}, which is not a volume.",
        hint=hint,
        code="volume_shape",
        found=f"the shape {shape}",
        expected="(depth, height, width), with channels first or last where there are several",
    )


def too_large(values: int, most: int) -> VolumeError:
    return VolumeError(
        f"The volume has {values:,} values.",
        hint="Save it with fewer slices or a lower resolution.",
        code="volume_too_large",
        found=f"{values:,} values",
        expected=f"at most {most:,} values",
    )


def too_large_at_spacing(shape: tuple[int, ...], spacing: tuple[float, ...], most: int) -> VolumeError:
    sides, steps = " x ".join(map(str, shape)), " x ".join(f"{step:g}" for step in spacing)
    return VolumeError(
        f"At a spacing of {steps} mm the volume has {sides} voxels.",
        hint="Use a wider spacing (Spacing depth, height and width).",
        code="volume_too_large",
        found=f"{sides} voxels",
        expected=f"at most {most:,} voxels",
    )


def check_sides(facts: VolumeFacts, shape: tuple[int, ...]) -> None:
    """Refuse what is too large, or no volume; `shape` is that of the file.

    Raises:
        VolumeError: saying so.
    """
    if facts.values > MAX_VALUES:
        raise too_large(facts.values, MAX_VALUES)
    if facts.channels > MAX_CHANNELS:
        raise wrong_shape(shape, f"At most {MAX_CHANNELS} channels are read.")
    if min(facts.shape) < MIN_SIDE:
        raise wrong_shape(shape, f"Each side needs at least {MIN_SIDE} voxels; single slices are images.")


def damaged_slice(name: str, found: str) -> VolumeError:
    return VolumeError(
        f"A slice of the series cannot be read ({name[:80]}).",
        hint="Copy or export the series again.",
        code="dicom_damaged",
        found=found,
        expected="complete DICOM files of one series",
    )


def not_finite(count: int) -> VolumeError:
    return VolumeError(
        "The volume contains NaN or infinite values.",
        hint="Replace them first.",
        code="volume_values",
        found=f"{count:,} values that are not finite",
        expected="finite values",
    )


def other_channels(found: int, channels: int) -> VolumeError:
    return VolumeError(
        f"The volume has {found} channels and cannot be read as {channels}.",
        hint=f"Set Image channels to {found}, or use volumes with {channels} channels.",
        code="volume_channels",
        found=f"{found} channel{'s' if found != 1 else ''}",
        expected=f"{channels} channel{'s' if channels != 1 else ''}",
    )
