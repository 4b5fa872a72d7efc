"""Checkpoints: whole or not at all, verified, pruned, and never at the price of the best or the last."""

import os
from pathlib import Path

import pytest
import torch

from studio.errors import CheckpointError
from studio.files import read_json
from studio.modeling.checkpoint import CheckpointLabels, CheckpointState, CheckpointStore, is_complete, read_checkpoint

STATE = CheckpointState(
    model={"weight": torch.arange(6.0).reshape(2, 3)},
    optimizer={"0.step": torch.tensor(3.0)},
    generators={"torch": torch.get_rng_state()},
    rest={"progress": {"step": 1}},
)


def labels(step: int, fence: int = 1) -> CheckpointLabels:
    return CheckpointLabels(step, 1.0, fence, "settings", "dataset")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)

    name = store.write(STATE, labels(32))

    found = read_checkpoint(tmp_path / name)
    assert torch.equal(found.model["weight"], STATE.model["weight"])
    assert found.rest == STATE.rest
    assert store.latest() == tmp_path / "ckpt-32"


def test_only_the_best_and_the_last_stay(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)

    store.write(STATE, labels(1))
    store.write(STATE, labels(2), is_best=True)
    store.write(STATE, labels(3))
    store.write(STATE, labels(4))

    assert names(tmp_path) == {"ckpt-2", "ckpt-4", "latest.json", "best.json"}
    assert store.best() == tmp_path / "ckpt-2"


@pytest.mark.parametrize("file", ["model.safetensors", "state.json", "manifest.json"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path, file: str) -> None:
    store = CheckpointStore(tmp_path)
    store.write(STATE, labels(1), is_best=True)
    store.write(STATE, labels(2))
    data = bytearray((tmp_path / "ckpt-2" / file).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "ckpt-2" / file).write_bytes(bytes(data))

    assert store.latest() == tmp_path / "ckpt-1"
    with pytest.raises(CheckpointError):
        read_checkpoint(tmp_path / "ckpt-2")


def test_an_unfinished_folder_is_ignored_and_cleared(tmp_path: Path) -> None:
    (tmp_path / "ckpt-9.tmp-1").mkdir()
    (tmp_path / "ckpt-9.tmp-1" / "model.safetensors").write_bytes(b"half")
    store = CheckpointStore(tmp_path)

    assert store.latest() is None
    store.write(STATE, labels(10))

    assert names(tmp_path) == {"ckpt-10", "latest.json"}


def test_a_full_disk_leaves_the_last_one_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointStore(tmp_path)
    store.write(STATE, labels(1))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write(STATE, labels(2))
    monkeypatch.undo()

    assert store.latest() == tmp_path / "ckpt-1"
    assert "ckpt-2" not in " ".join(names(tmp_path))


def test_the_manifest_names_every_file_with_size_and_hash(tmp_path: Path) -> None:
    CheckpointStore(tmp_path).write(STATE, labels(5, fence=7))

    manifest = read_json(tmp_path / "ckpt-5" / "manifest.json")
    assert set(manifest["files"]) == names(tmp_path / "ckpt-5") - {"manifest.json"}
    assert (manifest["step"], manifest["fence"]) == (5, 7)
    assert manifest["versions"]["torch"] == torch.__version__.split("+")[0] or manifest["versions"]["torch"]
    assert is_complete(tmp_path / "ckpt-5")


def test_what_a_death_left_half_done_is_swept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.write(STATE, labels(1))
    for name in ("ckpt-2.tmp-1", "ckpt-0.tmp-dropped"):
        (tmp_path / name).mkdir()

    store.sweep()

    assert names(tmp_path) == {"ckpt-1", "latest.json"}
