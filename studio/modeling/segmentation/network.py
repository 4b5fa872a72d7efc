"""Segmenter: an encoder, a decoder and a head of segmentation-models-pytorch, for images of any size and channels.

Backbones that timm knows are timm's, with weights in timm's names; the others are the library's own.

Shapes: B batch, C channels, H height, W width, O outputs.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import segmentation_models_pytorch as smp
import timm
from safetensors.torch import load_file
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn
from torch.nn import functional

from studio.errors import TrainingError, WeightsError, in_quotes
from studio.modeling.images.backbones import weight_arguments
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.layout import apply_layout
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.segmentation.encoder_weights import OWN_ENCODERS, TIMM_PREFIX, timm_name
from studio.modeling.segmentation.mask_recipe import MaskNetwork
from studio.modeling.weights import WeightsFile

STRIDE = 32
"""Pixels of a side that the deepest features of most encoders stand for."""
LEAST_SIDES = MappingProxyType({"PAN": 128})
"""Of decoders that halve the deepest features further."""
Groups = Mapping[str, Sequence[nn.Parameter]]


class Segmenter(MaskNetwork):
    """Bytes (B, C, H, W) to outputs (B, O, H, W)."""

    def __init__(self, settings: Any, outputs: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__()
        image = settings.image
        self.normalization = PixelNormalization(image.image_normalization, image.image_channels)
        self.network = network_of(settings.architecture, image.image_channels, outputs, weights)
        self.outputs = outputs
        self.least_side = LEAST_SIDES.get(str(settings.architecture.architecture), STRIDE)
        if keep_statistics:
            self.keep_statistics(self.network.encoder)
        apply_layout(self, "Channels last")

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Images are padded at the right and at the bottom to what the network takes, and outputs are cut back."""
        height, width = images_BCHW.shape[-2:]
        pixels = self.normalization(images_BCHW)
        further = [max(self.least_side, side + -side % STRIDE) - side for side in (width, height)]
        padded = functional.pad(pixels, (0, further[0], 0, further[1]), mode="replicate")
        outputs: Tensor = self.network(padded)
        return outputs[..., :height, :width]

    def layer_groups(self) -> Groups:
        """Parameters by the names that settings use."""
        network = self.network
        return {
            "Encoder": list(network.encoder.parameters()),
            "Decoder": list(network.decoder.parameters()),
            "Segmentation head": list(network.segmentation_head.parameters()),
        }

    def label_aligned_rows(self, background: int) -> Mapping[str, LabelAlignedRows]:
        """The tensors of the last layer, whose rows are classes."""
        layers = [(name, one) for name, one in self.network.segmentation_head.named_modules() if _is_last(one, self)]
        return {
            f"network.segmentation_head.{name}.{tensor}": LabelAlignedRows(background)
            for name, _ in layers[-1:]
            for tensor in ("weight", "bias")
        }


def _is_last(module: nn.Module, segmenter: Segmenter) -> bool:
    return isinstance(module, nn.Conv2d) and module.out_channels == segmenter.outputs and module.bias is not None


def network_of(architecture: Any, channels: int, outputs: int, weights: WeightsFile | None) -> Any:
    """A network of the library.

    Raises:
        TrainingError: if encoder and decoder do not go together.
        WeightsError: if the weights do not fit.
    """
    name, kind = str(architecture.backbone), str(architecture.architecture)
    of_timm = timm_name(name)
    arguments: dict[str, Any] = {"in_channels": channels, "classes": outputs}
    if of_timm is None:
        arguments |= {"encoder_name": name, "encoder_weights": None}
    else:
        started = {key: value for key, value in weight_arguments(weights).items() if key != "pretrained"}
        arguments |= {
            "encoder_name": f"{TIMM_PREFIX}{of_timm}",
            "encoder_weights": True if weights else None,
            **started,
        }
    try:
        with warnings.catch_warnings():
            # Advice about arguments that are not ours to give at every start.
            warnings.simplefilter("ignore", UserWarning)
            network = getattr(smp, kind)(**arguments)
        if of_timm is None and weights is not None:
            network.encoder.load_state_dict(_own_weights(name, channels, weights, network))
    except RuntimeError as error:
        if weights is None:
            raise _does_not_fit(kind, name, error) from error
        raise WeightsError(
            f"The weights of {in_quotes(weights.name)} do not fit {in_quotes(name)}: {str(error).splitlines()[0]}",
            hint="Switch Pretrained off, or choose another backbone.",
        ) from error
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError, IndexError, NotImplementedError) as error:
        raise _does_not_fit(kind, name, error) from error
    return network


def _own_weights(name: str, channels: int, weights: WeightsFile, network: Any) -> Mapping[str, Tensor]:
    """Weights of the library's encoder, brought to this number of channels."""
    encoder = get_encoder(name, in_channels=3, depth=network.encoder._depth, weights=None)
    encoder.load_state_dict(load_file(weights.path))
    encoder.set_in_channels(channels, pretrained=True)
    state: Mapping[str, Tensor] = encoder.state_dict()
    return state


def _does_not_fit(kind: str, name: str, error: Exception) -> TrainingError:
    known = name in OWN_ENCODERS or timm.is_model(re.sub(r"\..*", "", timm_name(name) or ""))
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return TrainingError(
        f"{kind} cannot be built on {in_quotes(name)}: {said}" if known else f"There is no encoder {in_quotes(name)}.",
        hint="Choose a backbone that gives maps of several scales, such as resnet34; for DPT a vision transformer.",
        code="model",
    )
