"""A model that reads a file and cells of its row takes both in one request."""

import base64
import json
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from studio.scoring.template.serve import make_app
from tests.support.finished_runs import Finished, finish_run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return finish_run("image_text_classification", None, tmp_path_factory.mktemp("joint"))


@pytest.fixture(scope="module")
def client(finished: Finished) -> TestClient:
    return TestClient(make_app(finished.folder, None), base_url="http://localhost:8000", raise_server_exceptions=False)


def sent(finished: Finished, row: pd.Series, prefix: str = "") -> dict[str, str]:
    data = (finished.dataset.media / finished.dataset.manifest.media_folder / row["image"]).read_bytes()
    return {"image": prefix + base64.b64encode(data).decode(), "text": row["text"]}


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_an_image_and_its_text_are_answered_as_the_run_did(finished: Finished, client: TestClient, prefix: str) -> None:
    table = pd.read_parquet(finished.folder / "predictions" / "test.parquet")
    names = [name for name in table.columns if name.startswith("pred_") and name != "pred_label"]

    answer = client.post("/predict", content=json.dumps(sent(finished, table.iloc[0], prefix)))

    assert answer.status_code == 200, answer.text
    assert [answer.json()["columns"][name] for name in names] == pytest.approx(list(table.iloc[0][names]), abs=1e-5)
    assert answer.json()["texts"][0]["text"] == table.iloc[0]["text"]


def test_it_says_what_to_send(client: TestClient) -> None:
    assert "the bytes of an image in Base64 as the value of 'image'" in client.get("/about").json()["input"]
    body = client.get("/openapi.json").json()["paths"]["/predict"]["post"]["requestBody"]
    assert list(body["content"]) == ["application/json"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "a"}, "holds no file"),
        ({"image": 3, "text": "a"}, "holds no file"),
        ({"image": "../secret.png", "text": "a"}, "is not Base64"),
        ({"image": base64.b64encode(b"no image").decode(), "text": "a"}, "sample"),
        ({"image": ""}, "holds no file"),
    ],
)
def test_what_is_no_image_with_a_text_is_told_in_words(client: TestClient, row: object, words: str) -> None:
    answer = client.post("/predict", content=json.dumps(row))

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_text_that_is_missing_is_named(finished: Finished, client: TestClient) -> None:
    table = pd.read_parquet(finished.folder / "predictions" / "test.parquet")
    row = sent(finished, table.iloc[0])

    answer = client.post("/predict", content=json.dumps({"image": row["image"]}))

    assert answer.status_code == 422
    assert "'text'" in answer.json()["detail"]


def test_the_bytes_of_an_image_alone_are_refused(finished: Finished, client: TestClient) -> None:
    path = next(Path(finished.dataset.media).rglob("*.png"))

    assert client.post("/predict", content=path.read_bytes()).status_code == 422
