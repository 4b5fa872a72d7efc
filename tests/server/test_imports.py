"""Importing over the REST API: formats, tables of None, pictures of arrays, the same data twice."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest


def pictures(folder: Path) -> Path:
    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        for label in ("cat", "dog"):
            (folder / split / label).mkdir(parents=True)
            for number in range(3):
                np.save(folder / split / label / f"{number}.npy", generator.random((16, 12, 3), dtype=np.float32))
    return folder


@pytest.fixture
def source(server: Any, tmp_path: Path) -> Path:
    server.studio.imports.allow(tmp_path)
    return pictures(tmp_path / "pictures")


def looked_at(server: Any, source: Path, choices: dict[str, Any] | None = None) -> dict[str, Any]:
    draft = server.api.post("/api/imports", json={"path": str(source)}).json()
    draft = server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})
    if choices is None:
        return draft
    server.api.post(f"/api/imports/{draft['id']}/check", json={"choices": choices})
    return server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})


def finished(server: Any, draft: dict[str, Any], name: str) -> dict[str, Any]:
    body = {"name": name, "choices": draft["choices"]}
    dataset = server.api.post(f"/api/imports/{draft['id']}/finish", json=body).json()
    return server.wait(f"/api/datasets/{dataset['id']}", {"ready", "failed"})


def test_the_same_data_twice_is_said(server: Any, source: Path) -> None:
    first = finished(server, looked_at(server, source), "one")
    second = finished(server, looked_at(server, source), "two")

    findings = server.api.get(f"/api/datasets/{second['id']}/findings").json()

    assert first["fingerprint"] == second["fingerprint"]
    assert [one["examples"] for one in findings if one["code"] == "same_data"] == [["one"]]


def test_formats_are_offered_with_reasons(server: Any, source: Path) -> None:
    draft = looked_at(server, source)

    assert (draft["choices"]["format"], draft["choices"]["validation"]) == ("image_folder", "validation.parquet")
    offered = [(one["id"], one["problem_type"]) for one in draft["formats"]]
    assert offered == [("image_folder", "image_classification"), ("image_folder", "image_metric_learning")]
    assert draft["choices"]["problem_type"] == "image_classification"
    assert draft["formats"][0]["reasons"]


def test_a_format_that_does_not_fit_fails_and_can_be_changed(server: Any, source: Path) -> None:
    asked = {"problem_type": "image_object_detection", "format": "coco"}

    draft = looked_at(server, source, asked)
    assert (draft["state"], draft["error"]["code"]) == ("failed", "no_coco")
    assert draft["choices"]["format"] == "coco"

    server.api.post(f"/api/imports/{draft['id']}/check", json={"choices": {"problem_type": "image_classification"}})
    assert server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})["choices"]["format"] == "image_folder"


def test_a_table_of_none_stays_none(server: Any, source: Path) -> None:
    draft = looked_at(server, source)
    choices = {**draft["choices"], "validation": None}

    server.api.post(f"/api/imports/{draft['id']}/check", json={"choices": choices})
    draft = server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})

    assert draft["choices"]["validation"] is None


def test_arrays_are_shown_as_pictures_before_and_after_the_import(server: Any, source: Path) -> None:
    draft = looked_at(server, source)
    shown = server.api.get(f"/api/imports/{draft['id']}/media", params={"path": draft["samples"][0]["media"]["path"]})
    dataset = finished(server, draft, "arrays")
    page = server.api.get(f"/api/datasets/{dataset['id']}/samples").json()
    path = page["rows"][0]["media"]["path"]
    whole = server.api.get(f"/api/datasets/{dataset['id']}/media", params={"path": path, "size": "full"})

    for answer in (shown, whole):
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.content[:3] == b"\xff\xd8\xff"
    assert page["rows"][0]["media"]["width"] == 12


def test_a_dataset_without_a_train_table_has_a_form_and_pages(server: Any, source: Path) -> None:
    (source / "new.csv").write_text("image\ntrain/cat/0.npy\ntrain/dog/1.npy\n")
    asked = {"problem_type": "image_classification", "format": "table", "train": None, "test": "new.csv"}

    dataset = finished(server, looked_at(server, source, asked), "new")

    assert [(table["role"], table["rows"]) for table in dataset["tables"]] == [("test", 2)]
    assert server.api.get(f"/api/datasets/{dataset['id']}/samples").json()["total"] == 2
    profile = server.api.get(f"/api/datasets/{dataset['id']}/profile").json()
    assert profile["parts"]["images"]["channels"] == {"3": 2}
    schema = server.api.get("/api/schema/image_classification", params={"dataset": dataset["id"]})
    assert schema.status_code == 200, schema.text
