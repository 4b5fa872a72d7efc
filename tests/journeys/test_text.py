"""Text classification, regression and metric learning on real texts, with the figures that must be reached."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.settings.sections.text import MINILM

Studio = Callable[..., Any]

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.shared,
    pytest.mark.skipif(PACKAGED_TEXT_MODELS[MINILM].path() is None, reason="the packaged MiniLM is not installed"),
]


HOLDOUT = ("dataset.validation_strategy=automatic", "dataset.validation_size=0.05")
"""What the figures compare with learns from every training row; one fold would hold a fifth of them back."""


def trained(studio: Studio, source: Path, kind: str, tmp_path: Path, *changes: str) -> dict[str, Any]:
    """Import, take the suggested recipe, train; gives the test figures and the seconds."""
    imported = studio("dataset", "import", source, "--name", "data", "--problem-type", kind)
    assert not [one for one in imported["findings"] if one["level"] == "error"]
    config = tmp_path / "config.yaml"
    sets = [word for change in ("environment.seed=1", *HOLDOUT, *changes) for word in ("--set", change)]
    studio("config", "new", kind, "--dataset", "data", "--suggest", *sets, "-o", config)
    assert not [one for one in studio("config", "check", config)["findings"] if one["level"] == "error"]
    began = time.monotonic()
    shown = studio("run", config, "--name", "run", "--wait", timeout=1500)
    assert shown["state"] == "finished", shown["runs"][0]["error"]
    found: dict[str, Any] = {**shown["runs"][0]["metrics"]["test"], "seconds": time.monotonic() - began}
    print(f"{source.name}: {found}")
    return found


def tfidf_accuracy(source: Path, label: str) -> float:
    """Word and pair frequencies with a linear model, on the same split."""
    train, test = (pd.read_csv(source / f"{name}.csv", keep_default_na=False) for name in ("train", "test"))
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=30.0))
    model.fit(train["text"], train[label])
    return float((model.predict(test["text"]) == test[label]).mean())


@pytest.mark.figures
def test_banking77_reaches_more_than_frozen_features_and_word_counts(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    """Frozen MiniLM with a linear model reaches 0.90."""
    source = shared_data / "text_classification__banking77"

    found = trained(studio, source, "text_classification", tmp_path, "prediction.metric=Accuracy")

    baseline = tfidf_accuracy(source, "label")
    print(f"TF-IDF with logistic regression: {baseline:.3f}")
    assert found["Accuracy"] >= max(0.90, baseline)


@pytest.mark.figures
def test_clinc150_finds_neighbours_of_intents_it_has_never_seen(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    """Untrained, the mean of MiniLM's tokens finds the same label in 0.967; no label of the test is trained on."""
    source = shared_data / "text_metric_learning__clinc150"

    found = trained(studio, source, "text_metric_learning", tmp_path)

    assert found["Recall_at_1"] >= 0.967
    studio("export", "run", "-o", tmp_path / "pipeline.zip")
    with zipfile.ZipFile(tmp_path / "pipeline.zip") as archive:
        archive.extractall(tmp_path / "pipeline")
    folder = next((tmp_path / "pipeline").rglob("score.py")).parent
    found_rows = searched(folder, source / "test.csv", source / "train.csv")
    assert len(found_rows) == 600
    assert set(found_rows["pred_label"]) <= set(pd.read_csv(source / "train.csv")["label"])


@pytest.mark.figures
def test_email_spam_reaches_more_than_frozen_features(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """Frozen MiniLM with a linear model reaches 0.92."""
    source = shared_data / "text_classification__email_spam"

    found = trained(studio, source, "text_classification", tmp_path, "prediction.metric=Accuracy")

    assert found["Accuracy"] >= 0.92


@pytest.mark.figures
def test_several_intents_an_utterance_are_learned(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "text_classification__nlupp_banking"

    found = trained(studio, source, "text_classification", tmp_path, "prediction.metric=F1")

    assert found["F1"] >= 0.85


@pytest.mark.figures
def test_emobank_correlates_more_than_frozen_features(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """Ridge regression on frozen MiniLM reaches a correlation of 0.62 for valence."""
    source = shared_data / "text_regression__emobank"

    trained(studio, source, "text_regression", tmp_path)

    studio("predict", "run", "--table", source / "test.csv", "-o", tmp_path / "predictions.csv")
    table = pd.read_csv(tmp_path / "predictions.csv")
    correlation = float(table["valence"].corr(table["pred_valence"]))
    print(f"valence r {correlation:.3f}")
    assert correlation >= 0.62


@pytest.mark.figures
def test_banking77_from_scratch_learns_without_any_weights(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """77 intents; the most frequent one is 2 % of the test."""
    source = shared_data / "text_classification__banking77"

    found = trained(
        studio,
        source,
        "text_classification",
        tmp_path,
        "architecture.backbone=scratch/bert-mini",
        "architecture.pretrained=false",
        "training.differential_learning_rate_layers=[]",
        "training.learning_rate=0.001",
        "training.epochs=15",
        "prediction.metric=Accuracy",
    )

    assert found["Accuracy"] >= 0.7


def searched(folder: Path, queries: Path, index: Path) -> pd.DataFrame:
    """What the pipeline finds for queries in an index, with its embeddings written beside."""
    from studio.scoring.pipeline import Order, predict_file

    raw = folder / "embeddings.npz"
    predict_file(folder, Order(queries, folder / "found.parquet", index=index, raw=raw))
    assert raw.is_file()
    return pd.read_parquet(folder / "found.parquet")
