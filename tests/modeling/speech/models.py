"""Small speech models, recordings and recipes for tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
import torch

from studio.datasets.media.readers.audio import SECONDS
from studio.modeling.recipe import Media, Recipe, SampleIndex, Scored
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.results.prediction import ROW

RATE = 16_000
TEXTS = ["one two", "Three!", "four five six", "two"]
LENGTHS = (0.7, 0.4, 1.3, 0.55)
SCRATCH = {"whisper": "scratch/whisper-mini", "wav2vec2": "scratch/wav2vec2-mini"}


def write_recordings(folder: Path, lengths: tuple[float, ...] = LENGTHS) -> pd.DataFrame:
    """Recordings of faint chords below a folder, as a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seconds in enumerate(lengths):
        generator = np.random.default_rng(number)
        times = np.arange(round(seconds * RATE)) / RATE
        sound = 0.3 * np.sin(2 * np.pi * (300 + 170 * number) * times * (1 + 0.2 * times))
        soundfile.write(str(folder / f"{number}.wav"), sound + 0.01 * generator.standard_normal(len(times)), RATE)
    count = len(lengths)
    return pd.DataFrame({
        "audio": [f"{number}.wav" for number in range(count)],
        "transcript": [TEXTS[number % len(TEXTS)] for number in range(count)],
        ROW: range(1, count + 1),
        SECONDS: lengths,
    })  # fmt: skip


def make_recipe(model: str, table: pd.DataFrame, **changes: Any) -> Recipe[Any]:
    """A recipe of a small architecture, by keys with a double underscore in place of the dot."""
    kind = problem_type("speech_recognition")
    values = {
        "dataset.train_dataframe": "train",
        "dataset.audio_column": "audio",
        "dataset.label_columns": "transcript",
        "architecture.backbone": SCRATCH[model],
        "architecture.pretrained": False,
        "environment.seed": 3,
        **({"prediction.max_length": 8} if model == "whisper" else {}),
        **{key.replace("__", "."): value for key, value in changes.items()},
    }
    settings = kind.model_type(model).settings.from_mapping(values)
    recipe_type = recipe_class(kind, model)
    assets = recipe_type.assets_of(settings, table)
    return recipe_type(settings, recipe_type.target_of(settings, table), kind.metrics, assets)


def make_model(recipe: Recipe[Any]) -> Any:
    torch.manual_seed(0)
    return recipe.model(None).eval()


def score(recipe: Recipe[Any], model: Any, table: pd.DataFrame, folder: Path, rows: list[int]) -> Scored:
    """What a model says about some rows in one batch."""
    samples = recipe.samples(table, Media(folder), training=False)
    with torch.inference_mode():
        return recipe.score(model, recipe.collate([samples[SampleIndex(row)] for row in rows]))
