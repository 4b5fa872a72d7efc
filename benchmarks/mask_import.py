"""Import of polygons of COCO against decoding them with pycocotools, both sides in one run.

    python -m benchmarks.mask_import [--polygons 5000]

Ours reads the JSON, fills every polygon and writes run lengths as text, for images of 640 x 480 pixels. Theirs reads
the JSON and decodes every annotation to a mask. The target is at most 1.5 times their time.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools.coco import COCO

from studio.datasets.importers import coco_masks
from studio.datasets.importers.upload import Upload

WIDTH, HEIGHT = 640, 480
AN_IMAGE = 10
"""Polygons of one."""
REPEATS = 3


def write_upload(folder: Path, polygons: int) -> Upload:
    """Images with stars of 10 to 60 corners, and the COCO file of them."""
    generator = np.random.default_rng(0)
    images, annotations = [], []
    for number in range(polygons):
        image = number // AN_IMAGE
        if number % AN_IMAGE == 0:
            images.append({"id": image, "file_name": f"{image}.png", "width": WIDTH, "height": HEIGHT})
            Image.new("L", (WIDTH, HEIGHT)).save(folder / f"{image}.png")
        count = int(generator.integers(10, 60))
        angles = np.sort(generator.uniform(0, 2 * np.pi, count))
        radii = generator.uniform(10, 90) * generator.uniform(0.7, 1.3, count)
        x, y = generator.uniform(0, (WIDTH, HEIGHT))
        corners = np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1).round(2)
        annotations.append({"id": number, "image_id": image, "category_id": 1 + number % 5, "iscrowd": 0, "area": 1.0,
                            "bbox": [0, 0, 1, 1], "segmentation": [corners.ravel().tolist()]})  # fmt: skip
    categories = [{"id": id, "name": f"class {id}"} for id in range(1, 6)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances_train.json").write_text(json.dumps(document))
    return Upload(folder, tuple(sorted(path.name for path in folder.iterdir())), {})


def seconds(work: Callable[[], object]) -> float:
    """The shortest of some runs."""
    found = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    """Measure both sides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=5000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        upload = write_upload(Path(name), arguments.polygons)

        def theirs() -> None:
            with redirect_stdout(StringIO()):
                coco = COCO(str(upload.files / "instances_train.json"))
            for annotation in coco.anns.values():
                coco.annToMask(annotation)

        ours, reference = seconds(lambda: coco_masks.read(upload)), seconds(theirs)
    ratio = ours / reference
    print(f"{arguments.polygons} polygons: import {ours:.2f} s, pycocotools {reference:.2f} s, {ratio:.2f} times it")


if __name__ == "__main__":
    main()
