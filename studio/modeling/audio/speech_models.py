"""Speech models by their name: their configuration and how they want to hear, as assets of a run."""

import json
from collections.abc import Mapping, Set
from importlib import resources
from typing import Any

from studio.bundled_weights import PACKAGED_SPEECH_MODELS
from studio.errors import WeightsError, in_quotes
from studio.json_text import parse_json
from studio.modeling.hub_models.allowed_models import SPEECH_TYPES
from studio.modeling.hub_models.files import CONFIG, ModelFiles, find_model_files
from studio.modeling.recipe import Assets
from studio.settings.sections.inputs.speech import SPEECH_RATE
from studio.settings.sections.networks.wav2vec2 import SCRATCH_WAV2VEC2
from studio.settings.sections.networks.whisper import SCRATCH_WHISPER
from studio.settings.sections.text import SCRATCH

PREPROCESSING = "preprocessor_config.json"
NORMALIZES = "do_normalize"
SCRATCH_MODELS = (SCRATCH_WHISPER, SCRATCH_WAV2VEC2)
WITHOUT_DRAWS: Mapping[str, Any] = {
    "apply_spec_augment": False,
    "mask_time_prob": 0.0,
    "mask_feature_prob": 0.0,
    "layerdrop": 0.0,
    "encoder_layerdrop": 0.0,
}
"""Draws of the library come from other generators than ours, and other processes would wait for layers left out."""


def find_speech_model(name: str, kinds: Set[str] = SPEECH_TYPES) -> ModelFiles:
    """The files of a speech model of these types, without the network where that is possible.

    Raises:
        WeightsError: if they are neither here nor to be had.
    """
    packaged = f"choose {' or '.join(PACKAGED_SPEECH_MODELS)}, which can be installed"
    ways_out = (
        f"{packaged.capitalize() if 'whisper' in kinds else 'Choose Whisper'}, put the model's files into "
        f"weights/{name} of the home, or train {' or '.join(SCRATCH_MODELS)} from scratch."
    )
    return find_model_files(name, kinds, ways_out)


def speech_assets(name: str) -> Assets:
    """Configuration and preprocessing of a speech model.

    Raises:
        WeightsError: if it cannot be had, is no speech model, or hears another sample rate.
    """
    if name.startswith(SCRATCH):
        config: Mapping[str, Any] = scratch_architecture(name)
        preprocessing: Mapping[str, Any] = {}
    else:
        files = find_speech_model(name)
        config, preprocessing = files.config(), preprocessing_of(files)
    return {CONFIG: json.dumps(config, indent=2).encode(), PREPROCESSING: json.dumps(preprocessing).encode()}


def scratch_architecture(name: str) -> Mapping[str, Any]:
    """The configuration of a small architecture that comes with the studio.

    Raises:
        WeightsError: listing those there are.
    """
    if name not in SCRATCH_MODELS:
        raise WeightsError(
            f"There is no architecture {in_quotes(name)}.",
            hint=f"Choose {' or '.join(SCRATCH_MODELS)}.",
            code="model_files",
        )
    path = resources.files("studio.modeling.audio") / "architectures" / f"{name.removeprefix(SCRATCH)}.json"
    values: Mapping[str, Any] = parse_json(path.read_bytes())
    return values


def preprocessing_of(files: ModelFiles) -> Mapping[str, Any]:
    """Whether samples are normalized; models that came without such a file were trained on normalized ones.

    Raises:
        WeightsError: if it hears another sample rate.
    """
    if not (files.folder / PREPROCESSING).is_file():
        return {}
    values = files.read_json(PREPROCESSING)
    rate = values.get("sampling_rate", SPEECH_RATE)
    if rate != SPEECH_RATE:
        raise WeightsError(
            f"{in_quotes(files.name)} hears {str(rate)[:20]} samples a second.",
            hint="Choose a model for recordings of 16 kHz.",
            code="model_files",
            found=str(rate)[:20],
            expected=str(SPEECH_RATE),
        )
    return {NORMALIZES: bool(values.get(NORMALIZES, True))}


def normalizes(assets: Assets) -> bool:
    """Whether a model hears recordings of mean 0 and deviation 1."""
    return bool(parse_json(assets.get(PREPROCESSING, b"{}")).get(NORMALIZES, True))
