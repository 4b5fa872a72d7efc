"""Whisper in a file of CTranslate2, as tensors under the names of the transformers library.

The file is a list of variables (name, shape, type, bytes). Projections of one input are stacked there: query, key and
value of self-attention, key and value of attention to the encoder. Of keys, Whisper has no bias: theirs is zero.
"""

import struct
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.generic]]

SPEC, LEAST_VERSION = "WhisperSpec", 5
TYPES: Mapping[int, type[np.generic]] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
QUERY_KEY_VALUE = ("q", "k", "v")


def read_variables(data: bytes) -> Tensors:
    """All variables of a file, by their names there.

    Raises:
        ValueError: if it is no Whisper of CTranslate2.
    """
    reader = _Reader(data)
    version, spec, _revision, count = reader.number("I"), reader.text(), reader.number("I"), reader.number("I")
    if spec != SPEC or version < LEAST_VERSION:
        raise ValueError(f"no Whisper of CTranslate2, but {spec!r} of version {version}")
    return dict(reader.variable() for _ in range(count))


class _Reader:
    """Goes through the bytes of a file; numbers are little-endian."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def number(self, kind: str) -> int:
        value: int = struct.unpack_from(f"<{kind}", self._data, self._place)[0]
        self._place += struct.calcsize(f"<{kind}")
        return value

    def text(self) -> str:
        """Behind its length in bytes, with a zero at its end."""
        length = self.number("H")
        self._place += length
        return self._data[self._place - length : self._place - 1].decode()

    def variable(self) -> tuple[str, NDArray[np.generic]]:
        name, rank = self.text(), self.number("B")
        shape = [self.number("I") for _ in range(rank)]
        kind, size = np.dtype(TYPES[self.number("B")]), self.number("I")
        values = np.frombuffer(self._data, kind, size // kind.itemsize, self._place).reshape(shape)
        self._place += size
        return name, values


def layer_count(variables: Tensors, side: str) -> int:
    """Layers of `encoder` or `decoder`."""
    return len({name.split("/")[1] for name in variables if name.startswith(f"{side}/layer_") and "/ffn/" in name})


def library_tensors(variables: Tensors) -> Tensors:
    """The tensors of `WhisperForConditionalGeneration`, in full precision; the tied output layer is left out."""
    named = {"model.decoder.embed_tokens.weight": variables["decoder/embeddings/weight"]}
    for convolution in ("conv1", "conv2"):
        named |= _renamed(variables, f"encoder/{convolution}", f"model.encoder.{convolution}")
    for side in ("encoder", "decoder"):
        named[f"model.{side}.embed_positions.weight"] = variables[f"{side}/position_encodings/encodings"]
        named |= _renamed(variables, f"{side}/layer_norm", f"model.{side}.layer_norm")
        for number in range(layer_count(variables, side)):
            named |= _layer(variables, f"{side}/layer_{number}", f"model.{side}.layers.{number}")
    return {name: np.array(values, dtype=np.float32) for name, values in named.items()}


def _layer(variables: Tensors, source: str, target: str) -> Tensors:
    named = {
        **_unstacked(variables, f"{source}/self_attention/linear_0", f"{target}.self_attn", QUERY_KEY_VALUE),
        **_renamed(variables, f"{source}/self_attention/linear_1", f"{target}.self_attn.out_proj"),
        **_renamed(variables, f"{source}/self_attention/layer_norm", f"{target}.self_attn_layer_norm"),
        **_renamed(variables, f"{source}/ffn/linear_0", f"{target}.fc1"),
        **_renamed(variables, f"{source}/ffn/linear_1", f"{target}.fc2"),
        **_renamed(variables, f"{source}/ffn/layer_norm", f"{target}.final_layer_norm"),
    }
    attention = f"{source}/attention"
    if f"{attention}/linear_0/weight" in variables:
        named |= _renamed(variables, f"{attention}/linear_0", f"{target}.encoder_attn.q_proj")
        named |= _unstacked(variables, f"{attention}/linear_1", f"{target}.encoder_attn", QUERY_KEY_VALUE[1:])
        named |= _renamed(variables, f"{attention}/linear_2", f"{target}.encoder_attn.out_proj")
        named |= _renamed(variables, f"{attention}/layer_norm", f"{target}.encoder_attn_layer_norm")
    return named


def _renamed(variables: Tensors, source: str, target: str) -> Tensors:
    """Weight and bias of a linear layer, a convolution or a normalization."""
    names = {"gamma": "weight", "beta": "bias", "weight": "weight", "bias": "bias"}
    found = ((name, new) for name, new in names.items() if f"{source}/{name}" in variables)
    return {f"{target}.{new}": variables[f"{source}/{name}"] for name, new in found}


def _unstacked(variables: Tensors, source: str, target: str, parts: tuple[str, ...]) -> Tensors:
    def each() -> Iterator[tuple[str, NDArray[np.generic]]]:
        for kind in ("weight", "bias"):
            for part, values in zip(parts, np.split(variables[f"{source}/{kind}"], len(parts)), strict=True):
                if (part, kind) != ("k", "bias"):
                    yield f"{target}.{part}_proj.{kind}", values

    return dict(each())
