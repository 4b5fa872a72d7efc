"""Where weights would come from, without looking anywhere outside this machine."""

import json
from pathlib import Path

import pytest

from studio.server.services.weights import Weights

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


class OfflineWeights(Weights):
    """Nobody answers."""

    def hub(self, *, waits: bool = False) -> str:  # type: ignore[override]
        return "unreachable"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return OfflineWeights(tmp_path / "weights")


def model_folder(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps({"model_type": "bert"}))


def test_a_folder_with_a_whole_model_counts(weights: Weights, tmp_path: Path) -> None:
    model_folder(tmp_path / "weights" / "house" / "encoder")

    assert weights.source("house/encoder") == "folder"


def test_a_name_that_leads_out_of_the_folder_is_nowhere(weights: Weights, tmp_path: Path) -> None:
    model_folder(tmp_path / "elsewhere")

    assert weights.source("../elsewhere") is None
    assert weights.source(str(tmp_path / "elsewhere")) is None


def test_a_model_of_the_hub_counts_when_it_is_whole(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "hub" / "models--org--asked" / "refs").mkdir(parents=True)
    model_folder(tmp_path / "hub" / "models--org--whole" / "snapshots" / "abc")

    assert weights.source("org/asked") is None
    assert weights.source("org/whole") == "cache"


def test_timm_models_of_the_hub_are_found_by_their_bare_name(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "hub" / "models--timm--resnet18.a1_in1k").mkdir(parents=True)

    assert weights.source("resnet18") == "cache"


def test_a_backbone_from_scratch_needs_nothing(weights: Weights) -> None:
    assert weights.source("scratch/bert-mini") == "scratch"


def test_packaged_models_are_found_by_their_names_on_the_hub(weights: Weights) -> None:
    if MINILM not in weights.packaged():
        pytest.skip("the package with MiniLM is not installed")

    assert weights.source(MINILM) == "package"
