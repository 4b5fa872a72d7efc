"""Bundles are verified, relocatable, and replaced whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.errors import BundleError
from studio.files import sha256_file
from studio.scoring.bundle import BundleManifest, manifest_digest, open_bundle, write_bundle
from studio.scoring.golden import largest_difference
from studio.scoring.pipeline import main, verify
from studio.scoring.predictor import Predictor
from tests.support.requirements import covers

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


Values = dict[str, Any]


@pytest.fixture
def pipeline(packed: Path, tmp_path: Path) -> Path:
    """What a pipeline verifies, to be tampered with."""
    for name in ("bundle", "golden"):
        shutil.copytree(packed / name, tmp_path / "pipeline" / name)
    return tmp_path / "pipeline"


def rewrite_manifest(pipeline: Path, change: Callable[[Values], object], *, repairs: bool) -> None:
    path = pipeline / "bundle" / "bundle.json"
    values = json.loads(path.read_text())
    change(values)
    if repairs:
        values["sha256"] = manifest_digest(values)
    path.write_text(json.dumps(values))


@covers("F130")
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_never_verify(
    pipeline: Path, capsys: pytest.CaptureFixture[str], value: float
) -> None:
    weights = pipeline / "bundle" / "model.safetensors"
    tensors = load_file(weights)
    save_file({name: torch.full_like(one, value) if one.is_floating_point() else one for name, one in tensors.items()},
              weights)  # fmt: skip
    digest = sha256_file(weights)
    rewrite_manifest(pipeline, lambda values: values["files"].update({"model.safetensors": digest}), repairs=True)
    # Also where the golden rows were told of the new manifest.
    path = pipeline / "golden" / "expected.json"
    expected = json.loads(path.read_text())
    manifest = json.loads((pipeline / "bundle" / "bundle.json").read_text())["sha256"]
    path.write_text(json.dumps({**expected, "manifest": manifest}))

    assert main(pipeline, ["verify"]) == 1
    assert "maximum difference inf (above" in capsys.readouterr().out


CHANGES: dict[str, Callable[[Values], object]] = {
    "labels swapped": lambda values: values["target"]["labels"].reverse(),
    "a setting": lambda values: values["settings"]["training"].update(batch_size=3),
    "a metric": lambda values: values["metrics"].update(Accuracy=1.0),
    "no files": lambda values: values["files"].clear(),
    "a file outside": lambda values: values["files"].update({"../golden/expected.json": "0" * 64}),
}


@covers("F130")
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_manifest_is_noticed_before_anything_is_loaded(pipeline: Path, change: str) -> None:
    rewrite_manifest(pipeline, CHANGES[change], repairs=False)

    with pytest.raises(BundleError, match="manifest of the model was changed"):
        open_bundle(pipeline / "bundle")


@covers("F130")
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_manifest_with_a_repaired_hash_does_not_verify(pipeline: Path, change: str) -> None:
    rewrite_manifest(pipeline, CHANGES[change], repairs=True)

    with pytest.raises(BundleError, match="label 1 is" if change == "labels swapped" else "manifest|does not match"):
        verify(pipeline)


BROKEN = ("", "{}", "[1]", "[" * 100_000, '{"version": 1}', '{"version": 2, "extra": 1}', "\xff")


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:14])
def test_a_manifest_that_is_none_is_an_error_in_words(pipeline: Path, text: str) -> None:
    (pipeline / "bundle" / "bundle.json").write_text(text, encoding="latin-1")

    with pytest.raises(BundleError, match=r"manifest of the model cannot be read|was changed"):
        open_bundle(pipeline / "bundle")


@pytest.mark.parametrize("text", ["", "{}", "1", '{"rows": 1}', "[[[" * 90])
def test_golden_rows_that_cannot_be_read_are_an_error_in_words(pipeline: Path, text: str) -> None:
    (pipeline / "golden" / "expected.json").write_text(text)

    with pytest.raises(BundleError, match="golden rows cannot be read"):
        verify(pipeline)


def test_golden_rows_without_rows_prove_nothing(pipeline: Path) -> None:
    path = pipeline / "golden" / "expected.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "rows": []}))

    assert verify(pipeline)[0] == float("inf")


def test_golden_rows_of_an_earlier_version_are_compared(pipeline: Path) -> None:
    path = pipeline / "golden" / "expected.json"
    path.write_text(json.dumps(json.loads(path.read_text())["rows"]))
    rewrite_manifest(pipeline, lambda values: (values.update(version=1), values.pop("sha256")), repairs=False)

    difference, allowed = verify(pipeline)

    assert difference <= allowed


def test_weights_of_another_shape_are_an_error_in_words(pipeline: Path) -> None:
    weights = pipeline / "bundle" / "model.safetensors"
    save_file({"other": torch.zeros(2)}, weights)
    digest = sha256_file(weights)
    rewrite_manifest(pipeline, lambda values: values["files"].update({"model.safetensors": digest}), repairs=True)

    with pytest.raises(BundleError, match="do not fit"):
        Predictor.load(pipeline / "bundle")
