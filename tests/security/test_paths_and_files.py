"""B19 to B26, B35, B37, B39, B40, B77 and B78: what a request's text and a file's name can and cannot reach."""

import csv
import io
import os
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.security.black_box import CANARY, BlackBox
from tests.security.conftest import Trained
from tests.security.hostile import FORMULA, TRAVERSALS
from tests.support.api_document import api_document

PAYLOADS = [prefix * depth for prefix in TRAVERSALS for depth in (1, 4, 12)]


@cache
def document() -> dict[str, Any]:
    return api_document()


def get_routes(known: dict[str, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Every GET route for every text in it: the path with `@` in its place, and values of the other parameters."""
    for path, methods in document()["paths"].items():
        parameters = methods.get("get", {}).get("parameters", [])
        texts = [one for one in parameters if one["in"] in ("path", "query") and is_text(one["schema"])]
        for attacked in texts if path != "/api/events" else []:
            filled = path
            for one in parameters:
                if one["in"] == "path":
                    filled = filled.replace("{" + one["name"] + "}", "@" if one is attacked else known[one["name"]])
            rest = [(one["name"], known.get(one["name"], "1")) for one in parameters
                    if one["in"] == "query" and one.get("required") and one is not attacked]  # fmt: skip
            yield filled, rest + ([(attacked["name"], "@")] if attacked["in"] == "query" else [])


def is_text(schema: dict[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    return any(one.get("type") == "string" and "enum" not in one for one in kinds)


def test_b19_b20_b23_b25_no_text_in_any_get_route_leads_out(box: BlackBox, trained: Trained, canary: Path) -> None:
    """Every payload against every text parameter; depth 1, 4 and 12 here, more depths in tests/server/test_paths.py."""
    known = {
        "dataset_id": trained.dataset["id"], "experiment_id": trained.experiment["id"], "run_id": trained.run["id"],
        "problem_type": "image_classification", "name": "predictions/validation.csv", "path": "images/0.png",
        "key": "x", "import_id": "x", "upload_id": "x", "prediction_id": "x", "preview_id": "x", "row": "1",
    }  # fmt: skip
    sibling = box.home / "datasets" / f"{trained.dataset['id']}0"
    sibling.mkdir(mode=0o700, exist_ok=True)
    (sibling / "canary").write_text(CANARY)
    targets = [f"{payload}{str(canary)[1:]}" for payload in PAYLOADS[::2]] + [f"{one}canary" for one in PAYLOADS[1::2]]
    targets += [f"../{sibling.name}/canary", f"../../{sibling.name}/canary", str(canary), f"file://{canary}",
                "C:\\canary", "\\\\host\\canary", "a%00.png", "a\0.png"]  # fmt: skip
    templates = list(get_routes(known))
    assert len(templates) > 40

    for path, query in templates:
        for number, target in enumerate(targets):
            shown = target if number % 2 else quote(target, safe="")
            words = "&".join(f"{name}={value.replace('@', shown)}" for name, value in query)
            reply = box.call("GET", path.replace("@", shown) + (f"?{words}" if words else ""))
            assert CANARY.encode() not in reply.body, (path, query, target)
            assert reply.status < 500, (path, query, target, reply.text)


@pytest.mark.parametrize("name", ["a#b", "a?b", "a;b", "a\\b", "a/b", "C:\\x", "\\\\h\\s", "a\0b", "a\nb", "a\x7fb"])
def test_b21_b25_names_with_meaning_to_others_are_refused(box: BlackBox, shapes: dict[str, Any], name: str) -> None:
    """Names are display names; ids are made here. What a path or URL would split at is refused."""
    assert box.call("PATCH", f"/api/datasets/{shapes['id']}", {"name": name}).status == 422
    if name not in ("a#b", "a?b", "a;b"):
        assert box.call("POST", "/api/uploads", {"name": name, "size": 1}).status == 422


def test_b22_links_in_the_home_are_not_followed(box: BlackBox, trained: Trained, canary: Path) -> None:
    media = box.home / "datasets" / trained.dataset["id"] / "media"
    pictures = box.home / "runs" / trained.run["id"] / "insights"
    (media / "link.png").symlink_to(canary)
    (media / "folder").symlink_to(canary.parent)
    (pictures / "link.png").symlink_to(canary)
    predictions = pictures.parent / "predictions" / "validation.csv"
    kept = predictions.rename(predictions.with_name("kept.csv"))
    predictions.symlink_to(canary)
    paths = (
        f"/api/datasets/{trained.dataset['id']}/media?path=link.png",
        f"/api/datasets/{trained.dataset['id']}/media?path=folder/canary",
        f"/api/runs/{trained.run['id']}/media?path=insights/link.png",
        f"/api/runs/{trained.run['id']}/files/predictions/validation.csv",
    )

    try:
        for path in paths:
            reply = box.call("GET", path)
            assert reply.status == 404, path
            assert CANARY.encode() not in reply.body
    finally:
        kept.rename(predictions)


@pytest.mark.parametrize("form", ["{canary}", "{root}/link.csv", "{root}/../canary", "{root}/folder/canary", "canary",
                                  "file://{canary}", "/etc/passwd", "{root}\0/x"])  # fmt: skip
def test_b26_only_the_allowed_folders_are_read_from(
    box: BlackBox, trained: Trained, import_root: Path, canary: Path, form: str
) -> None:
    """By an import and by a prediction. These two routes take a path: no other body has a field of that name."""
    for name, target in (("link.csv", canary), ("folder", canary.parent)):
        if not (import_root / name).is_symlink():
            (import_root / name).symlink_to(target)

    path = form.format(canary=canary, root=import_root)
    imported = box.call("POST", "/api/imports", {"path": path})
    predicted = box.call("POST", "/api/predictions", {"experiment": trained.experiment["id"], "path": path})

    for reply in (imported, predicted):
        assert reply.status in (403, 404, 422), reply.text
        assert CANARY.encode() not in reply.body
    bodies = document()["components"]["schemas"]
    assert {"ImportCreate", "PredictionCreate"} == {
        name for name, schema in bodies.items() if "path" in schema.get("properties", {}) and "Create" in name
    }


@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.png", "x.pdf", "x.js"])
def test_b35_files_of_users_cannot_run_in_the_page(box: BlackBox, trained: Trained, name: str) -> None:
    media = box.home / "datasets" / trained.dataset["id"] / "media"
    (media / name).write_text("<html><script>window.__x=1</script></html>")

    reply = box.call("GET", f"/api/datasets/{trained.dataset['id']}/media?path={name}")

    assert reply.header("x-content-type-options") == "nosniff"
    assert "sandbox" in reply.header("content-security-policy")
    assert reply.header("content-type").startswith("image/png" if name == "x.png" else "application/octet-stream")
    assert name == "x.png" or reply.header("content-disposition").startswith("attachment")


def test_b37_insights_are_figures_and_names_and_no_program(box: BlackBox, trained: Trained) -> None:
    """No insight carries markup, an expression or a function: a payload is data in a known kind of figure."""
    entries = box.api("GET", f"/api/runs/{trained.run['id']}/insights")
    kinds = set()

    for entry in entries:
        insight = box.api("GET", f"/api/runs/{trained.run['id']}/insights/{entry['key']}")
        kinds.add(insight["payload"]["kind"])
        assert not {"html", "spec", "expr", "function", "script", "on", "signals"} & keys_of(insight)

    assert kinds
    assert kinds <= {"lines", "curves", "bars", "matrix", "table", "samples", "scatter", "histogram", "words", "text",
                     "threshold_curves", "thresholds"}  # fmt: skip


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_b39_no_cell_of_a_csv_is_a_formula_and_the_parquet_is_exact(box: BlackBox, trained: Trained) -> None:
    """Text cells are guarded, numbers are not. Exact values are in the parquet beside it, not behind `raw=true`."""
    import pyarrow.parquet as pq

    base = f"/api/runs/{trained.run['id']}/files/predictions/validation"
    rows = list(csv.DictReader(io.StringIO(box.call("GET", f"{base}.csv").text)))
    exact = pq.read_table(io.BytesIO(box.call("GET", f"{base}.parquet").body)).to_pylist()

    assert rows
    assert {row["score"][0] for row in rows} == {"-"}
    assert {row["note"][:2] for row in rows} == {"'@"}
    labels = {row["true_label"] if "true_label" in row else row["label"] for row in rows}
    assert "'" + FORMULA in labels
    assert not any(label.startswith(("=", "+", "-", "@")) for label in labels)
    assert FORMULA in {str(value) for row in exact for value in row.values()}
    assert all(isinstance(row["score"], int | float) and row["note"].startswith("@") for row in exact)


def test_b40_a_name_cannot_make_a_header(box: BlackBox, trained: Trained) -> None:
    for name in ('a"\r\nX-Evil: 1', "a\nb", "a\rb", 'a"b'):
        assert box.call("PATCH", f"/api/experiments/{trained.experiment['id']}", {"name": name}).status == 422
    reply = box.call("GET", f"/api/experiments/{trained.experiment['id']}/yaml")

    assert not reply.header("x-evil")
    assert reply.header("content-disposition") == (
        "attachment; filename=\"na_ve run.yaml\"; filename*=UTF-8''na%C3%AFve%20run.yaml"
    )


def test_b77_a_file_that_becomes_a_link_while_it_is_served_leaks_nothing(
    box: BlackBox, trained: Trained, canary: Path
) -> None:
    media = box.home / "datasets" / trained.dataset["id"] / "media"
    flipped, plain, link = media / "flip.png", media / "plain.png", media / "sly.png"
    plain.write_bytes(b"plain")
    link.symlink_to(canary)
    ended = threading.Event()

    def flip() -> None:
        while not ended.is_set():
            os.link(plain, media / "a.tmp")
            os.replace(media / "a.tmp", flipped)
            os.symlink(canary, media / "b.tmp")
            os.replace(media / "b.tmp", flipped)

    thread = threading.Thread(target=flip)
    thread.start()
    seen = set()
    try:
        for _ in range(600):
            reply = box.call("GET", f"/api/datasets/{trained.dataset['id']}/media?path=flip.png")
            assert CANARY.encode() not in reply.body
            seen.add(reply.status)
    finally:
        ended.set()
        thread.join()

    assert seen == {200, 404}


@pytest.mark.parametrize("name", ["CON", ".", "..", "café", "cafe\u0301", "\U0001f600" * 63],
                         ids=["CON", "dot", "dots", "NFC", "NFD", "emoji"])  # fmt: skip
def test_b78_names_never_become_paths(box: BlackBox, shapes: dict[str, Any], name: str) -> None:
    """A name is accepted, with an id of its own, or refused; on disk only ids stand."""
    reply = box.call("PATCH", f"/api/datasets/{shapes['id']}", {"name": name})

    assert reply.status in (200, 409, 422)
    assert {path.name for path in (box.home / "datasets").iterdir()} <= {
        one["id"] for one in box.api("GET", "/api/datasets")
    } | {path.name for path in (box.home / "datasets").iterdir() if path.name.endswith("0")}
    second = box.api("POST", "/api/examples/text_regression") if name == "CON" else None
    if second is not None:
        box.wait(f"/api/datasets/{second['id']}", lambda one: one["state"] in ("ready", "failed"))
        assert box.call("PATCH", f"/api/datasets/{second['id']}", {"name": name}).status == 409
        assert second["id"] != shapes["id"]
