"""Custom augmentations are tried on real rows: their pictures are shown, and what fails stops a start."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

KEY = "augmentation.custom_train_augmentations"


def custom(order: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    """The order with a pipeline of its own, at a size of 32 x 32."""
    settings = {
        **order["settings"],
        "augmentation.augmentations_strategy": "Custom",
        "image.image_width": 32,
        "image.image_height": 32,
        KEY: text,
    }
    return {**order, "settings": settings, **more}


def test_rows_are_shown_as_training_and_inference_see_them(server: Any, order: dict[str, Any]) -> None:
    answer = server.api.post("/api/settings/preview", json=custom(order, "- InvertImg: {p: 1}"))

    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (len(result["train"]), len(result["inference"])) == (8, 4)
    pixels = [picture(server, result["id"], result[split][0]) for split in ("train", "inference")]
    assert pixels[0].shape == (32, 32, 3)
    np.testing.assert_array_equal(pixels[0], 255 - pixels[1])


def picture(server: Any, preview_id: str, view: dict[str, Any]) -> np.ndarray:
    import io

    answer = server.api.get(f"/api/previews/{preview_id}/media", params={"path": view["media"]["path"]})
    assert answer.status_code == 200
    return np.asarray(Image.open(io.BytesIO(answer.content)))


@pytest.mark.parametrize("path", ["../../studio.db", "spec.json/../../../token", "/etc/passwd"])
def test_pictures_are_all_that_is_served(server: Any, order: dict[str, Any], path: str) -> None:
    made = server.api.post("/api/settings/preview", json=custom(order, "")).json()

    assert server.api.get(f"/api/previews/{made['id']}/media", params={"path": path}).status_code in (400, 404)
    assert server.api.get("/api/previews/..%2Fruns/media", params={"path": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- RandomResizedCrop: {size: [24, 32], scale: [2, 5]}", "RandomResizedCrop does not take these arguments"),
        ("- Crop: {x_max: 5000, y_max: 5000}", "do not work on this image"),
        ("- HorizontalFlp", "HorizontalFlp"),
    ],
)
def test_a_pipeline_that_fails_on_rows_is_told_and_starts_nothing(
    server: Any, order: dict[str, Any], text: str, said: str
) -> None:
    tried = server.api.post("/api/settings/preview", json=custom(order, text))
    started = server.api.post("/api/experiments", json=custom(order, text))

    for answer in (tried, started):
        assert answer.status_code == 422
        [finding] = [one for one in answer.json()["findings"] if one["level"] == "error"]
        assert finding["path"] == KEY
        assert said in finding["message"]
        assert finding["fix"]
    assert server.api.get("/api/experiments").json()["total"] == 0


def test_a_failure_is_told_at_the_pipeline_it_is_of(server: Any, order: dict[str, Any]) -> None:
    key = "augmentation.custom_inference_augmentations"
    wrong = custom(order, "- VerticalFlip")
    wrong["settings"][key] = "- Crop: {x_max: 5000, y_max: 5000}"

    answer = server.api.post("/api/settings/preview", json=wrong)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["findings"]] == [key]


def test_a_pipeline_that_works_starts(server: Any, order: dict[str, Any]) -> None:
    answer = server.api.post("/api/experiments", json=custom(order, "- VerticalFlip: {p: 0.5}", name="own"))

    assert answer.status_code == 201, answer.text
    server.wait("/api/experiments/own", {"finished"})


def test_only_the_last_previews_are_kept(server: Any, order: dict[str, Any]) -> None:
    from studio.server.services.inference.previews import KEPT

    first = server.api.post("/api/settings/preview", json=custom(order, "")).json()
    for _ in range(KEPT):
        server.api.post("/api/settings/preview", json=custom(order, ""))

    assert len(list((server.studio.home.path / "previews").iterdir())) == KEPT
    path = first["train"][0]["media"]["path"]
    assert server.api.get(f"/api/previews/{first['id']}/media", params={"path": path}).status_code == 404
