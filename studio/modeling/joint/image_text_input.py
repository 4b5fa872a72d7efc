"""ImageTextInput: an image and the texts beside it."""

from types import MappingProxyType

from studio.modeling.images.image_input import ImageInput
from studio.modeling.joint.joint_input import JointInput
from studio.modeling.text.text_input import TextInput


class ImageTextInput(JointInput):
    """A timm backbone for the image, a transformer for the texts, both as they are on their own."""

    part_classes = MappingProxyType({"image": ImageInput, "text": TextInput})
