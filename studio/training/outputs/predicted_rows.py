"""The rows that a run predicted at its end, which a new sample is compared with: alone it has no neighbours."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import pyarrow.parquet as pq

from studio.datasets.formatting import counted
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Recipe
from studio.results.sample_view import LabelAnnotation, Neighbour, SampleView
from studio.runs.folder import RunFolder
from studio.scoring.tables import read_raw

SPLITS = ("validation", "test")
SHOWN_NEIGHBOURS = 5
SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class PredictedRows:
    """The samples table of a split and its raw outputs, in the same order."""

    split: str
    samples: Path
    scored: ScoredTable

    @classmethod
    def of(cls, run: RunFolder) -> Self | None:
        """The validation rows of a run, or its test rows; None where it predicted neither."""
        for split in SPLITS:
            raw = run.predictions / f"{split}_raw.npz"
            if raw.is_file():
                return cls(split, run.predictions / f"{split}_samples.parquet", _read_once(raw))
        return None

    def told(self) -> str:
        """Which rows these are, for a person."""
        return f"Compared with the {counted(len(self.scored), f'{self.split} row')} of the run."

    def neighbours(self, recipe: Recipe[Any], scored: ScoredTable) -> tuple[Neighbour, ...]:
        """The rows most like the first one of `scored`. A match is not claimed: the label of a new sample is unknown.

        Raises:
            StudioError: where the problem type compares no rows.
        """
        similar = recipe.columns_against(scored, self.scored).iloc[0]
        places = [row - 1 for row in similar["pred_similar_rows"][:SHOWN_NEIGHBOURS]]
        views = pq.read_table(self.samples, columns=["view"]).take(places).column("view").to_pylist()
        pairs = zip(map(SampleView.model_validate_json, views), similar["pred_similarities"], strict=False)
        return tuple(_neighbour(view, float(similarity)) for view, similarity in pairs)


@lru_cache(maxsize=1)
def _read_once(raw: Path) -> ScoredTable:
    """An answering worker serves one model, and is asked again and again."""
    return read_raw(raw)


def _neighbour(view: SampleView, similarity: float) -> Neighbour:
    labels = view.truth.labels if isinstance(view.truth, LabelAnnotation) else ()
    return Neighbour(
        row=view.row,
        text=view.texts[0].text[:SHOWN_CHARACTERS] if view.texts else "",
        media=view.media,
        label=labels[0].label if labels else "",
        similarity=similarity,
    )
