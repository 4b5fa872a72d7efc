"""Recordings sent to the server of a pipeline are transcribed as the run did; what is no recording is told in words."""

import io
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import soundfile
from fastapi.testclient import TestClient

from studio.scoring.template.serve import make_app
from tests.support.finished_runs import Finished, finish_run


@pytest.fixture(scope="module", params=["whisper", "wav2vec2"])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return finish_run("speech_recognition", request.param, tmp_path_factory.mktemp("spoken"))


@pytest.fixture(scope="module")
def client(finished: Finished) -> TestClient:
    return TestClient(make_app(finished.folder, None), base_url="http://localhost:8000", raise_server_exceptions=False)


def pieces(data: bytes) -> Iterator[bytes]:
    """As a stream comes."""
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


@pytest.mark.parametrize("is_stream", [False, True], ids=["file", "stream"])
def test_a_recording_is_transcribed_as_the_run_did(finished: Finished, client: TestClient, is_stream: bool) -> None:
    row = pd.read_parquet(finished.folder / "predictions" / "test.parquet").iloc[0]
    data = (finished.dataset.media / finished.dataset.manifest.media_folder / row["audio"]).read_bytes()

    answer = client.post("/predict", content=pieces(data) if is_stream else data)

    assert answer.status_code == 200, answer.text
    columns = answer.json()["columns"]
    assert columns["pred_text"] == row["pred_text"]
    assert columns["pred_text_normalized"] == row["pred_text_normalized"]
    assert columns["pred_mean_log_probability"] == pytest.approx(row["pred_mean_log_probability"], abs=1e-5)
    prediction = answer.json()["prediction"]
    assert (prediction["kind"], prediction["text"]) == ("transcript", row["pred_text"])
    assert " ".join(word["text"] for word in prediction["words"]) == row["pred_text"]


def test_a_moment_of_silence_is_answered(client: TestClient) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(80), 8000, format="WAV")

    answer = client.post("/predict", content=file.getvalue())

    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json()["columns"]["pred_text"], str)


@pytest.mark.parametrize("data", [b"", b"no recording", b"RIFF\x24\x00\x00\x00WAVE"], ids=["nothing", "text", "header"])
def test_what_is_no_recording_is_told_in_words(client: TestClient, data: bytes) -> None:
    answer = client.post("/predict", content=data)

    assert answer.status_code == 422
    assert len(answer.text) > 20
    assert "Traceback" not in answer.text
