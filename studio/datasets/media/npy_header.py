"""Headers of .npy files, read without ever making an object of what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from tokenize import TokenError
from typing import IO

from studio.on_demand import np


class NpyHeaderError(ValueError):
    """The header is no header of a .npy file."""


@dataclass(frozen=True)
class NpyHeader:
    """What a .npy file says of its array."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[np.generic]
    """As the file has it, with its order of bytes."""

    @property
    def holds_numbers(self) -> bool:
        """Whether the values are truth values, integers or floats, and nothing else."""
        return self.dtype.kind in "buif"


def read_npy_header(file: IO[bytes]) -> NpyHeader:
    """The header of an array; the file then stands at its first value.

    Raises:
        NpyHeaderError: with what is wrong about it.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version}")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
    except (ValueError, EOFError, OSError, SyntaxError, TokenError, MemoryError, RecursionError) as error:
        raise NpyHeaderError(str(error)[:100]) from None
    return NpyHeader(tuple(shape), bool(is_fortran), dtype)
