"""VolumeSegmenter: an inflated encoder of timm, a decoder and a last layer, for volumes of any sides and channels.

Shapes: B batch, C channels, D depth, H height, W width, O outputs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import timm
from torch import Tensor, nn
from torch.nn import functional

from studio.errors import TrainingError, WeightsError, in_quotes
from studio.modeling.images.backbones import weight_arguments
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.segmentation.mask_recipe import MaskNetwork
from studio.modeling.volumes.decoders import decoder_of
from studio.modeling.volumes.inflation import inflate, not_inflatable
from studio.modeling.volumes.normalization import normalization_of
from studio.modeling.weights import WeightsFile, require_architecture


class VolumeSegmenter(MaskNetwork):
    """Volumes (B, C, D, H, W) of bytes or floats to outputs (B, O, D, H, W)."""

    def __init__(self, settings: Any, outputs: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__()
        image, architecture = settings.image, settings.architecture
        self.normalization = normalization_of(image)
        self.encoder = feature_maps(architecture, image.image_channels, weights)
        channels = [image.image_channels, *self.encoder.feature_info.channels()]
        self.dropout = nn.Dropout3d(architecture.drop_rate)
        self.decoder = decoder_of(architecture.decoder, channels)
        self.head = nn.Conv3d(self.decoder.width, outputs, 1)
        self.stride = 2 ** int(architecture.number_of_blocks)
        if keep_statistics:
            self.keep_statistics(self.encoder)

    def forward(self, volumes_BCDHW: Tensor, ranges_B2: Tensor | None = None) -> Tensor:
        """Volumes are padded behind each axis to what the network takes, and outputs are cut back.

        `ranges_B2` are the lowest and highest values of the volumes that these are parts of.
        """
        depth, height, width = volumes_BCDHW.shape[2:]
        values = self.normalization(volumes_BCDHW, ranges_B2)
        # From the last axis to the first, as `pad` wants it.
        further = [side for length in (width, height, depth) for side in (0, -length % self.stride)]
        padded = functional.pad(values, further, mode="replicate")
        *maps, deepest = self.encoder(padded)
        decoded = self.decoder([padded, *maps, self.dropout(deepest)])
        outputs: Tensor = self.head(self.dropout(decoded))
        return outputs[..., :depth, :height, :width]

    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """Parameters by the names that settings use."""
        decoder = [*self.decoder.parameters(), *self.head.parameters()]
        return {"Encoder": list(self.encoder.parameters()), "Decoder": decoder}

    def label_aligned_rows(self, background: int) -> Mapping[str, LabelAlignedRows]:
        """The tensors of the last layer, whose rows are classes."""
        return {f"head.{tensor}": LabelAlignedRows(background) for tensor in ("weight", "bias")}


def feature_maps(architecture: Any, channels: int, weights: WeightsFile | None) -> Any:
    """A network of timm, inflated, that gives a map for each time it has halved a volume.

    Raises:
        TrainingError: if there is no 3D form of the network, or it has fewer scales.
        WeightsError: if the weights do not fit.
    """
    name, blocks = str(architecture.encoder), int(architecture.number_of_blocks)
    require_architecture(name)
    try:
        network = timm.create_model(
            name,
            features_only=True,
            out_indices=tuple(range(blocks)),
            in_chans=channels,
            drop_path_rate=float(architecture.drop_path_rate),
            **weight_arguments(weights),
        )
    except (ValueError, AssertionError, TypeError, IndexError, AttributeError) as error:
        raise not_inflatable(f"{name} gives no {blocks} maps of features") from error
    except RuntimeError as error:
        if weights is None:
            raise
        raise WeightsError(
            f"The weights of {in_quotes(weights.name)} do not fit {in_quotes(name)}: {str(error).splitlines()[0]}",
            hint="Switch Pretrained off, or choose another encoder.",
        ) from error
    if network.feature_info.reduction() != [2 ** (level + 1) for level in range(blocks)]:
        raise TrainingError(
            f"The encoder {name} does not halve a volume from scale to scale.",
            hint="Choose a resnet or efficientnet of the list.",
            code="encoder",
        )
    return inflate(network, keep_weights=weights is not None)
