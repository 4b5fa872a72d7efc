"""Files of checkpoints that a server counts and drops without reading what is in them."""

from collections.abc import Iterator
from pathlib import Path

from studio.files import read_json, write_json

OPTIMIZER_FILE = "optimizer.safetensors"
MANIFEST = "manifest.json"


def optimizer_files(checkpoints: Path) -> Iterator[Path]:
    """The optimizer's states among the checkpoints of a run."""
    yield from (
        path for path in checkpoints.glob(f"ckpt-*/{OPTIMIZER_FILE}") if path.is_file() and not path.is_symlink()
    )


def drop_optimizer(file: Path) -> int:
    """Drop an optimizer's state and give its bytes. The manifest forgets it first, so the checkpoint stays complete.

    Raises:
        OSError, ValueError, KeyError: if the manifest cannot be read; the state stays then.
    """
    size_bytes = file.stat().st_size if file.is_file() else 0
    manifest = read_json(file.parent / MANIFEST)
    manifest["files"].pop(OPTIMIZER_FILE, None)
    write_json(file.parent / MANIFEST, manifest)
    file.unlink(missing_ok=True)
    return size_bytes
