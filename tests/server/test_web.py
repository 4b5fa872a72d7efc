"""The page: compressed files, caching, a nonce a visit, and the shell for every address."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def site(make_server: Any, tmp_path: Path) -> Any:
    assets = tmp_path / "web" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "web" / "index.html").write_text('<meta name="csp-nonce" content="__NONCE__">')
    (tmp_path / "web" / "theme.js").write_text("plain")
    for name, text in (("app-1.js", "plain"), ("app-1.js.br", "brotli"), ("app-1.js.gz", "gzip"), ("b.css", "css")):
        (assets / name).write_bytes(text.encode())
    server = make_server(is_started=False)
    yield server
    server.studio.store.close()


def test_every_page_address_gives_the_shell_with_a_fresh_nonce(site: Any) -> None:
    first, second = site.anybody.get("/"), site.anybody.get("/experiments/exp-1?tab=logs")

    for answer in (first, second):
        nonce = answer.text.split('content="')[1].split('"')[0]
        assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-cache"
    assert first.text != second.text


def test_an_unknown_api_address_is_never_the_page(site: Any) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = site.api.request(method, "/api/nothing")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


def test_assets_are_immutable_and_packed_as_the_browser_takes_them(site: Any) -> None:
    def encoding(accepted: str) -> tuple[str | None, str]:
        with site.anybody.stream("GET", "/assets/app-1.js", headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-type"].startswith("text/javascript")
            return answer.headers.get("content-encoding"), b"".join(answer.iter_raw()).decode()

    assert encoding("gzip, br") == ("br", "brotli")
    assert encoding("gzip") == ("gzip", "gzip")
    assert encoding("br;q=0, identity") == (None, "plain")
    assert site.anybody.get("/theme.js").headers["cache-control"] == "no-cache"


def test_a_chunk_of_an_earlier_build_is_missing_not_the_page(site: Any) -> None:
    assert site.anybody.get("/assets/app-0.js").status_code == 404


def test_head_is_answered(site: Any) -> None:
    answer = site.anybody.head("/")

    assert answer.status_code == 200
    assert answer.text == ""


def test_every_help_page_has_a_title(site: Any) -> None:
    topics = site.api.get("/api/help").json()["topics"]

    assert len(topics) >= 5
    assert all(topic["title"] and topic["markdown"].startswith("# ") for topic in topics)
