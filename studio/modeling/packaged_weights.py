"""Weights of images carried by packages of this installation: their one conversion to safetensors.

`python -m studio.modeling.packaged_weights NAME OUT` is the only code of the studio that reads a pickle: weights-only,
of a file whose SHA-256 is on the list of `studio/bundled_weights.py`, in a process that ends right after.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from studio.bundled_weights import PACKAGED_IMAGE_WEIGHTS

_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
_FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def timm_names(names: Iterable[str], timm_keys: Iterable[str]) -> dict[str, str]:
    """Names of the efficientnet_pytorch style -> timm's names for the same tensors."""
    pattern = re.compile(r"blocks\.(\d+)\.(\d+)\.")
    blocks = sorted({(int(m[1]), int(m[2])) for key in timm_keys if (m := pattern.match(key))})
    names = list(names)
    expanded = {name.split(".")[1] for name in names if "._expand_conv" in name}
    renamed = {}
    for name in names:
        parts = name.split(".")
        if parts[0] == "_blocks":
            stage, block = blocks[int(parts[1])]
            table = _BLOCK if parts[1] in expanded else _FIRST_BLOCK
            renamed[name] = f"blocks.{stage}.{block}.{table[parts[2]]}.{parts[3]}"
        else:
            renamed[name] = f"{_TOP[parts[0]]}.{parts[1]}"
    return renamed


def convert(name: str, target: Path) -> None:
    """Write a package's weights as safetensors in timm's names, with their SHA-256 beside them.

    Raises:
        WeightsError: if the file is not the known one, or does not fit the architecture.
    """
    import timm
    import torch
    from safetensors.torch import save_file

    from studio.errors import WeightsError
    from studio.files import fsync_file, sha256_file, write_json

    package = PACKAGED_IMAGE_WEIGHTS[name]
    source = package.path()
    if source is None or sha256_file(source) != package.sha256:
        raise WeightsError(f"The file of {package.distribution} is not the known one.", hint="Install it again.")
    tensors = torch.load(source, map_location="cpu", weights_only=True)
    model = timm.create_model(name, pretrained=False)
    names = timm_names(tensors, model.state_dict())
    model.load_state_dict({names[key]: value for key, value in tensors.items()})
    temporary = target.with_suffix(".tmp")
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, temporary)
    fsync_file(temporary)
    digest = sha256_file(temporary)
    temporary.replace(target)
    write_json(target.with_suffix(".json"), {"source_sha256": package.sha256, "sha256": digest})


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]))
