"""Pictures of a batch on disk, as pages show them."""

import numpy as np
from PIL import Image

from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.modeling.recipe import BatchPicture
from studio.results.prediction import HEIGHT, WIDTH
from studio.results.sample_view import SampleView
from studio.runs.folder import RunFolder

COLOURS = 3


def written(folder: RunFolder, picture: BatchPicture, name: str) -> SampleView:
    """The view of a picture that lies in the run's folder now.

    Of images with other numbers of channels, the first three are shown, or the first. What has no pixels is whole.
    """
    if picture.pixels is None:
        return picture.view
    path = f"insights/media/{name}.png"
    channels = picture.pixels.shape[2]
    shown = picture.pixels[:, :, :COLOURS] if channels >= COLOURS else picture.pixels[:, :, 0]
    pixels = np.ascontiguousarray(shown)
    Image.fromarray(pixels).save(folder.path / path)
    height, width = pixels.shape[:2]
    media = IMAGE_READER.reference(path, {WIDTH: width, HEIGHT: height}, "run")
    return picture.view.model_copy(update={"media": media})
