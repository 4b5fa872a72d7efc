"""B47 to B58: nothing that a file or a setting says is run, imported, evaluated or expanded without end."""

import io
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from studio.errors import WeightsError
from studio.modeling.text.sources.sources import find_text_model
from studio.settings.names import is_name
from studio.settings.setting import Kind
from tests.security.black_box import BlackBox, until
from tests.security.conftest import AMBIENT, Trained
from tests.security.hostile import TEMPLATE, packed, pickle_that_touches

ENDINGS = (".pt", ".pth", ".pkl", ".npy", ".npz", ".joblib", ".bin", ".h5", ".zip", ".csv", ".parquet")


def load(box: BlackBox, text: str) -> tuple[int, dict[str, Any]]:
    """The status and the answer to a settings file."""
    reply = box.call("POST", "/api/settings/load", {"yaml": text})
    return reply.status, reply.json()


def head(kind: str = "image_classification") -> str:
    return f"schema_version: 1\nproblem_type: {kind}\nexperiment_name: x\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_b47_a_pickle_is_refused_under_every_name(box: BlackBox, tmp_path: Path, ending: str) -> None:
    mark = tmp_path / "pwned"
    upload = box.upload(f"weights{ending}", pickle_that_touches(mark))

    replies = [
        box.call("POST", "/api/imports", {"upload_id": upload}),
        box.call("POST", "/api/predictions", {"experiment": "x", "upload_id": upload}),
        box.call("POST", "/api/runs/x/answer", pickle_that_touches(mark), headers={"Content-Type": "application/x"}),
    ]

    assert replies[0].status == 422
    assert all(400 <= reply.status < 500 for reply in replies)
    assert not mark.exists()


def test_b47_pickles_inside_arrays_and_archives_are_not_loaded(box: BlackBox, tmp_path: Path, trained: Trained) -> None:
    """An object array, a torch file (a zip with a pickle in it) and an npz, as images of a dataset and as a sample."""
    mark = tmp_path / "pwned"
    harm = pickle_that_touches(mark)
    array = b"\x93NUMPY\x01\x00" + b"v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117)
    torch_file = io.BytesIO()
    with zipfile.ZipFile(torch_file, "w") as archive:
        archive.writestr("archive/data.pkl", harm)
    npz = io.BytesIO()
    np.savez(npz, a=np.zeros(2))
    hidden = {"a.npy": array + b"\n" + harm, "b.png": torch_file.getvalue(), "c.png": npz.getvalue(), "d.png": harm}
    rows = "image,label\n" + "".join(f"{name},{'ab'[number % 2]}\n" for number, name in enumerate(hidden))
    files: dict[str, bytes | str] = {f"images/{name}": data for name, data in hidden.items()}

    _, draft = box.looked_at("images.zip", packed({**files, "train.csv": rows}))
    _, model = box.looked_at("model.zip", torch_file.getvalue())
    answers = [
        box.call("POST", f"/api/runs/{trained.run['id']}/answer", data, headers={"Content-Type": "image/png"})
        for data in hidden.values()
    ]

    assert draft["state"] in ("ready", "failed")
    assert model["state"] == "failed"
    assert all(400 <= reply.status < 500 for reply in answers), [reply.text for reply in answers]
    assert not mark.exists()


def test_b48_a_poisoned_checkpoint_is_not_loaded(box: BlackBox, shapes: dict[str, Any], tmp_path: Path) -> None:
    """All of its files at once here; each on its own in test_checkpoint_files.py."""
    mark = tmp_path / "pwned"
    started = box.api("POST", "/api/experiments", box.order(shapes, "poisoned", training__epochs=400))
    path = f"/api/experiments/{started['id']}"
    until(lambda: box.api("GET", path)["runs"][0]["epoch"] >= 1, 120)
    box.api("POST", f"{path}/stop")
    until(lambda: box.api("GET", path)["state"] == "stopped", 60)
    folder = box.home / "runs" / box.api("GET", path)["runs"][0]["id"] / "checkpoints"
    poisoned = [file for file in folder.rglob("*") if file.is_file() and file.name not in ("latest.json", "best.json")]
    for file in poisoned:
        if file.name != "manifest.json":
            file.write_bytes(pickle_that_touches(mark))

    box.api("POST", f"{path}/resume")
    ended = box.ended(started["id"])

    assert len(poisoned) >= 4
    assert ended["state"] == "failed"
    assert "damaged" in ended["runs"][0]["error"]["message"]
    assert not mark.exists()


CODE = {"_attn_implementation_internal": "kernel.py", "custom_pipelines": {"x": "kernel.py"}}


def evil_model(folder: Path, mark: Path, **keys: Any) -> None:
    """A folder of a model whose every module would create a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("modeling_evil.py", "configuration_evil.py", "kernel.py", "__init__.py"):
        (folder / name).write_text(f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n")
    config = {"model_type": "bert", "auto_map": {"AutoModel": "modeling_evil.EvilModel"}, **keys}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")


@pytest.mark.parametrize("key", ["_attn_implementation_internal", "_attn_implementation", "custom_pipelines", "inner"])
def test_b49_a_configuration_that_names_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """`auto_map` alone is dropped, not refused: the library's own class is built, and its file is never read."""
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path / "weights"))
    keys: dict[str, Any] = {"decoder": {"custom_generate": "x"}} if key == "inner" else {key: "kernel.py"}
    evil_model(tmp_path / "weights" / "team" / "evil", tmp_path / "pwned", **keys)

    with pytest.raises(WeightsError, match="custom_generate" if key == "inner" else key):
        find_text_model("team/evil").config()

    assert not (tmp_path / "pwned").exists()


def test_b49_a_model_that_brings_code_ends_the_run_and_runs_nothing(box: BlackBox, tmp_path: Path) -> None:
    mark = tmp_path / "pwned"
    evil_model(box.home / "weights" / "team" / "evil", mark, **CODE)
    dataset = box.example("text_classification")
    document = box.api("GET", f"/api/schema/text_classification?dataset={dataset['id']}")
    settings = {**document["values"], "architecture.backbone": "team/evil", "training.epochs": 1}

    reply = box.call("POST", "/api/experiments", {"problem_type": "text_classification", "settings": settings})
    told = reply.text
    if reply.status == 201:
        ended = box.ended(reply.json()["id"])
        told = json.dumps(ended["runs"][0]["error"])
        assert ended["state"] == "failed"

    assert any(key in told for key in CODE), told
    assert not mark.exists()
    assert "trust_remote_code" not in json.dumps(document)


@pytest.mark.parametrize(
    "line", ['a: !!python/object/apply:os.system ["touch {mark}"]', "a: !!python/object/new:type {{}}",
             "a: !!python/name:os.system ''", "a: !include /etc/passwd", "a: !ENV HOME"],
)  # fmt: skip
def test_b50_yaml_tags_are_refused_with_their_line(box: BlackBox, tmp_path: Path, line: str) -> None:
    status, answer = load(box, f"b: 1\n{line.format(mark=tmp_path / 'pwned')}")

    assert status == 422
    assert answer["findings"][0]["line"] == 2
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "pipeline",
    ["__class_fullname__: os.system", "- os.system: {command: 'touch {mark}'}", "- Lambda: {image: os.system}",
     "_target_: os.system", "- albumentations.core.serialization.load: {filepath: /etc/passwd}",
     "- HistogramMatching: {reference_images: [/etc/passwd], read_fn: os.system}",
     "- TemplateTransform: {templates: /etc/passwd}", "- HorizontalFlip: {p: 0.5, save_path: /tmp/x}",
     "{'transform': {'__class_fullname__': 'os.system', 'command': 'touch {mark}'}}"],
)  # fmt: skip
def test_b51_an_augmentation_names_no_class_and_no_file(
    box: BlackBox, shapes: dict[str, Any], tmp_path: Path, pipeline: str
) -> None:
    mark = tmp_path / "pwned"
    text = pipeline.replace("{mark}", str(mark))
    custom = {"augmentation__augmentations_strategy": "Custom", "augmentation__custom_train_augmentations": text}
    order = box.order(shapes, "b51", **custom)

    checked = box.api("POST", "/api/settings/check", order_without_name(order))
    started = box.call("POST", "/api/experiments", order)

    wrong = [one for one in checked["findings"] if one["level"] == "error"]
    assert started.status == 422, started.text
    assert any("custom_train" in one["path"] for one in wrong), wrong
    assert not mark.exists()


def order_without_name(order: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in order.items() if key != "name"}


EXPRESSIONS = ("__import__('os').system('touch {mark}')", "$(touch {mark})", ";touch {mark}", "`touch {mark}`",
               "--config=/x", "-rf", "0;id", "a\nb", "@__builtins__", "a.__class__")  # fmt: skip


def test_b52_b55_no_setting_is_evaluated_or_run(box: BlackBox, shapes: dict[str, Any], tmp_path: Path) -> None:
    """Every setting of the form gets every expression; numbers refuse it, and no text of it runs."""
    mark = tmp_path / "pwned"
    document = box.api("GET", f"/api/schema/image_classification?dataset={shapes['id']}")
    order = box.order(shapes, "b52")

    for expression in EXPRESSIONS:
        text = expression.format(mark=mark)
        wrong = {one["key"]: text for one in document["settings"] if one["type"] != Kind.SECRET}
        asked = {**order_without_name(order), "settings": {**order["settings"], **wrong}}
        checked = box.call("POST", "/api/settings/check", asked)
        assert checked.status in (200, 422), checked.text
        refused = {one["path"] for one in checked.json()["findings"] if one["level"] == "error"}
        numbers = {one["key"] for one in document["settings"] if one["type"] in ("integer", "number", "boolean")}
        assert numbers <= refused | {one["key"] for one in document["settings"] if one["fixed"]}
        for key in ("general.experiment_name", "environment.gpus", "architecture.backbone"):
            value: Any = [text] if key == "environment.gpus" else text
            if key == "general.experiment_name" and is_name(text):
                continue
            body = {**order_without_name(order), "settings": {**order["settings"], key: value}}
            started = box.call("POST", "/api/experiments", body)
            assert started.status == 422, (key, text, started.text)
        assert is_name(text) or box.call("POST", "/api/experiments", {**order, "name": text}).status == 422

    assert not mark.exists()


def test_b53_b57_filters_are_plain_text(box: BlackBox, trained: Trained) -> None:
    """No expression, no regular expression: an evil one costs nothing, because it is searched for as it is."""
    targets = ("@__builtins__['open']", "a.__bases__", "^(a+)+$", "(" * 2000, "[z-", "%%%", "\\d+", "' OR 1=1 --")

    for text in targets:
        shown = "".join(f"%{byte:02x}" for byte in text.encode())
        for path in (
            f"/api/datasets/{trained.dataset['id']}/samples?q={shown}",
            f"/api/datasets/{trained.dataset['id']}/samples?label={shown}",
            f"/api/runs/{trained.run['id']}/samples?truth={shown}",
            f"/api/runs/{trained.run['id']}/log?q={shown}",
            f"/api/experiments?q={shown}",
        ):
            began = time.monotonic()
            reply = box.call("GET", path)
            assert time.monotonic() - began < 3, path
            assert reply.status in (200, 422), (path, reply.text)
            found = reply.json()
            assert not [one for name in ("rows", "items", "lines") for one in found.get(name, ())], path


def test_b54_templates_in_names_come_back_as_they_are(box: BlackBox, trained: Trained) -> None:
    """Class names hold `{{7*7}}` and its like; looked for in the settings, the predictions and the whole pipeline."""
    info = box.api("POST", f"/api/runs/{trained.run['id']}/pipeline")
    data = box.call("GET", f"/api/runs/{trained.run['id']}/files/{info['name']}").body
    texts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not name.endswith((".whl", ".safetensors", ".png", ".jpg", ".parquet")):
                texts[name] = archive.read(name).decode("utf-8", "replace")
    predictions = box.call("GET", f"/api/runs/{trained.run['id']}/files/predictions/validation.csv").text

    assert TEMPLATE in predictions
    assert any(json.dumps(TEMPLATE)[1:-1] in text or TEMPLATE in text for text in texts.values())
    assert not [name for name, text in texts.items() if "49 49 49" in text]


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PYTHONPATH", "CUDA_VISIBLE_DEVICES", "HF_ENDPOINT"])
def test_b56_b76_no_settings_file_sets_the_environment(box: BlackBox, name: str) -> None:
    for text in (f"{name}: x\n", f"environment:\n  {name}: x\n"):
        status, answer = load(box, head() + text)
        assert status == 422 or any(name in one["path"] and one["level"] == "error" for one in answer["findings"])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="B56: environments of processes are read from /proc")
def test_b56_workers_know_nothing_of_the_account(trained: Trained) -> None:
    workers = [text for text in trained.processes if "studio.cli" not in text.split("\n")[0]]
    server = [text for text in trained.processes if "studio.cli" in text.split("\n")[0]]

    assert workers
    assert any(AMBIENT in text for text in server)
    assert not [text.split("\n")[0] for text in workers if AMBIENT in text]


def bomb(depth: int, width: int = 9) -> str:
    lines = ["a0: &a0 [" + ",".join(["x"] * width) + "]"]
    for level in range(1, depth):
        lines.append(f"a{level}: &a{level} [" + ",".join([f"*a{level - 1}"] * width) + "]")
    return "\n".join(lines)


def test_b58_yaml_bombs_are_refused_and_large_plain_files_are_not(box: BlackBox) -> None:
    before = box.resident_bytes()
    for text in (bomb(9), "a: &x [*x]", "a: &a {b: *a}"):
        began = time.monotonic()
        status, answer = load(box, text)
        assert time.monotonic() - began < 1
        assert status == 422 or answer["findings"][0]["code"] == "yaml"
    plain = head() + "".join(f"# {'x' * 98}\n" for _ in range(2000))
    assert 200_000 < len(plain) < 256 * 1024
    status, answer = load(box, plain)

    assert status == 200
    assert [one for one in answer["findings"] if one["level"] == "error"] == []
    assert box.resident_bytes() < before + (50 << 20)


@pytest.mark.parametrize("key", ["data_dir", "host", "trust_remote_code", "local_import_roots", "home", "import_roots"])
def test_b76_no_settings_file_sets_the_server(box: BlackBox, key: str) -> None:
    for text in (f"{key}: /tmp\n", f"environment:\n  {key}: true\n", f"general:\n  {key}: x\n"):
        status, answer = load(box, head() + text)
        assert status == 422 or any(key in one["path"] and one["level"] == "error" for one in answer["findings"])
    assert box.call("PUT", "/api/preferences", {key: "x"}).status == 422


@pytest.mark.parametrize("key", ["__proto__", "constructor", "prototype", "toString"])
def test_b79_settings_named_like_parts_of_objects_are_refused(box: BlackBox, shapes: dict[str, Any], key: str) -> None:
    order = box.order(shapes, "b79")

    for wrong in (key, f"general.{key}", f"{key}.x"):
        body = {**order, "settings": {**order["settings"], wrong: True}}
        assert box.call("POST", "/api/experiments", body).status == 422
    assert box.call("PUT", "/api/preferences", {key: True}).status == 422
    status, answer = load(box, head() + f"{key}: {{polluted: true}}\n")
    assert status == 422 or any(one["level"] == "error" for one in answer["findings"])
    assert psutil.pid_exists(box.pid)
    assert os.getpid() != box.pid
