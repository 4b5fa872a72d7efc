"""Text models by their name: transformers with a tokenizer, and small architectures that come with the studio.

Names below `scratch/` are architectures without weights and without a tokenizer.
"""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.errors import WeightsError, in_quotes
from studio.modeling.hub_models.allowed_models import TEXT_TYPES
from studio.modeling.hub_models.files import ModelFiles, find_model_files
from studio.settings.sections.text import SCRATCH, SCRATCH_ENCODERS, SCRATCH_TRANSLATORS


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
            f"There is no architecture {in_quotes(name)}.",
            hint=f"Choose {', '.join((*SCRATCH_ENCODERS, *SCRATCH_TRANSLATORS))}.",
            code="model_files",
        )
    path = resources.files("studio.modeling.text") / "architectures" / f"{name.removeprefix(SCRATCH)}.json"
    values: dict[str, Any] = json.loads(path.read_text())
    return values


def find_text_model(name: str, cache: Path | None = None) -> ModelFiles:
    """The files of a model by its name, without the network where that is possible.

    Raises:
        WeightsError: if they are neither here nor to be had.
    """
    ways_out = (
        f"Choose {', '.join(PACKAGED_TEXT_MODELS)}, which can be installed, put the model's files into "
        f"weights/{name} of the home, or train {SCRATCH_ENCODERS[0]} or {SCRATCH_TRANSLATORS[0]} from scratch."
    )
    return find_model_files(name, TEXT_TYPES, ways_out, cache)
