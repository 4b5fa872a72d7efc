"""Profiles as version 0.1.0 wrote them first, as one flat model; `profile.json` of such datasets still opens."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "image_sizes": ("images", "sizes"),
        "image_channels": ("images", "channels"),
        "readable_channels": ("images", "readable_channels"),
        "text_lengths": ("texts", "lengths"),
        "labels": ("labels", "names"),
        "label_counts": ("labels", "counts"),
    }
)
"""Where each field stands today: part and field."""
FACTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"smallest_class_side_share": ("boxes", "smallest_class_side_share")}
)


def in_parts(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    """The profile in today's form; given back as it is if it has that form already."""
    if not FIELDS.keys() & profile.keys():
        return profile
    parts: dict[str, dict[str, Any]] = {}
    facts = profile.get("facts") or {}
    for (part, field), value in [
        *((place, profile.get(name)) for name, place in FIELDS.items()),
        *((place, facts.get(name)) for name, place in FACTS.items()),
    ]:
        if value:
            parts.setdefault(part, {})[field] = value
    kept = {name: value for name, value in profile.items() if name not in FIELDS}
    return {**kept, "facts": {name: value for name, value in facts.items() if name not in FACTS}, "parts": parts}
