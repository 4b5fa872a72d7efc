"""Where the weights of encoders are: timm's as for every backbone, the library's own where its authors publish them.

A backbone goes by its name in timm, with or without the library's `tu-` before it, or by its name in the library.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
from segmentation_models_pytorch.encoders import encoders

from studio.errors import WeightsError, in_quotes
from studio.hub import is_hub_reachable
from studio.modeling.weights import CONNECT_SECONDS, HUB_FILE, WeightsFile, find_weights, weights_cache

OWN_ENCODERS: Mapping[str, Any] = encoders
TIMM_PREFIX = "tu-"
PREFERRED = "imagenet"


def timm_name(backbone: str) -> str | None:
    """The name in timm of a backbone; None where it is one of the library alone."""
    if backbone.startswith(TIMM_PREFIX):
        return backbone.removeprefix(TIMM_PREFIX)
    bare = backbone.partition(".")[0]
    return backbone if timm.is_model(bare) or backbone not in OWN_ENCODERS else None


def find_encoder_weights(backbone: str) -> WeightsFile:
    """The weights of an encoder, without the network where that is possible.

    Raises:
        WeightsError: if they are neither here nor to be had.
    """
    of_timm = timm_name(backbone)
    if of_timm is not None:
        return find_weights(of_timm)
    own = weights_cache() / f"{backbone}.safetensors"
    if own.is_file():
        return WeightsFile(backbone, own, "folder")
    published: Mapping[str, Mapping[str, str]] = OWN_ENCODERS[backbone]["pretrained_settings"]
    if not published:
        raise WeightsError(
            f"There are no published weights of {in_quotes(backbone)}.",
            hint="Switch Pretrained off, or choose another backbone.",
            code="weights_missing",
        )
    place = published.get(PREFERRED) or next(iter(published.values()))
    return _from_hub(backbone, place["repo_id"], place["revision"])


def _from_hub(backbone: str, repository: str, revision: str) -> WeightsFile:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    cached = try_to_load_from_cache(repository, HUB_FILE, revision=revision)
    if isinstance(cached, str):
        return WeightsFile(backbone, Path(cached), "cache")
    if not is_hub_reachable(CONNECT_SECONDS):
        raise WeightsError(
            f"The weights of {in_quotes(backbone)} are not on this machine, and the hub cannot be reached.",
            hint=f"Put {backbone}.safetensors into the home's weights folder, choose another backbone, or switch "
            "Pretrained off.",
            code="weights_missing",
        )
    try:
        return WeightsFile(backbone, Path(hf_hub_download(repository, HUB_FILE, revision=revision)), "hub")
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsError(
            f"The weights of {in_quotes(backbone)} cannot be downloaded: {type(error).__name__}.",
            hint="Check the connection to the hub, choose another backbone, or switch Pretrained off.",
            code="weights_missing",
        ) from error
