"""JointEncoder: an encoder a part and what joins their vectors; and the model as one of the parts sees it.

Shapes: B batch, F features, O outputs.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from studio.modeling.encoder_recipe import Encoder, encoded
from studio.modeling.joint.fusion import Concatenation, GatedFusion


class PartEncoder(nn.Sequential):
    """The modules of one encoder, called with its tensors; a frozen one never trains."""

    def __init__(self, encoder: Encoder, *, is_frozen: bool) -> None:
        super().__init__()
        self.names, self.is_frozen = tuple(encoder.modules), is_frozen
        for name, module in encoder.modules.items():
            self.add_module(name, module)
        if is_frozen:
            self.requires_grad_(False)

    def train(self, mode: bool = True) -> "PartEncoder":
        """As in torch; what is frozen neither drops out nor gathers statistics."""
        super().train(mode and not self.is_frozen)
        return self

    def forward(self, *tensors: Tensor) -> Tensor:
        """The vectors (B, F)."""
        return encoded(self, self.names, tensors)


class JointEncoder(nn.Module):
    """Called with the tensors of all parts, one behind the other; gives one vector a sample."""

    def __init__(
        self, parts: Mapping[str, PartEncoder], counts: Sequence[int], fusion: Concatenation | GatedFusion
    ) -> None:
        super().__init__()
        self.parts, self.fusion = nn.ModuleDict(parts), fusion
        self._counts = tuple(counts)
        """Tensors of each part."""

    def part(self, name: str) -> PartEncoder:
        """The encoder of a part."""
        part = self.parts[name]
        assert isinstance(part, PartEncoder)
        return part

    def forward(self, *tensors: Tensor) -> Tensor:
        """The joined vectors (B, F)."""
        vectors = []
        for part, count in zip(self.parts.values(), self._counts, strict=True):
            own, tensors = tensors[:count], tensors[count:]
            vectors.append(part(*own).float())
        joined_BF: Tensor = self.fusion(vectors)
        return joined_BF


class PartOfModel(nn.Module):
    """A model as an input sees it that is one of its parts: called with the tensors of the part, it gives the outputs.

    The other parts stay as they are in one batch, and the part's modules are found under the names that it gave them.
    """

    def __init__(self, model: nn.Module, part: str, tensors: Mapping[str, Sequence[Tensor]]) -> None:
        super().__init__()
        self.whole, self._part, self._tensors = model, part, tensors
        encoder = next(one for one in model.modules() if isinstance(one, JointEncoder)).part(part)
        for name in encoder.names:
            self.add_module(name, encoder.get_submodule(name))

    def forward(self, *tensors: Tensor) -> Tensor:
        """The outputs (B, O)."""
        of_parts = {**self._tensors, self._part: tensors}
        outputs_BO: Tensor = self.whole(*(one for part in of_parts.values() for one in part))
        return outputs_BO
