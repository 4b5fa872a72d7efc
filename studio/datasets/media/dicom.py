"""DICOM series: the slices of one scan, a file each, in one folder or one zip file (https://www.dicomstandard.org).

Slices are sorted along the normal of their planes, and values are rescaled as each slice says. Files with another
ending than DICOM's, such as notes, are passed over, and so is a DICOMDIR.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.formatting import counted, listed
from studio.datasets.media import volume_errors as errors
from studio.datasets.media.dicom_files import series_files
from studio.datasets.media.dicom_slices import Slice, read_pixels, read_slice
from studio.datasets.media.volume_errors import VolumeError
from studio.datasets.media.volume_facts import Geometry, VolumeFacts
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

MOST_TURN = 1e-3
"""By which directions of slices of one series may differ, of a length of 1."""
SAME_PLACE_MM = 1e-3
GAP = 1.5
"""Slices this many times further apart than most lack one between them."""


@dataclass(frozen=True)
class Series:
    """The slices of a volume in their order."""

    slices: tuple[Slice, ...]
    geometry: Geometry

    @property
    def facts(self) -> VolumeFacts:
        """As the rest of the studio knows it."""
        first = self.slices[0]
        is_bytes = all(one.is_bytes and (one.slope, one.intercept) == (1.0, 0.0) for one in self.slices)
        return VolumeFacts(len(self.slices), first.rows, first.columns, 1, "DICOM", is_bytes, geometry=self.geometry)


def read_series_facts(path: Path) -> VolumeFacts:
    """What the headers of a folder or zip file of slices say together.

    Raises:
        VolumeError: if they are not the slices of one volume.
    """
    with _opened(path) as series:
        return series.facts


def decode_series(path: Path) -> tuple[VolumeFacts, NDArray[Any]]:
    """The facts, and the values (depth, height, width): bytes, or 32-bit floats.

    Raises:
        VolumeError: as `read_series_facts`; or if a slice cannot be decoded.
    """
    with _opened(path) as series:
        facts = series.facts
        volume = np.empty(facts.shape, dtype=np.uint8 if facts.is_bytes else np.float32)
        for place, one in zip(volume, series.slices, strict=True):
            place[:] = read_pixels(one)
    unknown = 0 if facts.is_bytes else int(volume.size - np.isfinite(volume).sum())
    if unknown:
        raise errors.not_finite(unknown)
    return facts, volume


@contextmanager
def _opened(path: Path) -> Iterator[Series]:
    with series_files(path) as files:
        slices = [read_slice(file) for file in files]
        _check_alike(slices)
        series = _in_order(slices)
        errors.check_sides(series.facts, series.facts.shape)
        yield series


def _check_alike(slices: Sequence[Slice]) -> None:
    """One series of plain slices of one size in one direction."""
    odd = next((one for one in slices if one.frames != 1 or one.samples != 1), None)
    if odd is not None:
        found = f"{odd.frames} frames" if odd.frames != 1 else f"{odd.samples} values a pixel"
        raise errors.unsupported(
            f"{odd.file.name} is no single grey slice.", found, "Export one file a slice.", "one grey slice a file"
        )
    series = Counter(one.series for one in slices)
    if len(series) > 1:
        sizes = ", ".join(counted(count, "slice") for count in series.values())
        raise VolumeError(
            "The folder holds slices of several series.",
            hint="Give every series a folder of its own.",
            code="dicom_series",
            found=f"{len(series)} series, of {sizes}",
            expected="one series a folder",
        )
    shapes = sorted({(one.rows, one.columns) for one in slices})
    turned = next((one for one in slices if _turn(one, slices[0]) > MOST_TURN), None)
    if len(shapes) > 1 or turned is not None:
        found = ", ".join(f"{rows} x {columns}" for rows, columns in shapes) if len(shapes) > 1 else ""
        raise VolumeError(
            "The slices of the series differ in size or direction.",
            hint="Leave out localizers and slices of other scans.",
            code="dicom_slices",
            found=f"slices of {found} pixels" if found else f"another direction in {turned and turned.file.name}",
            expected="slices of one size, side by side",
        )


def _turn(one: Slice, other: Slice) -> float:
    """How much the directions of two slices differ; without bounds, if only one says its own."""
    if one.directions is None or other.directions is None:
        return 0.0 if one.directions == other.directions else math.inf
    return max(abs(a - b) for a, b in zip(one.directions, other.directions, strict=True))


def _in_order(slices: Sequence[Slice]) -> Series:
    directions = slices[0].directions
    if directions is None or any(one.position is None for one in slices):
        return _numbered(slices)
    along_row, along_column = np.array(directions[:3]), np.array(directions[3:])
    normal = np.cross(along_row, along_column)
    heights = np.array([float(np.dot(normal, np.array(one.position))) for one in slices])
    order = np.argsort(heights, kind="stable")
    ordered, heights = [slices[place] for place in order], heights[order]
    step = _check_steps(ordered, heights)
    rows, columns = ordered[0].step or (1.0, 1.0)
    if ordered[0].step is None:
        return Series(tuple(ordered), Geometry())
    affine = np.eye(4)
    affine[:3] = np.stack([along_row * columns, along_column * rows, normal * step, np.array(ordered[0].position)], 1)
    # DICOM points left and posterior where NIfTI points right and anterior.
    affine[:2] *= -1
    return Series(tuple(ordered), Geometry.of_affine(affine))


def _check_steps(slices: Sequence[Slice], heights: NDArray[Any]) -> float:
    """The millimetres between slices, which have one place each and no gap between them."""
    steps = np.diff(heights)
    if not len(steps):
        return slices[0].thickness or 1.0
    step = float(np.median(steps))
    double = np.flatnonzero(steps < SAME_PLACE_MM)
    if len(double):
        raise VolumeError(
            "Several slices of the series lie at the same place.",
            hint="Give every time, echo or repetition a folder of its own.",
            code="dicom_twice",
            found=listed([slices[double[0]].file.name, slices[double[0] + 1].file.name]),
            expected="one slice at each place",
        )
    gaps = np.flatnonzero(steps > GAP * step)
    if len(gaps):
        first = int(gaps[0])
        raise VolumeError(
            "Slices of the series are missing.",
            hint="Add the missing slices, or leave the volume out.",
            code="dicom_gap",
            found=f"{steps[first]:.3g} mm between {slices[first].file.name} and {slices[first + 1].file.name}"
            + (f", and {counted(len(gaps) - 1, 'more gap')}" if len(gaps) > 1 else ""),
            expected=f"slices {step:.3g} mm apart, as most are",
        )
    return step


def _numbered(slices: Sequence[Slice]) -> Series:
    """Slices that do not say where they lie, in the order of their numbers."""
    numbers = [one.number for one in slices if one.number is not None]
    if len(set(numbers)) < len(slices):
        raise VolumeError(
            "Nothing says in which order the slices of the series lie.",
            hint="Export the series again, with positions.",
            code="dicom_order",
            found="slices without a position, and without a number of their own",
            expected="ImagePositionPatient and ImageOrientationPatient, or an InstanceNumber, in every slice",
        )
    return Series(tuple(sorted(slices, key=lambda one: one.number or 0)), Geometry())
