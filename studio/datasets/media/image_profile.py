"""Facts about a dataset's images: sizes, channels, formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.media.image_facts import ImageFacts
from studio.datasets.media.image_part import ImagePart
from studio.datasets.profile import DatasetProfile
from studio.on_demand import np

MAX_SIZES = 50


def image_profile(inspection: Inspection) -> DatasetProfile:
    """Sizes, channels, medians and histograms of all images of a dataset."""
    facts = images_of(inspection)
    if not facts:
        return DatasetProfile()
    widths, heights = [one.width for one in facts], [one.height for one in facts]
    sizes = Counter(zip(widths, heights, strict=True)).most_common(MAX_SIZES)
    images = ImagePart(
        sizes=tuple((width, height, count) for (width, height), count in sizes),
        channels=dict(sorted(Counter(str(one.channels) for one in facts).items())),
        readable_channels=readable_channels(facts),
    )
    return DatasetProfile(
        histograms=(histogram("Image width", "px", widths), histogram("Image height", "px", heights)),
        facts={"median_width": float(np.median(widths)), "median_height": float(np.median(heights))},
    ).with_parts(images)


def images_of(inspection: Inspection) -> list[ImageFacts]:
    """The facts about every image that was decoded."""
    return list(inspection.media.values())


def image_size(inspection: Inspection, name: str) -> tuple[int, int] | None:
    """(width, height) of the image of this name, if it was decoded."""
    facts: ImageFacts | None = inspection.media.get(name)
    return (facts.width, facts.height) if facts else None


def readable_channels(facts: Iterable[ImageFacts]) -> tuple[int, ...]:
    """The numbers of channels as which every image can be read, colour first."""
    common = set.intersection(*(set(one.readable_channels) for one in facts))
    return tuple(sorted(common, key=lambda channels: (channels != 3, channels)))
