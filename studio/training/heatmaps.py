"""Heatmaps on disk: grey pictures of what in a sample speaks for its prediction, and the samples that show them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from studio.modeling.images.placement import LONGEST_SIDE
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, SampleRow, Split
from studio.results.sample_view import MediaRef, SampleView
from studio.runs.folder import RunFolder

Explain = Callable[[pd.DataFrame, Media], list[np.ndarray] | None]
"""Attribution maps of the rows of a table; None where a problem type has none."""


def explained_rows(
    folder: RunFolder,
    explain: Explain,
    scored: ScoredTable,
    media: Media,
    rows: Sequence[SampleRow],
    positions: Sequence[int],
    split: Split,
) -> dict[int, SampleView]:
    """The views of some rows with their heatmaps, which are written beside the insights; empty without any."""
    table = scored.table.reset_index(drop=True).iloc[list(positions)]
    maps = explain(table, media) if len(table) else None
    if maps is None:
        return {}
    shown = {}
    for position, one in zip(positions, maps, strict=True):
        view = rows[position].view
        name = f"insights/media/{split}-heatmap-{view.row}.png"
        reference = write_heatmap(folder.path / name, one, view.media)
        shown[position] = view.model_copy(update={"heatmap": reference.model_copy(update={"path": name})})
    return shown


def write_heatmap(path: Path, attribution: np.ndarray, medium: MediaRef | None) -> MediaRef:
    """Write a map (h, w) from 0 to 1 as a grey picture of the medium's shape; gives a reference with its bare name."""
    height, width = attribution.shape
    if medium is not None and medium.width and medium.height:
        scale = min(1.0, LONGEST_SIDE / max(medium.width, medium.height))
        width, height = max(1, round(medium.width * scale)), max(1, round(medium.height * scale))
    grey = cv2.resize(attribution.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    Image.fromarray((grey.clip(0, 1) * 255).round().astype(np.uint8)).save(path)
    return MediaRef(origin="run", path=path.name, width=width, height=height)
