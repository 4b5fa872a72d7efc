"""Bundles are verified, relocatable, and replaced whole."""

import shutil
from pathlib import Path

import pytest
import torch

from studio.errors import BundleError
from studio.scoring.bundle import BundleManifest, open_bundle, write_bundle
from studio.scoring.golden import largest_difference
from studio.scoring.predictor import Predictor

MANIFEST = BundleManifest(
    problem_type="image_classification", settings={}, target={"task": "binary", "labels": [], "facts": {}}
)


def test_a_moved_bundle_repeats_its_golden_rows(packed: Path, tmp_path: Path) -> None:
    shutil.copytree(packed / "bundle", tmp_path / "elsewhere")

    assert largest_difference(packed / "golden", Predictor.load(tmp_path / "elsewhere")) <= 1e-5


def test_a_changed_weight_is_noticed_before_it_is_loaded(packed: Path, tmp_path: Path) -> None:
    shutil.copytree(packed / "bundle", tmp_path / "bundle")
    path = tmp_path / "bundle" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))

    with pytest.raises(BundleError, match="does not match"):
        open_bundle(tmp_path / "bundle")


def test_an_unfinished_bundle_is_none(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()

    with pytest.raises(BundleError, match="no trained model"):
        open_bundle(tmp_path / "bundle")


def test_writing_again_replaces_the_whole_folder(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", {"old": torch.ones(2)}, MANIFEST)
    (tmp_path / "bundle" / "left over").touch()

    write_bundle(tmp_path / "bundle", {"new": torch.zeros(2)}, MANIFEST)

    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {"bundle.json", "model.safetensors"}
    assert not (tmp_path / "bundle.tmp").exists()
