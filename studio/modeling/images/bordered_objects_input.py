"""BorderedObjectsInput: images whose targets are the borders of objects and the pixels of their classes."""

from functools import partial

from studio.modeling.images.masked_image_input import MaskedImageInput, PaintedMasks, Painter
from studio.modeling.instance_segmentation.borders import bordered
from studio.modeling.instance_segmentation.layers import layered
from studio.modeling.segmentation.truth import TrueMasks

EXCLUSIVE_LOSS = "CrossEntropy"
"""By which a pixel is of one thing."""


class BorderedObjectsInput(MaskedImageInput):
    """Objects are moved as numbers, and borders are drawn where they come to lie."""

    def painter(self, classes: int) -> Painter:
        return partial(painted_objects, classes, self.settings.training.loss_function == EXCLUSIVE_LOSS)


def painted_objects(classes: int, excludes: bool, masks: TrueMasks, height: int, width: int) -> PaintedMasks:
    """Planes of objects, of which borders and classes (1 + K, h, w) are learned."""
    layers = layered(masks, height, width)
    return PaintedMasks(
        layers.planes_PHW, lambda planes_PHW: bordered(layers.moved(planes_PHW), classes, excludes=excludes)
    )
