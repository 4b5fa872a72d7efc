"""CVAT for video 1.1: tracks of objects, whose shapes name the number of their frame.

CVAT writes the shape of every frame, also of those between key frames, and marks frames in which an object is hidden as
`outside`. Frames of a video are files `frame_000012`; those of a task made of pictures are the pictures in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from xml.etree.ElementTree import Element

from studio.datasets.importers.drawn.shapes import DrawnImage, Shape
from studio.datasets.importers.file_names import FileNames
from studio.datasets.importers.picture_size import Size


def tracked_frames(
    root: Element, path: str, images: FileNames, shape_of: Callable[[Element], Shape]
) -> Iterator[DrawnImage]:
    """Every frame that has a picture in the upload or a shape on it, in order."""
    shapes: dict[int, list[Shape]] = {}
    tracks = list(root.iter("track"))
    for track in tracks:
        for element in track:
            frame = _whole(element.get("frame"))
            if frame is None or element.get("outside") == "1":
                continue
            element.set("label", track.get("label") or "")
            shapes.setdefault(frame, []).append(shape_of(element))
    if not tracks:
        return
    count = max([_whole(root.findtext("meta/task/size")) or 0, *(frame + 1 for frame in shapes)])
    named = _named(count, path, images)
    size = _size(root)
    for frame in sorted(shapes.keys() | named.keys()):
        yield DrawnImage(named.get(frame, f"frame_{frame:06}"), path, size, shapes.get(frame, ()))


def _named(count: int, path: str, images: FileNames) -> dict[int, str]:
    """The pictures of the frames by their numbers: by name, else in the order of names if there are just as many."""
    named = {frame: found for frame in range(count) if (found := images.with_stem(f"frame_{frame:06}", path))}
    return named or dict(enumerate(_in_order(images.paths) if len(images.paths) == count else ()))


def _in_order(paths: Sequence[str]) -> list[str]:
    """As CVAT orders pictures: by name, numbers in them by value."""
    return sorted(paths, key=lambda path: [part.zfill(12) for part in re.split(r"(\d+)", path)])


def _size(root: Element) -> Size | None:
    sides = [_whole(root.findtext(f"meta/task/original_size/{side}")) for side in ("width", "height")]
    return (sides[0], sides[1]) if sides[0] and sides[1] else None


def _whole(text: str | None) -> int | None:
    word = (text or "").strip()
    return int(word) if word.isdecimal() and word.isascii() and len(word) < 8 else None
