"""Seeds: one number decides every random draw of a run; states of all generators can be kept and put back."""

import json
import random
import secrets
from typing import Any

import numpy as np
import torch


def resolve_seed(seed: int) -> int:
    """The seed to use: a drawn one for -1."""
    return seed if seed >= 0 else secrets.randbelow(2**31)


def seed_everything(seed: int) -> None:
    """Start the generators of Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def generator_states() -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The generators' states as tensors and a JSON-able rest."""
    tensors = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors |= {f"cuda.{index}": state for index, state in enumerate(torch.cuda.get_rng_state_all())}
    version, words, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    numpy_state = [str(name), [int(key) for key in keys], int(position), int(has_gauss), float(cached)]
    return tensors, {"python": [version, list(words), gauss], "numpy": numpy_state}


def restore_generators(tensors: dict[str, torch.Tensor], rest: dict[str, Any]) -> None:
    """The opposite of `generator_states`; states of devices that are not here are left alone."""
    torch.set_rng_state(tensors["torch"].cpu())
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            if f"cuda.{index}" in tensors:
                torch.cuda.set_rng_state(tensors[f"cuda.{index}"].cpu(), index)
    version, words, gauss = rest["python"]
    random.setstate((version, tuple(words), gauss))
    name, keys, position, has_gauss, cached = rest["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), position, has_gauss, cached))


def pack_generators(tensors: dict[str, torch.Tensor], rest: dict[str, Any]) -> str:
    """States as one text, to be sent to another process or kept in JSON."""
    return json.dumps({"tensors": {name: bytes(one.tolist()).hex() for name, one in tensors.items()}, "rest": rest})


def unpack_generators(text: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The opposite of `pack_generators`."""
    packed = json.loads(text)
    return {
        name: torch.frombuffer(bytearray.fromhex(one), dtype=torch.uint8) for name, one in packed["tensors"].items()
    }, packed["rest"]
