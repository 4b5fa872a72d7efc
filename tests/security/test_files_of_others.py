"""B130 to B159: whatever reads files of others is bounded, and a hostile one ends nothing but its own request."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from tests.security.black_box import BlackBox
from tests.security.conftest import Trained
from tests.security.hostile import packed, pickle_that_touches, picture
from tests.security.test_archives_and_media import watched
from tests.security.test_code_by_content import order_without_name

DEEP = {"blocks": "- ", "lists": "[", "keys": "? ", "mappings": "{a: "}


@pytest.mark.parametrize("kind", DEEP)
def test_b130_a_deep_settings_file_is_a_finding(box: BlackBox, kind: str) -> None:
    """As a file, below a known key, and as a pipeline of augmentations: each ended the server by a signal."""
    deep, pid = DEEP[kind] * 30_000, box.pid

    for text in (deep, f"schema_version: 1\nproblem_type: image_classification\ntraining: {deep}"):
        reply = box.call("POST", "/api/settings/load", {"yaml": text})
        assert reply.status in (200, 422), reply.text
        assert [one for one in reply.json()["findings"] if one["level"] == "error" and one["line"]], reply.text

    assert psutil.pid_exists(pid)
    assert box.call("GET", "/api/health").status == 200


def test_b130_deep_augmentations_are_a_finding(box: BlackBox, shapes: dict[str, Any]) -> None:
    for text in DEEP.values():
        custom = {"augmentation__augmentations_strategy": "Custom"}
        custom["augmentation__custom_train_augmentations"] = text * 30_000
        order = box.order(shapes, "b130", **custom)
        checked = box.call("POST", "/api/settings/check", order_without_name(order))
        started = box.call("POST", "/api/experiments", order)
        assert (checked.status, started.status) == (200, 422), checked.text
        assert "custom_train" in started.text
    assert box.call("GET", "/api/health").status == 200


PLANTED = ("pandas", "secrets", "numpy", "torch", "typer", "studio", "PIL", "pyarrow", "sitecustomize", "yaml")


def test_b133_a_command_in_a_folder_of_others_imports_nothing_of_it(tmp_path: Path) -> None:
    """The installed command looks at an upload, decodes it in a worker and makes a dataset, all in a hostile folder."""
    folder, mark = tmp_path / "work", tmp_path / "mark"
    folder.mkdir()
    for name in PLANTED:
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r} + ' ')\n")
    files = {f"images/{label}/{one}.png": picture(one) for label in "ab" for one in range(6)}
    (folder / "data.zip").write_bytes(packed(files))
    studio = Path(sys.executable).with_name("studio")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [studio, "dataset", "import", "data.zip", "--home", tmp_path / "home", "--name", "b133", "--json"],
        cwd=folder,
        env={**environment, "STUDIO_WARM_LAUNCHER": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert not mark.exists(), mark.read_text()
    assert done.returncode == 0, done.stderr


def test_b135_a_model_of_another_type_ends_the_run_in_words(box: BlackBox, tmp_path: Path) -> None:
    """Such a type was given a checkpoint by its path, and that to `torch.load`."""
    mark, folder = tmp_path / "pwned", box.home / "weights" / "team" / "evil_wrapped"
    folder.mkdir(parents=True)
    (folder / "evil.pth").write_bytes(pickle_that_touches(mark))
    values = {"architecture": "resnet18", "model_args": {"checkpoint_path": str(folder / "evil.pth")}}
    (folder / "config.json").write_text(json.dumps({"model_type": "timm_wrapper", **values}))
    (folder / "tokenizer.json").write_text("{}")
    dataset = box.example("text_classification")
    document = box.api("GET", f"/api/schema/text_classification?dataset={dataset['id']}")
    settings = {**document["values"], "architecture.backbone": "team/evil_wrapped", "training.epochs": 1}

    reply = box.call("POST", "/api/experiments", {"problem_type": "text_classification", "settings": settings})
    told = reply.text if reply.status != 201 else json.dumps(box.ended(reply.json()["id"])["runs"][0]["error"])

    assert "timm_wrapper" in told
    assert "deberta-v2" in told
    assert not mark.exists()


def wide_arrays(count: int) -> bytes:
    """A zip of NumPy images of 60 MB, all zeros, beside noise that keeps the whole below what a zip may expand to."""
    target = io.BytesIO()
    np.save(target, np.zeros((1000, 2500, 3), dtype=np.float64))
    names = [f"{number}.npy" for number in range(count)]
    table = "image,label\n" + "".join(f"{name},{'ab'[at % 2]}\n" for at, name in enumerate(names))
    noise = os.urandom(count << 19)
    return packed({"train.csv": table, **dict.fromkeys(names, target.getvalue()), "noise.bin": noise})


def test_b137_an_inspection_decodes_by_parts(box: BlackBox) -> None:
    """Values were widened all at once, in four threads: a zip of 2.6 MB took 3.7 GB."""
    _, found = box.looked_at("arrays.zip", wide_arrays(2))
    assert found["state"] == "ready", found["error"]
    order = {"name": "b137", "choices": found["choices"]}

    with watched(box) as peak:
        made = box.api("POST", f"/api/imports/{found['id']}/finish", order)
        dataset = box.wait(f"/api/datasets/{made['id']}", lambda one: one["state"] in ("ready", "failed"))

    assert dataset["state"] == "ready", dataset["error"]
    assert peak.child < 220 << 20, f"{peak.child / 1e6:.0f} MB"


@pytest.mark.skipif(not Path("/proc/self/limits").is_file(), reason="B136: limits of processes are read from /proc")
def test_b136_a_worker_that_answers_has_limits(box: BlackBox, trained: Trained) -> None:
    """The server itself has none of them, so they are the worker's own."""
    asked = box.call("POST", f"/api/runs/{trained.run['id']}/answer", picture(3), headers={"Content-Type": "image/png"})
    assert asked.status == 200, asked.text
    folders = [RunFolder(path.parent) for path in box.home.rglob("spec.json")]
    answering = [one for one in folders if RunSpec.read(one.path).kind is WorkerKind.ONLINE_INFERENCE]

    for folder in answering:
        limits = Path("/proc", str(json.loads(folder.process.read_text())["pid"]), "limits").read_text()
        limited = {line[:26].strip(): line[26:46].strip() for line in limits.splitlines()}
        assert limited["Max data size"].isdigit(), limits
        assert limited["Max file size"] == str(1 << 30)
        assert limited["Max core file size"] == "0"
    assert answering


def test_b138_a_name_that_is_swapped_while_it_is_imported_leaks_nothing(
    box: BlackBox, import_root: Path, canary: Path
) -> None:
    plain, flipped, ended = import_root / "plain.csv", import_root / "flip.csv", threading.Event()
    plain.write_text("open,b\n1,2\n")

    def flip() -> None:
        while not ended.is_set():
            for make in (os.link, lambda _, to: os.symlink(canary, to)):
                make(plain, import_root / "made.tmp")  # type: ignore[operator]
                os.replace(import_root / "made.tmp", flipped)

    thread = threading.Thread(target=flip)
    thread.start()
    seen = []
    try:
        for _ in range(12):
            reply = box.call("POST", "/api/imports", {"path": str(flipped)})
            seen.append(reply.json()["id"] if reply.status == 201 else "")
            assert reply.status in (201, 404, 422), reply.text
    finally:
        ended.set()
        thread.join()
    for id in filter(None, seen):
        found = box.wait(f"/api/imports/{id}", lambda one: one["state"] in ("ready", "failed"))
        assert found["state"] == "ready", found["error"]
        assert [one["columns"][0]["name"] for one in found["tables"]] == ["open"]
    assert "" in seen or len(seen) == 12
