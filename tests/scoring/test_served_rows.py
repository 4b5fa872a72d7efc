"""Rows sent to the server of a pipeline: what is no row, or no text, is a 422 with the reason, and never a 500."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from benchmarks.workspace import import_example, make_run
from studio.scoring.template.serve import make_app
from studio.training.worker import run_worker

SETTINGS = {"architecture.backbone": "scratch/bert-mini", "architecture.pretrained": False, "training.epochs": 0,
            "tokenizer.max_length": 32, "environment.number_of_workers": 0}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("rows")
    dataset = import_example("text_classification", root / "datasets" / "texts")
    folder = make_run(root / "runs" / "run", dataset, SETTINGS, threads=1)
    assert run_worker(folder) == 0
    return TestClient(make_app(folder, None), base_url="http://localhost:8000", raise_server_exceptions=False)


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "half a character, escaped": rb'{"text": "a\ud800b"}',
    "unpaired surrogate in a key": rb'{"text": "a", "\udfff": "b"}',
    "unpaired surrogate in a list": rb'{"text": ["a", "\udc00"]}',
    "half a character, raw": b'{"text": "\xed\xa0\x80"}',
    "no UTF-8": b'{"text": "\xff"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "NaN": b'{"text": NaN}',
    "infinity": b'{"text": 1e999}',
    "a huge number": b'{"text": ' + b"9" * 5000 + b"}",
    "a list": b"[1]",
    "a text": b'"a"',
    "a deep one": b'{"text": ' + b"[" * 100_000,
    "objects inside": b'{"text": {"a": 1}}',
    "lists in lists": b'{"text": [["a"]]}',
    "other columns": b'{"other": "x"}',
}


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_row_is_told_in_words(client: TestClient, body: str) -> None:
    answer = client.post("/predict", content=BODIES[body])

    assert answer.status_code == 422, answer.text
    assert isinstance(answer.json()["detail"], str)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "value", ["", " ", "\0", "a" * 900_000, 3, 10**300, -0.0, True, None, [], ["a"], "\U0001f600", "\x1b[2J"]
)
def test_odd_values_are_answered_or_refused(client: TestClient, value: Any) -> None:
    answer = client.post("/predict", content=json.dumps({"text": value, "__row": "x", "": 1}))

    assert answer.status_code in (200, 422), answer.text


def test_a_body_above_the_limit_is_refused(client: TestClient) -> None:
    assert client.post("/predict", content=b"x" * ((1 << 20) + 1)).status_code == 413


def test_pages_of_documentation_are_not_there(client: TestClient) -> None:
    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/docs/oauth2-redirect")] == [404] * 3
    assert "text" not in client.get("/openapi.json").json()["paths"]["/predict"]["post"]["responses"]["200"]
