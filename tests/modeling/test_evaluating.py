"""Evaluation batch by batch gives the numbers of the whole table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.modeling.predictions import Raw
from studio.modeling.recipe import Accumulator, Media
from studio.modeling.scoring import evaluate_table, score_table
from studio.problems.registry import problem_type
from studio.problems.text_regression.recipe import TextRegressionRecipe

TABLE = pd.DataFrame(
    {"text": [f"{'very ' * (n % 5)}good {n}" for n in range(11)], "stars": [float(n % 5) for n in range(10)] + [np.nan]}
)
HOW: dict[str, Any] = {"device": torch.device("cpu"), "precision": "float32", "batch_size": 4}


class SumOfErrors(Accumulator):
    """The mean absolute error, from sums."""

    def __init__(self, truth: Sequence[float]) -> None:
        self.truth = truth
        self.errors: list[float] = []

    def add(self, rows: Sequence[int], raw: Sequence[Raw]) -> None:
        for row, one in zip(rows, raw, strict=True):
            if np.isfinite(self.truth[row]):
                self.errors.append(abs(float(one["predictions"][0]) - self.truth[row]))

    def metrics(self) -> dict[str, float]:
        return {"MAE": float(np.mean(self.errors))}


class Streaming(TextRegressionRecipe):
    def accumulator(self, table: pd.DataFrame) -> Accumulator:
        return SumOfErrors(table["stars"].tolist())


def recipe(kind: type[TextRegressionRecipe]) -> TextRegressionRecipe:
    settings = (
        problem_type("text_regression")
        .model_types[0]
        .settings.from_mapping(
            {
                "dataset.text_column": ["text"],
                "dataset.label_columns": ["stars"],
                "architecture.backbone": "scratch/bert-mini",
                "architecture.pretrained": False,
            }
        )
    )
    return kind(settings, kind.target_of(settings, TABLE), (), kind.assets_of(settings, TABLE))


@pytest.mark.parametrize("kind", [TextRegressionRecipe, Streaming])
def test_loss_and_metrics_are_those_of_the_scored_table(kind: type[TextRegressionRecipe]) -> None:
    one = recipe(kind)
    torch.manual_seed(0)
    model = one.model(None)
    done: list[int] = []
    whole = score_table(one, model, TABLE, Media(Path()), **HOW)

    found = evaluate_table(one, model, TABLE, Media(Path()), after_batch=done.append, **HOW)

    assert found["loss"] == pytest.approx(whole.mean_loss(), rel=1e-6)
    assert found["MAE"] == pytest.approx(one.metrics(whole)["MAE"], rel=1e-6)
    assert done == [4, 8, 11]
    assert model.training


def test_a_table_without_truth_has_no_loss() -> None:
    one = recipe(Streaming)
    table = TABLE.assign(stars=np.nan)

    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        found = evaluate_table(one, one.model(None), table, Media(Path()), **HOW)

    assert np.isnan(found["loss"])
