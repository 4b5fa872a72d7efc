"""Transforms as Albumentations 0.4 to 1.4 named them, in the words of 2.0: what exports of older tools carry."""

import math
from collections.abc import Callable, Mapping
from typing import Any

Arguments = dict[str, Any]

_RENAMED: Mapping[str, str] = {
    "Cutout": "CoarseDropout",
    "IAAFliplr": "HorizontalFlip",
    "IAAFlipud": "VerticalFlip",
    "JpegCompression": "ImageCompression",
    "RandomBrightness": "RandomBrightnessContrast",
    "RandomContrast": "RandomBrightnessContrast",
    "GaussianNoise": "GaussNoise",
    "RandomSharpen": "Sharpen",
    "IAASharpen": "Sharpen",
    "IAAPerspective": "Perspective",
}
_ARGUMENTS: Mapping[str, str] = {
    "value": "fill",
    "fill_value": "fill",
    "mask_value": "fill_mask",
    "mask_fill_value": "fill_mask",
    "cval": "fill",
    "cval_mask": "fill_mask",
    "pad_mode": "border_mode",
}
_GONE: Mapping[str, frozenset[str]] = {
    "ElasticTransform": frozenset({"alpha_affine"}),
    "OpticalDistortion": frozenset({"shift_limit"}),
    "RandomGamma": frozenset({"eps"}),
    "GaussNoise": frozenset({"mean"}),
    "Resize": frozenset({"always_apply"}),
}
"""Arguments without a successor; leaving them out is what the newer version does."""


def modern(name: str, arguments: Mapping[str, Any]) -> tuple[str, Arguments, list[str]]:
    """Name and arguments as version 2.0 has them, and what was changed, in words."""
    notes: list[str] = []
    new = dict(arguments)
    always = new.pop("always_apply", None)
    if always is True and new.get("p", 1.0) != 1.0:
        new["p"] = 1.0
        notes.append("always_apply is p = 1")
    new_name = _RENAMED.get(name, name)
    if new_name != name:
        notes.append(f"{name} is {new_name}")
    for old, renamed in _ARGUMENTS.items():
        if old in new and renamed not in new:
            value = new.pop(old)
            if value is not None:
                new[renamed] = value
                notes.append(f"{old} is {renamed}")
    for gone in sorted(_GONE.get(new_name, frozenset()) & set(new)):
        del new[gone]
        notes.append(f"{gone} is no longer there")
    change = _CHANGES.get(name) or _CHANGES.get(new_name)
    if change is not None:
        notes.extend(change(new))
    return new_name, new, notes


def _sized(new: Arguments) -> list[str]:
    if "height" not in new or "width" not in new:
        return []
    new["size"] = [new.pop("height"), new.pop("width")]
    return ["height and width are size"]


def _range(new: Arguments, low: str, high: str, name: str, default: tuple[Any, Any]) -> list[str]:
    if low not in new and high not in new:
        return []
    first, last = new.pop(low, None), new.pop(high, None)
    last = default[1] if last is None else last
    new[name] = [min(last, default[0] if first is None else first), last]
    return [f"{low} and {high} are {name}"]


def _holes(new: Arguments) -> list[str]:
    """Of Cutout (one number each) and of CoarseDropout (least and most); without a least, it was the most."""
    notes: list[str] = []
    for most, least, name, renamed in (
        ("max_holes", "min_holes", "num_holes", "num_holes_range"),
        ("max_height", "min_height", "max_h_size", "hole_height_range"),
        ("max_width", "min_width", "max_w_size", "hole_width_range"),
    ):
        value = new.pop(most, None) if most in new else new.pop(name, None)
        low = new.pop(least, None)
        if value is not None:
            new[renamed] = [value if low is None else low, value]
            notes.append(f"holes are given by {renamed}")
    return notes


def _brightness(new: Arguments) -> list[str]:
    new["brightness_limit"], new["contrast_limit"] = new.pop("limit", 0.2), 0.0
    return []


def _contrast(new: Arguments) -> list[str]:
    new["brightness_limit"], new["contrast_limit"] = 0.0, new.pop("limit", 0.2)
    return []


def _noise(new: Arguments) -> list[str]:
    """Variances of byte values are deviations as a share of 255 now."""
    limit = new.pop("var_limit", None)
    if limit is None:
        return []
    low, high = (0, limit) if isinstance(limit, int | float) else tuple(limit)
    new["std_range"] = [round(math.sqrt(max(0.0, one)) / 255, 4) for one in (low, high)]
    return ["var_limit is std_range"]


def _threshold(new: Arguments) -> list[str]:
    """A byte value is a share of 255 now."""
    value = new.pop("threshold", None)
    if value is None:
        return []
    bounds = [value, value] if isinstance(value, int | float) else list(value)
    new["threshold_range"] = [round(one / 255, 4) if one > 1 else one for one in bounds]
    return ["threshold is threshold_range"]


_CHANGES: Mapping[str, Callable[[Arguments], list[str]]] = {
    "RandomResizedCrop": _sized,
    "RandomSizedCrop": _sized,
    "CoarseDropout": _holes,
    "Cutout": _holes,
    "RandomBrightness": _brightness,
    "RandomContrast": _contrast,
    "GaussNoise": _noise,
    "ImageCompression": lambda new: _range(new, "quality_lower", "quality_upper", "quality_range", (99, 100)),
    "JpegCompression": lambda new: _range(new, "quality_lower", "quality_upper", "quality_range", (99, 100)),
    "Downscale": lambda new: _range(new, "scale_min", "scale_max", "scale_range", (0.25, 0.25)),
    "Solarize": _threshold,
}
