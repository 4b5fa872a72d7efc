"""Objects painted as numbers into as few planes as their overlaps allow, so that hundreds can be moved at once.

Shapes: N objects, P planes, H height, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from studio.datasets.masks.run_lengths import from_text, runs_by_value
from studio.modeling.segmentation.truth import TrueMasks

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

MOST_IN_PLANE = 255
"""Numbers of a byte."""


class Layers(NamedTuple):
    """Objects of one image in planes (P, H, W) of bytes; 0 is none of them."""

    planes_PHW: NDArray[np.uint8]
    places_N2: NDArray[np.int64]
    """The plane and the number of each object."""
    classes_N: NDArray[np.int64]

    def moved(self, planes_PHW: NDArray[np.uint8]) -> Layers:
        """The same objects where planes were resized, moved or cut."""
        return self._replace(planes_PHW=planes_PHW)

    def boxes(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Which objects have a pixel, and the boxes (N, 4) around these."""
        found = [ndimage.find_objects(plane, MOST_IN_PLANE) for plane in self.planes_PHW]
        seen, boxes = [], []
        for index, (plane, number) in enumerate(self.places_N2.tolist()):
            place = found[plane][number - 1]
            if place is not None:
                rows, columns = place
                seen.append(index)
                boxes.append((columns.start, rows.start, columns.stop, rows.stop))
        return np.array(seen, dtype=np.int64), np.array(boxes, dtype=np.float32).reshape(-1, 4)


def layered(masks: TrueMasks, height: int, width: int) -> Layers:
    """The objects of seen classes with a pixel, each in the first plane that has room for it; at least one plane."""
    runs = [(k, from_text(text)) for k, text in zip(masks.classes, masks.texts, strict=True) if k >= 0 and text]
    planes, places = painted([one for _, one in runs], height * width)
    shaped = np.stack([plane.reshape((height, width), order="F") for plane in planes])
    classes = np.array([k for k, _ in runs], dtype=np.int64)
    return Layers(shaped, np.array(places, dtype=np.int64).reshape(-1, 2), classes)


def painted(objects: Sequence[Runs], pixels: int) -> tuple[list[NDArray[np.uint8]], list[tuple[int, int]]]:
    """Flat planes of so many pixels, and the plane and number of each object."""
    planes, counts, places = [np.zeros(pixels, dtype=np.uint8)], [0], []
    for runs in objects:
        covered = pixels_of(runs)
        plane = next(
            (i for i, one in enumerate(planes) if counts[i] < MOST_IN_PLANE and not one[covered].any()), len(planes)
        )
        if plane == len(planes):
            planes.append(np.zeros(pixels, dtype=np.uint8))
            counts.append(0)
        counts[plane] += 1
        planes[plane][covered] = counts[plane]
        places.append((plane, counts[plane]))
    return planes, places


def pixels_of(runs: Runs) -> NDArray[np.int64]:
    """The numbers of the pixels of runs, from 0."""
    starts, lengths = runs[:, 0] - 1, runs[:, 1]
    offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(starts, lengths) + offsets


def layers_as_runs(layers: Layers) -> list[Runs]:
    """The runs of every object; none for one without a pixel."""
    found = [runs_by_value(plane) for plane in layers.planes_PHW]
    nothing = np.zeros((0, 2), dtype=np.int64)
    return [found[plane].get(number, nothing) for plane, number in layers.places_N2.tolist()]
