"""Who may call: rows B1 to B6, B9 and B10, against every route there is."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.routing import Mount, Route

from tests.support.api_document import api_document

METHODS = ("get", "post", "put", "patch", "delete")
OPEN = {("get", "/api/health")}
ROUTES = [
    (method, path)
    for path, methods in api_document()["paths"].items()
    for method in methods
    if method in METHODS and (method, path) not in OPEN
]
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def fill(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x", path)


@pytest.fixture
def idle(make_server: Callable[..., Any]) -> Iterator[Any]:
    server = make_server(is_started=False)
    yield server
    server.studio.store.close()


def test_every_route_is_closed_to_anybody(idle: Any) -> None:
    """B1."""
    assert len(ROUTES) > 60
    for method, path in ROUTES:
        answer = idle.anybody.request(method, fill(path))

        assert answer.status_code == 401, (method, path)
        assert set(answer.json()) == {"error"}


def test_no_route_stands_outside_the_document_or_the_guard(idle: Any) -> None:
    """B2: what the app has beside the documented routes is the page and the launch exchange."""
    described = set(api_document()["paths"])
    extra = set()
    for route in idle.anybody.app._app.routes:
        assert not isinstance(route, Mount)
        if isinstance(route, Route):
            extra.add(route.path)
    undescribed = {path.replace(":path}", "}") for path in extra} - described

    assert undescribed <= {"/launch", "/api/{rest}", "/{path}"}
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/static/../api/me"):
        assert "openapi" not in idle.anybody.get(path).text.lower()


def test_health_says_nothing_but_that_it_lives(idle: Any) -> None:
    assert idle.anybody.get("/api/health").json() == {"ok": True}


@pytest.mark.parametrize(
    "host",
    ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "0x7f000001", "2130706433", "10.evil.test",
     "192.168.1.1.evil.test", "127.0.0.1:9999", "localhost:8000@evil.test", "", "127.1", "[::2]",
     "127.0.0.1/", "127.0.0.1:8000.evil.test", "user@localhost", "loca\u017fhost".encode(),
     "localhost", "127.0.0.1", "localhost.:8000", "127.0.0.1.:8000", "localhost:08000", "localhost:8000:8000",
     "127.0.0.1:8000,evil.test", "127.0.0.1:8000 evil.test", "xlocalhost:8000", "localhost:80000", "localhost:",
     "[0:0:0:0:0:0:0:1]:8000", "::1:8000", "127.000.000.001:8000", "[::1", "localhost:8000#", "localhost:8000?"],
)  # fmt: skip
def test_another_host_is_refused_before_anything_else(idle: Any, host: str) -> None:
    """B3, B4, whatever the method and the agent."""
    for method in ("GET", "POST", "DELETE", "HEAD"):
        for path in ("/api/experiments", "/", "/launch?code=x"):
            for agent in ("", "Mozilla/5.0", "x"):
                headers = {"Host": host, "User-Agent": agent}
                assert idle.api.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000"])
def test_our_own_names_are_answered(idle: Any, host: str) -> None:
    assert idle.api.get("/api/me", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("hosts", [[], [b"127.0.0.1:8000", b"evil.test"], [b"127.0.0.1:8000", b"127.0.0.1:8000"]])
def test_no_host_and_two_hosts_are_refused(idle: Any, hosts: list[bytes]) -> None:
    import asyncio

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    headers = [(b"host", host) for host in hosts]
    scope = {"type": "http", "method": "GET", "path": "/api/health", "headers": headers, "query_string": b""}
    asyncio.run(idle.anybody.app(scope, receive, send))

    assert sent[0]["status"] == 403


def test_a_foreign_page_cannot_change_anything(server: Any, shapes: dict[str, Any]) -> None:
    """B5: cookie and another Origin, on every method."""
    browser = server.browser()
    path = f"/api/datasets/{shapes['id']}"
    origins = (
        "http://evil.test",
        "null",
        "http://127.0.0.1:1",
        "http://localhost:8000.evil.test",
        "https://127.0.0.1:8000",
        None,
    )

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for origin in origins:
            browser.headers.pop("Origin", None)
            headers = {} if origin is None else {"Origin": origin}
            answer = browser.request(method, path, headers=headers, json={"name": "stolen"})
            assert answer.status_code == 403, (method, origin)

    assert server.api.get(path).json()["name"] == shapes["name"]
    assert server.api.get(f"{path}/delete").status_code == 404


def test_our_own_page_can(server: Any, shapes: dict[str, Any]) -> None:
    answer = server.browser().patch(f"/api/datasets/{shapes['id']}", json={"name": "renamed"})

    assert answer.status_code == 200
    assert answer.json()["name"] == "renamed"


def test_a_foreign_page_cannot_listen(idle: Any) -> None:
    browser = idle.browser()

    for headers in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "same-site"}, {}):
        browser.headers.pop("Origin", None)
        assert browser.get("/api/events", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_bodies_are_json_only(idle: Any, kind: str) -> None:
    """B6."""
    browser = idle.browser()

    answer = browser.post("/api/experiments", content=b"{}", headers={"Content-Type": kind})

    assert answer.status_code == 415


def test_a_method_cannot_be_overridden(server: Any, shapes: dict[str, Any]) -> None:
    server.api.post(f"/api/datasets/{shapes['id']}", headers={"X-HTTP-Method-Override": "DELETE"})

    assert server.api.get(f"/api/datasets/{shapes['id']}").status_code == 200


def test_a_body_that_is_too_large_is_refused(idle: Any) -> None:
    answer = idle.api.post("/api/settings/load", json={"yaml": "x" * (1 << 20)})

    assert answer.status_code == 413


def test_every_answer_carries_the_headers(idle: Any) -> None:
    """B9."""

    def broken() -> None:
        raise RuntimeError("boom")

    idle.studio.store.preferences.get = broken
    answers = {
        path: idle.anybody.get(path, headers={"Authorization": "Bearer " + "t" * 43})
        for path in ("/", "/api/me", "/api/nothing", "/assets/gone.js", "/api/preferences", "/api/runs/x")
    }
    answers["refused"] = idle.anybody.get("/api/me")

    assert answers["/api/preferences"].status_code == 500
    for path, answer in answers.items():
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
        assert not any(name.startswith("access-control") for name in answer.headers)
    assert answers["/api/me"].headers["cache-control"] == "no-store"


def test_an_unexpected_error_has_an_id_and_no_detail(idle: Any, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise RuntimeError("a secret detail")

    idle.studio.store.preferences.get = broken
    answer = idle.anybody.get("/api/preferences", headers={"Authorization": "Bearer " + "t" * 43})

    assert "secret" not in answer.text
    assert answer.json()["error"]["id"] in caplog.text
    assert "a secret detail" in caplog.text


def test_a_full_disk_is_told_and_the_ballast_given_free(idle: Any) -> None:
    def full() -> None:
        with idle.studio.store.database.write():
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    idle.studio.store.preferences.get = full
    idle.studio.home.ballast.write_bytes(b"x" * 10)

    answer = idle.api.get("/api/preferences")

    assert answer.status_code == 507
    assert answer.json()["error"]["code"] == "disk_full"
    assert not idle.studio.home.ballast.exists()


def test_the_launch_address_works_once(idle: Any) -> None:
    """B10."""
    code = idle.studio.sessions.new_launch_code()

    first = idle.anybody.get("/launch", params={"code": code}, follow_redirects=False)
    second = idle.anybody.get("/launch", params={"code": code}, follow_redirects=False)

    assert first.status_code == 303
    assert first.headers["location"] == "/"
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("studio-session-8000=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert code not in cookie
    assert second.status_code == 403
    assert "set-cookie" not in second.headers


def test_a_session_ends_at_logout(idle: Any) -> None:
    browser = idle.browser()
    jar = dict(browser.cookies)
    assert browser.get("/api/me").status_code == 200

    browser.post("/api/logout")

    browser.cookies.update(jar)
    assert browser.get("/api/me").status_code == 401


def test_a_token_in_the_address_is_no_credential(idle: Any) -> None:
    assert idle.anybody.get("/api/me", params={"token": "t" * 43}).status_code == 401


def test_a_session_has_a_bounded_number_of_streams(idle: Any) -> None:
    sessions = idle.studio.sessions

    assert [sessions.enter_stream("c", 6) for _ in range(7)] == [True] * 6 + [False]
    sessions.leave_stream("c")
    assert sessions.enter_stream("c", 6)


@pytest.mark.parametrize(
    "others",
    ["{{}}={{}}; ", "a=b=c; ", "x; ", "=; ", '"unclosed; ', "a={\"b\": [1, 2]}; ", "caf\xe9=1; ", "a=\x01; ", "a b=c; ",
     "{ours}=wrong; ", "{ours}; ", "{ours}=; ", "; ; "],
)  # fmt: skip
def test_b116_cookies_of_other_programs_hide_no_session(idle: Any, others: str) -> None:
    browser = idle.browser()
    [(name, value)] = browser.cookies.items()
    browser.cookies.clear()
    first = f"{others.replace('{ours}', name)}{name}={value}".encode("latin-1")
    last = f"{name}={value}; {others.replace('{ours}', name)}".encode("latin-1")
    quoted = f'{others.replace("{ours}", name)}{name}="{value}"'.encode("latin-1")

    for cookie in (first, last, quoted):
        assert browser.get("/api/me", headers={"Cookie": cookie}).status_code == 200
    assert browser.get("/api/me", headers={"Cookie": f"x{name}={value}; {name}x={value}"}).status_code == 401


@pytest.mark.parametrize("site", ["same-site", "cross-site", "nonsense", ""])
def test_b118_a_page_on_another_port_reads_nothing_with_our_cookie(idle: Any, site: str) -> None:
    browser = idle.browser()
    browser.headers.pop("Origin", None)

    for path in ("/api/me", "/api/experiments", "/api/doctor", "/api/runs/x/explanation?row=1", "/api/events"):
        assert browser.get(path, headers={"Sec-Fetch-Site": site}).status_code == 403, path
    assert browser.get("/api/me", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert browser.get("/api/me", headers={"Sec-Fetch-Site": "none"}).status_code == 200
    assert idle.api.get("/api/me", headers={"Sec-Fetch-Site": site}).status_code == 200  # a program says what it likes


def test_b118_reading_what_starts_a_worker_needs_our_own_page(idle: Any) -> None:
    browser = idle.browser()
    path = "/api/runs/x/explanation?row=1"
    own = browser.get(path)
    browser.headers.pop("Origin", None)

    assert own.status_code == 404
    assert browser.get(path).status_code == 403
    assert browser.get(path, headers={"Sec-Fetch-Site": "none"}).status_code == 403
    assert browser.get(path, headers={"Origin": "http://127.0.0.1:9999"}).status_code == 403
    assert browser.get(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 404


def test_b119_strangers_hear_no_version(idle: Any) -> None:
    for path in ("/", "/api/health", "/api/me", "/launch?code=x", "/api/nothing"):
        assert "x-studio-version" not in idle.anybody.get(path).headers, path
        assert "version" not in idle.anybody.get(path).text.lower().replace("another version", ""), path
    for path in ("/api/health", "/api/me"):
        assert idle.api.get(path).headers["x-studio-version"]
        assert idle.browser().get(path).headers["x-studio-version"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("HEAD", "/api/health", "GET"),
        ("HEAD", "/api/me", "GET"),
        ("HEAD", "/api/events", "GET"),
        ("OPTIONS", "/api/me", "GET"),
        ("POST", "/api/me", "GET"),
        ("DELETE", "/api/experiments", "GET, POST"),
        ("PUT", "/api/datasets/x", "DELETE, GET, PATCH"),
        ("HEAD", "/api/experiments/x/stop", "POST"),
        ("PROPFIND", "/api/datasets/x", "DELETE, GET, PATCH"),
    ],
)
def test_a_method_that_a_route_does_not_take_is_told_from_a_path_that_is_not_there(
    idle: Any, method: str, path: str, allow: str
) -> None:
    answer = idle.api.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    if method == "HEAD":
        assert answer.text == ""
        return
    error = answer.json()["error"]
    assert error["code"] == "method"
    assert method in error["message"]
    assert allow in error["hint"]


@pytest.mark.parametrize("method", ["HEAD", "GET", "POST", "OPTIONS"])
def test_a_path_that_is_not_there_is_not_found_by_any_method(idle: Any, method: str) -> None:
    assert idle.api.request(method, "/api/nothing").status_code == 404


def test_the_page_tells_which_methods_it_takes(idle: Any) -> None:
    assert idle.anybody.head("/").status_code == 200
    answer = idle.anybody.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_two_authorization_headers_are_no_credential(idle: Any) -> None:
    token = ("Authorization", "Bearer " + "t" * 43)

    assert idle.anybody.get("/api/me", headers=[token]).status_code == 200
    assert idle.anybody.get("/api/me", headers=[token, token]).status_code == 401
