"""Files of volumes for tests: NIfTI as its specification says, byte by byte, and NumPy files."""

import gzip
import io
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CODES = {"uint8": 2, "int16": 4, "int32": 8, "float32": 16, "float64": 64, "int8": 256, "uint16": 512}


def nifti_bytes(
    values_XYZ: NDArray[np.generic],
    *,
    order: str = "<",
    scaling: tuple[float, float] = (0.0, 0.0),
    code: int | None = None,
    magic: bytes = b"n+1\0",
) -> bytes:
    """A NIfTI-1 file of values by x, y, z and perhaps t."""
    head = bytearray(352)
    dims = [values_XYZ.ndim, *values_XYZ.shape, *([1] * (7 - values_XYZ.ndim))]
    struct.pack_into(f"{order}i", head, 0, 348)
    struct.pack_into(f"{order}8h", head, 40, *dims)
    struct.pack_into(f"{order}2h", head, 70, code or CODES[values_XYZ.dtype.name], 8 * values_XYZ.dtype.itemsize)
    struct.pack_into(f"{order}3f", head, 108, 352.0, *scaling)
    head[344:348] = magic
    return bytes(head) + values_XYZ.astype(values_XYZ.dtype.newbyteorder(order)).tobytes(order="F")


def npy_bytes(values: NDArray[np.generic]) -> bytes:
    """As numpy.save writes it."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def npz_bytes(**arrays: NDArray[np.generic]) -> bytes:
    """As numpy.savez_compressed writes it."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def written(folder: Path, name: str, data: bytes) -> Path:
    """A file with this content, packed where its name says so."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path
