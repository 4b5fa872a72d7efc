"""A linear probe: the last layer alone, fitted to the features of a frozen encoder.

Training that starts from it keeps more of what the encoder knows than training from a random last layer (LP-FT, Kumar
et al. 2022, arXiv:2202.10054).

Shapes: N rows, F features, O outputs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

Losses = Callable[[Tensor, Tensor], Tensor]
"""One loss a row (N) from outputs (N, O) and targets (N, ...)."""

STRENGTHS = (10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
"""Of the penalty, from the strongest: half the squared weights times this, added to the mean loss."""
FOLDS = 3
LEAST_ROWS = 12
"""Of fewer rows nothing is held back to choose the strength by."""
FEW_ROWS_STRENGTH = 1e-1
STEPS = 200


@dataclass(frozen=True)
class LinearProbe:
    """Weights of a linear layer on features as the encoder gives them."""

    weight_OF: Tensor
    bias_O: Tensor
    strength: float
    loss: float | None
    """The mean over rows that were held back; None where there were too few rows for that."""
    rows: int

    def put_into(self, layer: nn.Linear) -> None:
        """Give the layer these weights."""
        with torch.no_grad():
            layer.weight.copy_(self.weight_OF)
            layer.bias.copy_(self.bias_O)

    def describe(self) -> str:
        """For the log."""
        measured = "" if self.loss is None else f", loss {self.loss:.4g} on rows held back"
        return f"Linear probe on the frozen features of {self.rows} rows: penalty {self.strength:g}{measured}."


def fit_linear_probe(features_NF: Tensor, targets: Tensor, losses: Losses, outputs: int, *, seed: int) -> LinearProbe:
    """The layer whose mean loss with a penalty is least, the penalty chosen by cross-validation over the rows.

    Features are standardized for it, and the weights say so of the features as they are.
    """
    rows = len(features_NF)
    center_F, spread_F = features_NF.mean(0), features_NF.std(0, correction=0)
    spread_F = torch.where(spread_F > 1e-6 * (1 + center_F.abs()), spread_F, torch.ones_like(spread_F))
    standard_NF = (features_NF - center_F) / spread_F
    strength, loss = _chosen_strength(standard_NF, targets, losses, outputs, seed)
    layer = _Layer(features_NF.shape[1], outputs, features_NF)
    for one in (one for one in STRENGTHS if one >= strength):
        layer.fit(standard_NF, targets, losses, one)
    weight_OF = layer.weight.detach() / spread_F
    return LinearProbe(weight_OF, layer.bias.detach() - weight_OF @ center_F, strength, loss, rows)


class _Layer:
    """Weights while they are fitted; each fit begins where the one before ended."""

    def __init__(self, features: int, outputs: int, like: Tensor) -> None:
        self.weight = torch.zeros(outputs, features, dtype=like.dtype, device=like.device, requires_grad=True)
        self.bias = torch.zeros(outputs, dtype=like.dtype, device=like.device, requires_grad=True)

    def outputs(self, features_NF: Tensor) -> Tensor:
        return features_NF @ self.weight.T + self.bias

    def fit(self, features_NF: Tensor, targets: Tensor, losses: Losses, strength: float) -> None:
        optimizer = torch.optim.LBFGS(
            [self.weight, self.bias], max_iter=STEPS, line_search_fn="strong_wolfe", tolerance_grad=1e-6
        )

        def objective() -> Tensor:
            optimizer.zero_grad()
            value = losses(self.outputs(features_NF), targets).mean() + 0.5 * strength * self.weight.square().sum()
            value.backward()  # type: ignore[no-untyped-call]
            return value

        optimizer.step(objective)  # type: ignore[no-untyped-call]


def _chosen_strength(
    features_NF: Tensor, targets: Tensor, losses: Losses, outputs: int, seed: int
) -> tuple[float, float | None]:
    """The penalty with the least loss on rows held back; path by path from the strongest, so that each fit is short."""
    rows = len(features_NF)
    if rows < LEAST_ROWS:
        return FEW_ROWS_STRENGTH, None
    order = torch.from_numpy(np.random.default_rng(seed).permutation(rows)).to(features_NF.device)
    bounds = [round(rows * fold / FOLDS) for fold in range(FOLDS + 1)]
    totals = dict.fromkeys(STRENGTHS, 0.0)
    for start, stop in pairwise(bounds):
        held, kept = order[start:stop], torch.cat([order[:start], order[stop:]])
        layer = _Layer(features_NF.shape[1], outputs, features_NF)
        for strength in STRENGTHS:
            layer.fit(features_NF[kept], targets[kept], losses, strength)
            with torch.no_grad():
                totals[strength] += float(losses(layer.outputs(features_NF[held]), targets[held]).sum())
    best = min(totals, key=lambda one: totals[one])
    return best, totals[best] / rows
