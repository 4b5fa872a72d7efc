"""Texts as pages show them: long ones by their beginning, with the marks that lie in it."""

from pathlib import Path

import pandas as pd
import torch

from studio.datasets.texts.text_views import MAX_CHARACTERS
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media
from studio.modeling.text.sequence_input import MOST_CHARACTERS
from studio.problems.registry import problem_type
from studio.problems.text_classification.recipe import TextClassificationRecipe
from studio.results.sample_view import SampleView, TextBlock, TextMark
from studio.training.outputs.heatmaps import explained


def test_a_very_long_text_is_shown_by_its_beginning() -> None:
    table = pd.DataFrame({"text": ["word " * 10_000, "short"], "label": ["a", "b"]})
    settings = (
        problem_type("text_classification")
        .model_types[0]
        .settings.from_mapping(
            {
                "dataset.train_dataframe": "train",
                "dataset.text_column": ["text"],
                "dataset.label_columns": ["label"],
                "architecture.backbone": "scratch/bert-mini",
            }
        )
    )
    target = TextClassificationRecipe.target_of(settings, table)
    recipe = TextClassificationRecipe(settings, target, (), TextClassificationRecipe.assets_of(settings, table))
    raw = {"probabilities": torch.tensor([0.4, 0.6]).numpy()}

    scored = ScoredTable(table, (raw, raw), None)
    rows = recipe.sample_rows(scored, Media(Path()))

    assert [(len(row.view.texts[0].text), row.view.texts[0].is_cut) for row in rows] == [
        (MAX_CHARACTERS, True),
        (5, False),
    ]
    neighbours = [shown.neighbour["text"] for shown in recipe.input.shown(scored, Media(Path()))]
    assert [len(text) for text in neighbours] == [MOST_CHARACTERS, 5]


def test_marks_behind_what_is_shown_are_left_out() -> None:
    view = SampleView(row=1, title="", texts=(TextBlock(name="text", text="abc"),))
    marks = tuple(TextMark(start=start, end=start + 2, role="importance", score=1.0) for start in (0, 2, 9))

    found = explained(view, marks, Path("unused.png"), "unused.png")

    assert found.texts[0].marks == marks[:1]
