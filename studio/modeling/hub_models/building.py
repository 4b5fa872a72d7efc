"""Models of the transformers library: built from a configuration of ours, filled from safetensors, nothing remote.

The library's file of the configuration is data: it chooses among the classes that the library itself has.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from studio.errors import TrainingError, WeightsError, in_quotes
from studio.modeling.hub_models.allowed_models import allowed_config
from studio.modeling.hub_models.clean_copies import weights_folder
from studio.modeling.weights import WeightsFile

DROPOUT_NAMES = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "hidden_dropout",
    "attention_dropout",
    "dropout",
    "activation_dropout",
    "dropout_rate",
    "mlp_dropout",
    "embedding_dropout",
)
"""What the architectures call the dropout inside their layers."""


def model_config(values: Mapping[str, Any], dropout: float | None = None) -> Any:
    """The library's configuration of these values, with the dropout of its layers set.

    Raises:
        WeightsError: if the library has no such model, or it is not one of those that are read.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    plain = allowed_config(values, str(values.get("model_type")))
    try:
        config = AutoConfig.for_model(plain.pop("model_type"), **plain)
    except (StrictDataclassError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise WeightsError(
            f"The transformers library cannot build a model of type {in_quotes(values.get('model_type'))}: "
            f"{str(error).splitlines()[0]}",
            hint="Choose another backbone.",
            code="model_files",
        ) from error
    if dropout is not None:
        set_dropout(config, dropout)
    return config


def set_dropout(config: Any, rate: float) -> None:
    """Set every dropout rate inside the layers."""
    for name in DROPOUT_NAMES:
        if isinstance(getattr(config, name, None), float | int):
            setattr(config, name, rate)


def build(auto_class: Any, config: Any, weights: WeightsFile | None) -> Any:
    """A model of one of the library's Auto classes; what the weights do not have, such as a new head, is random.

    Raises:
        WeightsError: if the weights do not fit, or nothing of the transformer is in them.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if weights is None:
        try:
            return auto_class.from_config(config)
        except (ValueError, KeyError, TypeError, ArithmeticError, AssertionError, IndexError) as error:
            raise _not_such(config, error) from error
    try:
        with weights_folder(weights.path, weights.name) as folder:
            model, info = auto_class.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise WeightsError(
            f"The weights of {in_quotes(weights.name)} cannot be loaded: {str(error).splitlines()[0]}",
            hint="Choose another backbone, or switch Pretrained off.",
            code="weights",
        ) from error
    missing, own = len(info["missing_keys"]), len(list(model.named_parameters()))
    if missing > own / 2:
        raise WeightsError(
            f"The weights of {in_quotes(weights.name)} hold {own - missing} of {own} tensors of this model.",
            hint="They are of another architecture. Choose another backbone, or switch Pretrained off.",
            code="weights",
        )
    return model


def checkpoint_activations(model: Any, name: str) -> None:
    """Turn gradient checkpointing on.

    Raises:
        TrainingError: if the backbone cannot do it.
    """
    if not getattr(model, "supports_gradient_checkpointing", False):
        raise TrainingError(
            f"The backbone {in_quotes(name)} cannot do gradient checkpointing.",
            hint="Switch Gradient checkpointing off, or choose another backbone. A smaller batch also saves memory.",
            code="gradient_checkpointing",
        )
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})


def without_pooler(model: nn.Module) -> nn.Module:
    """The model without the layer that some put on the first token, which nothing here uses."""
    if isinstance(getattr(model, "pooler", None), nn.Module):
        model.pooler = None  # type: ignore[assignment]
    return model


def _not_such(config: Any, error: Exception) -> WeightsError:
    return WeightsError(
        f"{type(config).__name__} cannot be used here: {str(error).splitlines()[0]}",
        hint="Choose a backbone that fits the problem type.",
        code="model_files",
    )
