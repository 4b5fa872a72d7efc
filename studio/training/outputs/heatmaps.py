"""Heatmaps on disk: grey pictures of what in a sample explains its prediction, and the samples that show them."""

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.datasets.media.volume_preview import heat_sheet
from studio.modeling.images.coordinates import LONGEST_SIDE
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Attribution, Attributions, Media, SampleRow, Split
from studio.results.prediction import HEIGHT, WIDTH
from studio.results.sample_view import MediaRef, SampleView
from studio.runs.folder import RunFolder

Explain = Callable[[pd.DataFrame, Media], list[Attribution] | None]
"""What explains the predictions of the rows of a table; None where a problem type has no such thing."""


def explained_rows(
    folder: RunFolder,
    explain: Explain,
    scored: ScoredTable,
    media: Media,
    rows: Sequence[SampleRow],
    positions: Sequence[int],
    split: Split,
) -> dict[int, SampleView]:
    """The views of some rows with what explains their predictions; pictures lie beside the insights. Or empty."""
    table = scored.table.reset_index(drop=True).iloc[list(positions)]
    maps = explain(table, media) if len(table) else None
    if maps is None:
        return {}
    shown = {}
    for position, one in zip(positions, maps, strict=True):
        view = rows[position].view
        name = f"insights/media/{split}-heatmap-{view.row}.png"
        shown[position] = explained(view, one, folder.path / name, name)
    return shown


def explained(view: SampleView, attribution: Attribution, path: Path, name: str) -> SampleView:
    """The view with marks in its first text, or with a picture that is written to `path` and referred to as `name`."""
    if isinstance(attribution, Attributions):
        return reduce(lambda shown, part: explained(shown, part, path, name), attribution.parts, view)
    if isinstance(attribution, tuple):
        if not view.texts:
            return view
        first, *others = view.texts
        # The text may be the beginning of a longer one.
        inside = [mark for mark in attribution if mark.end <= len(first.text)]
        marked = first.model_copy(update={"marks": (*first.marks, *inside)})
        return view.model_copy(update={"texts": (marked, *others)})
    reference = write_heatmap(path, attribution, view.media)
    return view.model_copy(update={"heatmap": reference.model_copy(update={"path": name})})


def write_heatmap(path: Path, attribution: np.ndarray, medium: MediaRef | None) -> MediaRef:
    """Write a map (h, w) from 0 to 1 as a grey picture of the medium's shape; gives a reference with its bare name.

    A map (d, h, w) becomes the sheet of its slices.
    """
    if attribution.ndim == 3:
        sheet = heat_sheet(attribution, _shape_of(medium) or attribution.shape)
        sheet.save(path)
        return IMAGE_READER.reference(path.name, {WIDTH: sheet.width, HEIGHT: sheet.height}, "run")
    height, width = attribution.shape
    if medium is not None and medium.width and medium.height:
        scale = min(1.0, LONGEST_SIDE / max(medium.width, medium.height))
        width, height = max(1, round(medium.width * scale)), max(1, round(medium.height * scale))
    grey = cv2.resize(attribution.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    Image.fromarray((grey.clip(0, 1) * 255).round().astype(np.uint8)).save(path)
    return IMAGE_READER.reference(path.name, {WIDTH: width, HEIGHT: height}, "run")


def _shape_of(medium: MediaRef | None) -> tuple[int, int, int] | None:
    """(depth, height, width) of a volume, where they are known."""
    if medium is None or not medium.depth or not medium.height or not medium.width:
        return None
    return medium.depth, medium.height, medium.width
