"""Projects of VGG Image Annotator 3: files, attributes and metadata are objects by id.

A region is `{"vid": view, "z": [seconds], "xy": [shape, number, ...], "av": {attribute: value}}`. It is given as
version 2 writes it, so that everything after is the same. Source: VIA 3's project file format, via-3.x.y `_via_const`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KEYS = (b'"fname"', b'"metadata"', b'"attribute"', b'"xy"')
RegionParts = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The attributes of its shape, and its own."""
_SIDES = {
    2: ("rect", ("x", "y", "width", "height")),
    3: ("circle", ("cx", "cy", "r")),
    4: ("ellipse", ("cx", "cy", "rx", "ry")),
}
_POLYGON, _EXTREME_RECTANGLE = 7, 8
_OTHERS = {1: "point", 5: "line", 6: "polyline", 9: "extreme circle"}
_CHECKBOX = 2


def is_project(document: Any) -> bool:
    """Whether this is the content of a project of version 3."""
    return isinstance(document, dict) and all(isinstance(document.get(key), dict) for key in ("file", "metadata"))


def entries(document: Mapping[str, Any]) -> Iterator[tuple[str, list[RegionParts]]]:
    """Every file's name with its regions; a file without any is an image on which nothing is."""
    attributes = dict(_objects(document.get("attribute")))
    views = {key: [str(file) for file in _list(one.get("fid_list"))] for key, one in _objects(document.get("view"))}
    found: dict[str, list[RegionParts]] = {key: [] for key, _ in _objects(document["file"])}
    for _, one in _objects(document["metadata"]):
        shape = _shape(one)
        view = str(one.get("vid"))
        if shape is not None:
            for file in views.get(view, [view])[:1]:
                found.setdefault(file, []).append((shape, _labels(one.get("av"), attributes)))
    for key, named in _objects(document["file"]):
        if isinstance(named.get("fname"), str):
            yield named["fname"], found[key]


def _objects(value: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(key, one) for key, one in value.items() if isinstance(one, dict)] if isinstance(value, dict) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _shape(region: Mapping[str, Any]) -> dict[str, Any] | None:
    """The shape as version 2 writes it; None for what is said of a whole image."""
    if region.get("z"):
        return {"name": "moment of a video"}
    if not region.get("xy"):
        return None
    code, *numbers = _list(region["xy"]) or [None]
    if not isinstance(code, int):
        return {"name": "no object"}
    if code in _SIDES and len(numbers) >= len(_SIDES[code][1]):
        name, sides = _SIDES[code]
        return {"name": name, **dict(zip(sides, numbers, strict=False))}
    if code == _POLYGON:
        return {"name": "polygon", "all_points_x": numbers[::2], "all_points_y": numbers[1::2]}
    if code == _EXTREME_RECTANGLE and len(numbers) >= 4 and all(isinstance(one, int | float) for one in numbers):
        xs, ys = numbers[::2], numbers[1::2]
        return {"name": "rect", "x": min(xs), "y": min(ys), "width": max(xs) - min(xs), "height": max(ys) - min(ys)}
    return {"name": _OTHERS.get(code, "no object")}


def _labels(values: Any, attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """A region's attributes by name; where options are offered, the text of the one that is chosen first."""
    found = {}
    for key, value in values.items() if isinstance(values, dict) else ():
        attribute = attributes.get(key, {})
        options = attribute.get("options")
        text = str(value)
        if attribute.get("type") == _CHECKBOX:
            text = text.partition(",")[0]
        if isinstance(options, dict):
            text = str(options.get(text, text))
        found[str(attribute.get("aname", key))] = text
    return found
