"""B19, B20, B25: no parameter of any route reads a file it should not."""

import itertools
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api_document import api_document

CORPUS = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "%252e%252e%252f", "....//", "..;/", "..%5c", "..\\",
          "/../", "//..", "%00../", "..%c0%af")  # fmt: skip
DEPTHS = (1, 3, 6, 12)


@pytest.fixture
def run(server: Any, order: dict[str, Any]) -> dict[str, Any]:
    experiment = server.api.post("/api/experiments", json=order).json()
    server.wait(f"/api/experiments/{experiment['id']}", {"finished"})
    return experiment["runs"][0]


def test_no_path_parameter_leads_out(server: Any, shapes: dict[str, Any], run: dict[str, Any], tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("CANARY-7d1f")
    (server.studio.home.path / "canary").write_text("CANARY-7d1f")
    prefixes = [bad * depth for bad, depth in itertools.product(CORPUS, DEPTHS)]
    targets = [f"{prefix}{str(canary)[1:]}" for prefix in prefixes] + [f"{prefix}canary" for prefix in prefixes]
    targets += [str(canary), f"file://{canary}", "C:\\canary", "\\\\host\\canary", "a%00.png"]
    templates = [
        f"/api/datasets/{shapes['id']}/media?path=@",
        f"/api/datasets/{shapes['id']}/samples?table=@",
        f"/api/runs/{run['id']}/media?path=@",
        f"/api/runs/{run['id']}/files/@",
        f"/api/runs/{run['id']}/insights/@",
        f"/api/runs/{run['id']}/samples?split=@",
        f"/api/runs/{run['id']}/answer/media?path=@",
        f"/api/runs/{run['id']}/explanation?row=1&split=@",
        "/api/previews/prev-none/media?path=@",
        "/api/previews/@/media?path=x",
        "/api/imports/@",
        "/api/experiments/@",
        "/assets/@",
        "/@",
    ]

    for template in templates:
        for target in targets:
            for shown in (target, quote(target, safe="")):
                answer = server.api.get(template.replace("@", shown))
                assert b"CANARY" not in answer.content, (template, target)
                assert answer.status_code < 500, (template, target)


def test_every_get_route_with_text_in_it_is_looked_at() -> None:
    """A new route with a path or name parameter belongs on the list above."""
    named = {
        path
        for path, methods in api_document()["paths"].items()
        for parameter in methods.get("get", {}).get("parameters", [])
        if parameter["name"] in ("path", "name", "key", "table", "split")
    }

    assert named == {
        "/api/imports/{import_id}/media",
        "/api/datasets/{dataset_id}/media",
        "/api/datasets/{dataset_id}/samples",
        "/api/runs/{run_id}/insights/{key}",
        "/api/runs/{run_id}/samples",
        "/api/runs/{run_id}/media",
        "/api/runs/{run_id}/files/{name}",
        "/api/runs/{run_id}/answer/media",
        "/api/runs/{run_id}/explanation",
        "/api/previews/{preview_id}/media",
        "/api/predictions/{prediction_id}/samples",
        "/api/predictions/{prediction_id}/media",
        "/api/predictions/{prediction_id}/files/{name}",
    }


def test_links_are_not_followed(server: Any, shapes: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("CANARY-7d1f")
    media = server.studio.home.dataset(shapes["id"]) / "media"
    (media / "link.png").symlink_to(tmp_path / "canary")

    answer = server.api.get(f"/api/datasets/{shapes['id']}/media?path=link.png")

    assert answer.status_code == 404
    assert b"CANARY" not in answer.content


def test_files_of_users_cannot_run_in_the_page(server: Any, shapes: dict[str, Any]) -> None:
    media = server.studio.home.dataset(shapes["id"]) / "media"
    for name in ("x.svg", "x.html", "x.js"):
        (media / name).write_text("<script>alert(1)</script>")

        answer = server.api.get(f"/api/datasets/{shapes['id']}/media?path={name}")

        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]


def test_a_path_outside_the_roots_is_not_imported(server: Any, tmp_path: Path) -> None:
    outside = tmp_path / "data.csv"
    outside.write_text("a,b\n1,2\n")

    for path in (str(outside), "../data.csv", "data.csv", f"{server.studio.home.path}/../data.csv"):
        assert server.api.post("/api/imports", json={"path": path}).status_code == 404
