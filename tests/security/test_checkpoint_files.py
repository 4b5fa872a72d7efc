"""B48, file by file: whatever of a checkpoint becomes a pickle, it is not loaded, and the checkpoint counts no more."""

from pathlib import Path

import pytest
import torch

from studio.errors import CheckpointError
from studio.modeling.checkpoint import CheckpointLabels, CheckpointState, CheckpointStore, read_checkpoint
from tests.security.hostile import pickle_that_touches

FILES = ("model.safetensors", "optimizer.safetensors", "generators.safetensors", "state.json", "manifest.json")


@pytest.mark.parametrize("name", [pytest.param(name, id=f"B48-{name}") for name in FILES])
def test_a_checkpoint_with_a_pickle_in_it_is_refused(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "pwned"
    (tmp_path / "checkpoints").mkdir()
    store = CheckpointStore(tmp_path / "checkpoints")
    state = CheckpointState({"w": torch.ones(2)}, {"s": torch.ones(1)}, {"torch": torch.get_rng_state()}, {"step": 1})
    written = store.write(state, CheckpointLabels(1, 1.0, 1, "settings", "dataset"))
    folder = tmp_path / "checkpoints" / written
    assert {path.name for path in folder.iterdir()} == set(FILES)

    (folder / name).write_bytes(pickle_that_touches(mark))

    assert store.latest() is None
    with pytest.raises(CheckpointError):
        read_checkpoint(folder)
    assert not mark.exists()
