"""The one predictor: a run's validation predictions, *Predict*, answers and scoring pipelines all come from it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from studio.errors import BundleError
from studio.modeling.attributions import attribute_table
from studio.modeling.compute_mode import ComputeMode
from studio.modeling.layout import apply_layout
from studio.modeling.precision import Precision
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Attribution, Media, Recipe, Target
from studio.modeling.scoring import score_table
from studio.problems.contract import ProblemType
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.scoring.bundle import Bundle, open_bundle
from studio.scoring.input_checks import InputError, input_findings


class Predictor:
    """A trained model with everything it needs from bytes on disk to answers."""

    def __init__(
        self, bundle: Bundle, kind: ProblemType, recipe: Recipe[Any], model: nn.Module, device: torch.device
    ) -> None:
        self.bundle = bundle
        self.problem_type = kind
        self.recipe = recipe
        self.settings: Any = recipe.settings
        is_mixed = bool(recipe.settings.environment.mixed_precision_inference)
        self._mode = ComputeMode.from_json(bundle.manifest.compute_mode).inference(device, is_mixed=is_mixed)
        self._model = model
        apply_layout(model, self._mode.layout)
        self._device = device

    @classmethod
    def load(
        cls, folder: Path, device: torch.device | None = None, columns: Mapping[str, Sequence[str]] | None = None
    ) -> Self:
        """The predictor of a bundle, on the processor unless told otherwise.

        `columns` are those of roles that the tables to predict have under other names than in training.

        Raises:
            BundleError: if the bundle is incomplete or does not match its manifest.
        """
        bundle = open_bundle(folder)
        manifest = bundle.manifest
        kind = problem_type(manifest.problem_type)
        settings = kind.model_type(manifest.model_type).settings.from_mapping(manifest.settings)
        if columns:
            settings = settings.replaced(_renamed(settings, columns))
        target = Target.from_json(manifest.target)
        recipe = recipe_class(kind, manifest.model_type)(settings, target, kind.metrics, bundle.assets())
        chosen = device or torch.device("cpu")
        model = recipe.model(None)
        try:
            model.load_state_dict(load_file(bundle.weights))
        except (RuntimeError, SafetensorError) as error:
            raise BundleError(
                f"The weights do not fit the model: {str(error).strip().splitlines()[-1].strip()[:200]}",
                hint="Copy the bundle again.",
            ) from error
        return cls(bundle, kind, recipe, model.to(chosen).eval(), chosen)

    @property
    def precision(self) -> Precision:
        """The numbers it computes in."""
        return self._mode.precision

    def predict(
        self,
        table: pd.DataFrame,
        media: Media,
        *,
        workers: int = 0,
        after_batch: Callable[[int], None] = lambda rows: None,
        is_checked: bool = False,
    ) -> ScoredTable:
        """Raw predictions of a table; with truth, losses too. A table `is_checked` if its rows are known to be usable.

        Raises:
            InputError: with everything that is wrong with the table.
        """
        if not is_checked:
            self._require_inputs(table, media)
        return score_table(
            self.recipe,
            self._model,
            table.reset_index(drop=True),
            media,
            device=self._device,
            precision=self._mode.precision,
            batch_size=int(self.settings.training.batch_size),
            workers=workers,
            after_batch=after_batch,
        )

    def attributions(self, table: pd.DataFrame, media: Media) -> list[Attribution] | None:
        """For each row what in its input explains the prediction; None where the problem type cannot say.

        Raises:
            InputError: with everything that is wrong with the table.
        """
        self._require_inputs(table, media)
        return attribute_table(
            self.recipe,
            self._model,
            table.reset_index(drop=True),
            media,
            device=self._device,
            batch_size=int(self.settings.training.batch_size),
        )

    def _require_inputs(self, table: pd.DataFrame, media: Media) -> None:
        findings = tuple(input_findings(self.problem_type, self.settings, table, media))
        if findings:
            raise InputError(findings)


def _renamed(settings: Any, columns: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Values of the settings that hold the columns of these roles."""
    keys = {role: f"dataset.{role}" for role in columns}
    return {
        key: list(columns[role]) if isinstance(settings.value(key), tuple) else columns[role][0]
        for role, key in keys.items()
        if columns[role]
    }
