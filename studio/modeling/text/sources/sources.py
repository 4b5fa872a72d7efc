"""Where a transformer comes from: a folder of yours, the hub's cache, an installed package, the hub, or nothing.

A folder of yours is `HOME/weights/<name>/` with `config.json`, `tokenizer.json` (or what makes one) and safetensors.
Names below `scratch/` are small architectures that come with the studio, without weights and without a tokenizer.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.errors import WeightsError
from studio.files import sha256_file
from studio.hub import is_hub_reachable
from studio.json_text import parse_json
from studio.modeling.text.sources.allowed_models import allowed_config
from studio.modeling.weights import CONNECT_SECONDS, WeightsFile, weights_cache
from studio.settings.sections.text import SCRATCH, SCRATCH_ENCODERS, SCRATCH_TRANSLATORS

CONFIG = "config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
WANTED = ("*.json", "*.safetensors", "*.txt", "*.model")
"""What is taken from the hub: no code and no pickle."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


@dataclass(frozen=True)
class TextModelFiles:
    """The files of a model: configuration, tokenizer, weights."""

    name: str
    folder: Path
    source: Literal["hub", "cache", "packaged", "folder"]

    def config(self) -> dict[str, Any]:
        """What is allowed of the content of `config.json`.

        Raises:
            WeightsError: if it is not there, cannot be read, or is of a model that is not.
        """
        try:
            values = parse_json((self.folder / CONFIG).read_bytes())
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"The configuration of {self.name!r} cannot be read.",
                hint=f"A folder of a model needs a {CONFIG}, a tokenizer, and weights as safetensors.",
                code="model_files",
            ) from error
        if not isinstance(values, dict) or "model_type" not in values:
            raise WeightsError(
                f"The configuration of {self.name!r} names no model_type.",
                hint="Choose a model of the transformers library.",
                code="model_files",
            )
        return allowed_config(values, self.name)

    def weights(self) -> WeightsFile:
        """The weights.

        Raises:
            WeightsError: if there are none as safetensors, or a packaged file is not the known one.
        """
        path = next((self.folder / name for name in WEIGHTS if (self.folder / name).is_file()), None)
        if path is None:
            raise WeightsError(
                f"{self.name!r} has no weights as safetensors; other files are not read.",
                hint="Choose a model that has them, convert it, or switch Pretrained off.",
                code="weights_missing",
            )
        if self.source == "packaged" and sha256_file(path) != PACKAGED_TEXT_MODELS[self.name].sha256:
            raise WeightsError(
                f"The packaged weights of {self.name!r} are not the known ones.", hint="Install the package again."
            )
        return WeightsFile(self.name, path, self.source)


def is_scratch(name: str) -> bool:
    """Whether a backbone has neither weights nor tokenizer of its own."""
    return name.startswith(SCRATCH)


def scratch_architecture(name: str) -> Mapping[str, Any]:
    """The configuration of a small architecture that comes with the studio.

    Raises:
        WeightsError: listing those there are.
    """
    if name not in (*SCRATCH_ENCODERS, *SCRATCH_TRANSLATORS):
        raise WeightsError(
            f"There is no architecture {name!r}.",
            hint=f"Choose {', '.join((*SCRATCH_ENCODERS, *SCRATCH_TRANSLATORS))}.",
            code="model_files",
        )
    path = resources.files("studio.modeling.text") / "architectures" / f"{name.removeprefix(SCRATCH)}.json"
    values: dict[str, Any] = json.loads(path.read_text())
    return values


def find_text_model(name: str, cache: Path | None = None) -> TextModelFiles:
    """The files of a model by its name, without the network where that is possible.

    Raises:
        WeightsError: if they are neither here nor to be had.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(
            f"{name!r} is not the name of a model.",
            hint="Write it as on the hub, owner/name, or name a folder in the home's weights folder.",
            code="model_files",
        )
    own = (cache or weights_cache()) / name
    if (own / CONFIG).is_file():
        return TextModelFiles(name, own, "folder")
    cached = _in_hub_cache(name)
    if cached is not None:
        return TextModelFiles(name, cached, "cache")
    package = PACKAGED_TEXT_MODELS.get(name)
    path = package.path() if package else None
    if path is not None:
        return TextModelFiles(name, path.parent, "packaged")
    if not is_hub_reachable(CONNECT_SECONDS):
        raise WeightsError(
            f"{name!r} is not on this machine, and the hub cannot be reached.",
            hint=f"Choose {', '.join(PACKAGED_TEXT_MODELS)}, which can be installed, put the model's files into "
            f"weights/{name} of the home, or train {SCRATCH_ENCODERS[0]} or {SCRATCH_TRANSLATORS[0]} from scratch.",
            code="weights_missing",
        )
    return TextModelFiles(name, _from_hub(name), "hub")


def _in_hub_cache(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, CONFIG)
    return Path(found).parent if isinstance(found, str) else None


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(WANTED)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsError(
            f"{name!r} cannot be downloaded: {type(error).__name__}.",
            hint="Check its name and the connection to the hub, or choose another backbone.",
            code="weights_missing",
        ) from error
