"""The files of a transformer: a folder of yours, the hub's cache, an installed package, the hub.

A folder of yours is `HOME/weights/<name>/` with `config.json`, what the model's inputs need, and safetensors.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.errors import WeightsError, in_quotes
from studio.files import sha256_file
from studio.hub import is_hub_reachable
from studio.json_text import parse_json
from studio.modeling.hub_models.allowed_models import allowed_config
from studio.modeling.hub_models.packaged import packaged_model
from studio.modeling.weights import CONNECT_SECONDS, WeightsFile, weights_cache

CONFIG = "config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
WANTED = ("*.json", "*.safetensors", "*.txt", "*.model")
"""What is taken from the hub: no code and no pickle."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model: configuration, weights, and what its inputs need."""

    name: str
    folder: Path
    source: Literal["hub", "cache", "packaged", "folder"]
    kinds: Set[str]
    """Model types that are read here."""
    sha256: str | None = None
    """Of the one file of weights that is accepted."""

    def config(self) -> dict[str, Any]:
        """What is allowed of the content of `config.json`.

        Raises:
            WeightsError: if it is not there, cannot be read, or is of a model that is not.
        """
        values = self.read_json(CONFIG)
        if not isinstance(values, dict) or "model_type" not in values:
            raise WeightsError(
                f"The configuration of {in_quotes(self.name)} names no model_type.",
                hint="Choose a model of the transformers library.",
                code="model_files",
            )
        return allowed_config(values, self.name, self.kinds)

    def read_json(self, file: str) -> Any:
        """The content of a file of settings.

        Raises:
            WeightsError: if it is not there or cannot be read.
        """
        try:
            return parse_json((self.folder / file).read_bytes())
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"{file} of {in_quotes(self.name)} cannot be read: {str(error)[:120]}.",
                hint=f"A folder of a model needs a {CONFIG}, what its inputs need, and weights as safetensors.",
                code="model_files",
            ) from error

    def weights(self) -> WeightsFile:
        """The weights.

        Raises:
            WeightsError: if there are none as safetensors, or a packaged file is not the known one.
        """
        path = next((self.folder / name for name in WEIGHTS if (self.folder / name).is_file()), None)
        if path is None:
            raise WeightsError(
                f"{in_quotes(self.name)} has no weights as safetensors; other files are not read.",
                hint="Choose a model that has them, convert it, or switch Pretrained off.",
                code="weights_missing",
            )
        if self.sha256 is not None and sha256_file(path) != self.sha256:
            raise WeightsError(
                f"The packaged weights of {in_quotes(self.name)} are not the known ones.",
                hint="Install the package again.",
            )
        return WeightsFile(self.name, path, self.source)


def find_model_files(name: str, kinds: Set[str], ways_out: str, cache: Path | None = None) -> ModelFiles:
    """The files of a model by its name, without the network where that is possible.

    `ways_out` says what else to do where the hub cannot be reached.

    Raises:
        WeightsError: if they are neither here nor to be had.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(
            f"{in_quotes(name)} is not the name of a model.",
            hint="Write it as on the hub, owner/name, or name a folder in the home's weights folder.",
            code="model_files",
        )
    own = (cache or weights_cache()) / name
    if (own / CONFIG).is_file():
        return ModelFiles(name, own, "folder", kinds)
    if (cached := _in_hub_cache(name)) is not None:
        return ModelFiles(name, cached, "cache", kinds)
    if (packaged := packaged_model(name, cache)) is not None:
        return ModelFiles(name, packaged.folder, "packaged", kinds, packaged.sha256)
    if not is_hub_reachable(CONNECT_SECONDS):
        raise WeightsError(
            f"{in_quotes(name)} is not on this machine, and the hub cannot be reached.",
            hint=ways_out,
            code="weights_missing",
        )
    return ModelFiles(name, _from_hub(name), "hub", kinds)


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
            f"{in_quotes(name)} cannot be downloaded: {type(error).__name__}.",
            hint="Check its name and the connection to the hub, or choose another backbone.",
            code="weights_missing",
        ) from error
