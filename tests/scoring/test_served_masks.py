"""Masks of a served pipeline: COCO run lengths that pycocotools decodes to the table's pixels, or a picture."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pycocotools import mask as coco

from benchmarks.workspace import import_example, make_run
from studio.datasets.masks.coco_rle import coco_counts, counts_of_text, text_of_counts
from studio.datasets.masks.run_lengths import decode, encode, from_text
from studio.scoring.template.serve import make_app
from studio.training.worker import run_worker

SETTINGS: dict[str, Any] = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "training.epochs": 1,
    "image.image_width": 64,
    "image.image_height": 64,
    "environment.number_of_workers": 0,
    "prediction.probability_threshold": 0.05,
    "environment.seed": 1,
}
# pycocotools still converts arrays as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
KINDS = {
    "image_instance_segmentation": {**SETTINGS, "prediction.confidence_threshold": 0.0},
    "image_semantic_segmentation": SETTINGS,
    "image_classification": {name: SETTINGS[name] for name in SETTINGS if not name.startswith("prediction.")},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[TestClient, bytes]:
    """A served model, and an image of its example."""
    root = tmp_path_factory.mktemp("masks")
    dataset = import_example(request.param, root / "datasets" / "example")
    folder = make_run(root / "runs" / "run", dataset, KINDS[request.param], threads=1)
    assert run_worker(folder) == 0
    image = sorted((dataset.media / dataset.manifest.media_folder).rglob("*.png"))[0]
    client = TestClient(make_app(folder, None), base_url="http://localhost:8000", raise_server_exceptions=False)
    return client, Path(image).read_bytes()


with_masks = pytest.mark.parametrize(
    "served", ["image_instance_segmentation", "image_semantic_segmentation"], indirect=True
)


@with_masks
def test_masks_come_as_coco_has_them(served: tuple[TestClient, bytes]) -> None:
    client, image = served

    answer = client.post("/predict", content=image).json()

    assert len(answer["masks"]) == len(answer["columns"]["rle_mask"]) > 0
    for mask, text, label in zip(
        answer["masks"], answer["columns"]["rle_mask"], answer["columns"]["class_id"], strict=True
    ):
        assert mask["label"] == label
        pixels = coco.decode({"size": mask["size"], "counts": mask["counts"]}).astype(bool)
        assert (pixels == decode(from_text(text), *mask["size"])).all()


@with_masks
def test_who_accepts_a_picture_gets_the_image_with_its_masks(served: tuple[TestClient, bytes]) -> None:
    client, image = served
    plain = client.post("/predict", content=image).json()

    answer = client.post("/predict", content=image, headers={"Accept": "image/png"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    sent, drawn = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in (image, answer.content))
    covered = np.zeros(sent.shape[:2], dtype=bool)
    for text in plain["columns"]["rle_mask"]:
        covered |= decode(from_text(text), *covered.shape)
    assert (drawn == sent)[~covered].all()
    assert (drawn != sent).any(axis=2)[covered].mean() > 0.9


@pytest.mark.parametrize("served", ["image_classification"], indirect=True)
def test_a_model_without_masks_has_no_picture(served: tuple[TestClient, bytes]) -> None:
    client, image = served

    assert client.post("/predict", content=image).json()["masks"] is None
    answer = client.post("/predict", content=image, headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "no masks" in answer.json()["detail"]
    both = client.post("/predict", content=image, headers={"Accept": "application/json, image/png"})
    assert both.json()["prediction"] is not None


@with_masks
@pytest.mark.parametrize("accept", ["image/png", "application/json"])
def test_what_is_no_image_is_refused_whatever_is_accepted(served: tuple[TestClient, bytes], accept: str) -> None:
    answer = served[0].post("/predict", content=b"no image", headers={"Accept": accept})

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


def test_texts_of_coco_are_those_of_pycocotools() -> None:
    generator = np.random.default_rng(0)
    for share in (0.0, 0.02, 0.5, 0.98, 1.0):
        mask = generator.random((37, 53)) < share

        text = text_of_counts(coco_counts(encode(mask), mask.size))

        assert text == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
        assert counts_of_text(text) == coco_counts(encode(mask), mask.size)
