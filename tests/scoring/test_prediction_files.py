"""Files of predictions: what a model says of rows is computed once, whatever is written of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from studio.modeling.predictions import ScoredTable
from studio.results.prediction import ROW
from studio.scoring.tables import write_predictions


class Counting:
    """A recipe that counts how often its columns are asked for."""

    raw_format = "npz"

    def __init__(self) -> None:
        self.asked = 0
        self.target: Any = type("Target", (), {"labels": ("a", "b")})()

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        self.asked += 1
        return pd.DataFrame({"label": ["a"] * len(scored), "probability": [0.9] * len(scored)})


def test_columns_are_computed_once_for_all_files(tmp_path: Path) -> None:
    table = pd.DataFrame({ROW: [1, 2], "label": ["a", "b"]})
    raw = tuple({"probabilities": np.array([0.9, 0.1])} for _ in range(2))
    recipe = Counting()

    scored = ScoredTable(table, raw, None)
    summary = write_predictions(tmp_path, "test", recipe, scored, [], {})  # type: ignore[arg-type]

    assert recipe.asked == 1
    assert summary.columns == ("label", "probability")
    written = pd.read_parquet(tmp_path / "predictions" / "test.parquet")
    assert list(written.columns) == ["true_label", "label", "probability"]
