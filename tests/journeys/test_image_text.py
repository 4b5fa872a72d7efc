"""Image and text classification on real photos: together they tell more than each half by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.figures, pytest.mark.shared]

GROUPS = {
    "summer": ("dress", "shorts", "t-shirt"),
    "winter": ("hat", "longsleeve", "outwear"),
    "all year": ("pants", "shirt", "shoes", "skirt"),
}
"""Seasons, which tell apart what looks alike: a shirt, a longsleeve and a t-shirt."""
SENTENCES = ("something for {}, size {}", "for {}, hardly used, size {}", "i sell this, i wore it in {}, it fits {}")
SIZES = 30
WRONG = 0.1
"""The share of captions that tell a group at random."""
HALVES = {
    "image_text_classification": ("image=image_column", "caption=text_column"),
    "image_classification": ("image=image_column",),
    "text_classification": ("caption=text_column",),
}


def captioned(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with captions that tell no more than the group of the label, and sometimes a wrong one."""
    generator = np.random.default_rng(seed)
    group_of = {label: group for group, labels in GROUPS.items() for label in labels}
    groups = [group_of[label] for label in table["label"]]
    told = [str(generator.choice(list(GROUPS))) if generator.random() < WRONG else group for group in groups]
    sizes = generator.integers(30, 30 + SIZES, len(told))
    captions = [str(generator.choice(SENTENCES)).format(*pair) for pair in zip(told, sizes, strict=True)]
    return table.assign(caption=captions)


@pytest.fixture(scope="module")
def clothing(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, folder = shared_data / "image_classification__clothing", tmp_path_factory.mktemp("captions") / "clothing"
    shutil.copytree(source / "images", folder / "images")
    for seed, name in enumerate(("train.csv", "test.csv")):
        captioned(pd.read_csv(source / name), seed).to_csv(folder / name, index=False)
    return folder


@pytest.mark.timeout(1800)
def test_an_image_with_its_caption_is_told_better_than_either(studio: Studio, clothing: Path, tmp_path: Path) -> None:
    accuracy = {}
    for kind, roles in HALVES.items():
        chosen = [part for role in (*roles, "label=label_columns") for part in ("--role", role)]
        studio("dataset", "import", clothing, "--name", kind, "--problem-type", kind, *chosen)
        config = tmp_path / f"{kind}.yaml"
        studio("config", "new", kind, "--dataset", kind, "--suggest", "--set", "environment.seed=1",
               "--set", "prediction.metric=Accuracy", "-o", config)  # fmt: skip
        shown = studio("run", config, "--name", kind, "--wait", timeout=1200)
        accuracy[kind] = shown["runs"][0]["metrics"]["test"]["Accuracy"]
        print(f"\n{kind}: accuracy {accuracy[kind]:.3f}")

    both, image, text = accuracy.values()
    assert both >= image + 0.03
    assert both >= text + 0.2
    studio("predict", "image_text_classification", "--table", clothing / "test.csv", "--media", clothing / "images",
           "-o", tmp_path / "predictions.csv")  # fmt: skip
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert float((table["pred_label"] == table["label"]).mean()) == pytest.approx(both, abs=1e-9)


def test_a_table_with_images_and_captions_is_recognised(studio: Studio, clothing: Path) -> None:
    imported = studio("dataset", "import", clothing, "--name", "clothing")

    assert imported["problem_type"] == "image_text_classification"
