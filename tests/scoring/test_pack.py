"""The pipeline: packed again on demand, served over HTTP, and at home in a fresh environment."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from studio.errors import BundleError
from studio.problems.registry import problem_type
from studio.scoring.bundle import BundleManifest
from studio.scoring.pack import pack, readme
from studio.scoring.tables import write_csv
from tests.conftest import SHARED_DATA
from tests.fresh_environment import fresh_environment


@pytest.fixture
def unpacked(packed: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(packed / "pipeline.zip") as archive:
        archive.extractall(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def test_packing_again_gives_the_same_files(packed: Path) -> None:
    def contents() -> dict[str, int]:
        with zipfile.ZipFile(packed / "pipeline.zip") as archive:
            return {info.filename: info.CRC for info in archive.infolist()}

    before = contents()
    (packed / "pipeline.zip").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "studio.scoring.pack", str(packed)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("pipeline.zip")
    assert contents() == before


def test_packing_does_not_import_torch(packed: Path) -> None:
    code = f"import sys; from studio.scoring.pack import main; main([{str(packed)!r}]); print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "False"


def test_a_run_without_a_model_cannot_be_packed(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        pack(tmp_path)


def test_its_readme_names_every_input_column_and_a_media_folder_only_where_files_are_read() -> None:
    def told(kind: str, target: list[str], **dataset: object) -> str:
        manifest = BundleManifest(problem_type=kind, settings={"dataset": dataset}, target={"labels": target})
        return readme(manifest, problem_type(kind))

    texts = told("text_classification", ["no", "yes"], text_column=["title", "body"])
    images = told("image_classification", ["cat", "dog"], image_column="file")
    generated = told("text_sequence_to_sequence", [], text_column="facts")

    assert "`title`, `body`" in texts
    assert "| labels | no, yes |" in texts
    assert "--table FILE -o" in texts
    assert "--table FILE --media FOLDER -o" in images
    assert "`facts`" in generated
    assert "| labels | none |" in generated


def test_spreadsheets_run_no_formula_from_a_prediction_table(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"=evil": ["=1+1", "@cmd", "-2", "plain"], "number": [-1.5, 2.0, 3.0, 4.0], "list": [["a"], [], ["b"], [1]]}
    )

    write_csv(table, tmp_path / "out.csv")

    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].startswith("'=evil")
    assert [line.split(",")[0] for line in lines[1:]] == ["'=1+1", "'@cmd", "-2", "plain"]
    assert lines[1].split(",")[1] == "-1.5"
    assert json.loads(pd.read_csv(tmp_path / "out.csv")["list"][0]) == ["a"]


def serving(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("serve", folder / "serve.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_served_with_a_typed_schema_and_a_token(unpacked: Path) -> None:
    from fastapi.testclient import TestClient

    client = TestClient(serving(unpacked).make_app(unpacked, "secret"), base_url="http://localhost:8000")
    picture = next((unpacked / "golden" / "media").iterdir()).read_bytes()
    token = {"Authorization": "Bearer secret"}

    assert client.get("/health").json() == {"ok": True}
    assert [client.get(path).status_code for path in ("/about", "/openapi.json", "/docs", "/nothing")] == [401] * 4
    assert client.get("/docs", headers=token).status_code == 404
    assert client.post("/predict", content=picture, headers={"Authorization": "Bearer wrong"}).status_code == 401
    found = client.post("/predict", content=picture, headers=token).json()
    assert sum(one["score"] for one in found["prediction"]["labels"]) == pytest.approx(1.0)
    assert client.post("/predict", content=b"no picture", headers=token).status_code == 422
    assert "Prediction" in client.get("/openapi.json", headers=token).json()["components"]["schemas"]


def test_it_does_not_listen_beyond_the_machine_without_a_token(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCORING_TOKEN", raising=False)

    assert serving(unpacked).main(unpacked, ["--host", "0.0.0.0"]) == 2


@pytest.mark.heavy
@pytest.mark.skipif(SHARED_DATA.is_dir(), reason="journeys/test_classification.py does it with real images")
def test_it_repeats_the_run_in_a_fresh_environment(unpacked: Path) -> None:
    with fresh_environment(unpacked) as python:
        verified = subprocess.run(
            [python, "score.py", "verify"], cwd=unpacked, capture_output=True, text=True, check=False
        )

    assert verified.returncode == 0, verified.stdout + verified.stderr[-3000:]
