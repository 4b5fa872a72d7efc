"""B1 to B18: who may call a real server, from where, and what every answer carries."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.security.black_box import BlackBox, until
from tests.support.api_document import api_document
from tests.support.requirements import ATTACKS_ON_WHAT_IS_NOT_BUILT

METHODS = ("get", "post", "put", "patch", "delete")
FOREIGN_HOSTS = (
    "evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "0x7f000001", "2130706433", "10.evil.test",
    "192.168.1.1.evil.test", "127.0.0.1:1", "user@localhost", "127.1", "[::2]", "",
)  # fmt: skip
AGENTS = ("", "Mozilla/5.0", "x")
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def routes() -> Iterator[tuple[str, str]]:
    for path, methods in api_document()["paths"].items():
        for method in methods:
            if method in METHODS and path != "/api/health":
                yield method.upper(), re.sub(r"\{[^}]+\}", "x", path)


def test_b1_every_route_is_closed_to_anybody(box: BlackBox) -> None:
    tried = list(routes())
    assert len(tried) > 60

    for method, path in tried:
        reply = box.call(method, path, credential=None)
        assert reply.status == 401, (method, path)
        assert set(reply.json()) == {"error"}

    assert box.call("GET", "/api/health", credential=None).json() == {"ok": True}


def test_b2_nothing_stands_outside_the_guard(box: BlackBox) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/static/../api/me", "//api/me", "/API/me", "/api"):
        reply = box.call("GET", path, credential=None)
        assert b"openapi" not in reply.body.lower(), path
        assert b"home_name" not in reply.body, path
    assert box.call("GET", "/api/events?topics=queue", credential=None).status == 401

    upgrade = (
        f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert re.match(rb"HTTP/1.1 (400|401|403) ", box.raw(upgrade.encode(), 3))


def test_b3_b4_b7_another_host_is_refused_whatever_the_method_and_the_agent(box: BlackBox) -> None:
    for host in FOREIGN_HOSTS:
        for method in ("GET", "POST", "DELETE"):
            for agent in AGENTS:
                reply = box.call(method, "/api/experiments", hosts=[host], headers={"User-Agent": agent})
                assert reply.status in (400, 403), (host, method, agent)
    own = f"127.0.0.1:{box.port}"
    assert box.call("GET", "/api/me", hosts=[own, "evil.test"]).status in (400, 403)
    assert box.call("GET", "/api/me", hosts=[own, own]).status in (400, 403)
    assert re.match(rb"HTTP/1.[01] (400|403) ", box.raw(b"GET /api/health HTTP/1.0\r\n\r\n", 3))


def test_b4_our_own_names_are_answered(box: BlackBox) -> None:
    for host in (f"localhost:{box.port}", f"127.0.0.1:{box.port}", f"[::1]:{box.port}", f"LOCALHOST:{box.port}"):
        assert box.call("GET", "/api/me", hosts=[host]).status == 200, host


def test_b5_b7_a_foreign_page_cannot_change_anything(box: BlackBox, shapes: dict[str, Any]) -> None:
    cookie, path = box.browser(), f"/api/datasets/{shapes['id']}"
    name = box.api("GET", path)["name"]
    foreign = ("http://evil.test", "null", "http://127.0.0.1:1", f"http://localhost:{box.port}.evil.test", "")

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for origin in foreign:
            for agent in AGENTS:
                headers = {"Origin": origin, "User-Agent": agent}
                reply = box.call(method, path, {"name": "stolen"}, headers=headers, credential=cookie)
                assert reply.status == 403, (method, origin)

    assert box.api("GET", path)["name"] == name
    assert box.call("GET", f"{path}/delete").status == 404


def test_b6_bodies_are_json_and_methods_are_what_they_are(box: BlackBox, shapes: dict[str, Any]) -> None:
    cookie = box.browser()

    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        reply = box.call("POST", "/api/experiments", b"{}", headers={"Content-Type": kind}, credential=cookie)
        assert reply.status in (415, 422), kind
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        box.call("POST", f"/api/datasets/{shapes['id']}?_method=DELETE", headers={header: "DELETE"}, credential=cookie)

    assert box.api("GET", f"/api/datasets/{shapes['id']}")["id"] == shapes["id"]


def test_b8_no_other_origin_is_ever_allowed(box: BlackBox) -> None:
    for origin in ("http://evil.test", "null", box.origin, "http://localhost:3000"):
        for method in ("GET", "OPTIONS"):
            reply = box.call(method, "/api/me", headers={"Origin": origin, "Access-Control-Request-Method": "PUT"})
            assert not [name for name, _ in reply.headers if name.lower().startswith("access-control-")]


def test_b9_every_answer_carries_the_headers(box: BlackBox, shapes: dict[str, Any]) -> None:
    media = box.api("GET", f"/api/datasets/{shapes['id']}/samples")["rows"][0]["media"]["path"]
    paths = ("/", "/api/me", "/api/nothing", "/assets/gone.js", "/api/runs/x", "/api/schema/none",
             f"/api/datasets/{shapes['id']}/media?path={media}")  # fmt: skip
    replies = {path: box.call("GET", path) for path in paths}
    replies["401"] = box.call("GET", "/api/me", credential=None)
    replies["403"] = box.call("GET", "/api/me", hosts=["evil.test"])
    replies["405"] = box.call("POST", "/")

    for path, reply in replies.items():
        for name, value in HEADERS.items():
            assert reply.header(name) == value, path
        assert "frame-ancestors 'none'" in reply.header("content-security-policy") or "sandbox" in reply.header(
            "content-security-policy"
        ), path
        assert reply.header("x-frame-options") == "DENY"
        assert not reply.header("server"), path
    assert replies["/api/me"].header("cache-control") == "no-store"


def test_b10_the_launch_address_works_once_and_the_token_leaks_nowhere(spare: BlackBox) -> None:
    path = spare.launch_url.removeprefix(spare.origin)
    first = spare.call("GET", path, credential=None)
    second = spare.call("GET", path, credential=None)
    token = spare.token
    for target in ("/api/nothing", "/api/runs/x", f"/api/me?token={token}"):
        spare.call("GET", target, headers={"Referer": f"{spare.origin}/?token={token}"}, credential=None)
    spare.raw(f"GET /api/me?token={token} HTTP/9.9\r\n\r\n".encode(), 2)

    assert (first.status, second.status) == (303, 403)
    assert first.header("location") == "/"
    assert re.search(r"HttpOnly.*SameSite=strict|SameSite=strict.*HttpOnly", first.header("set-cookie"))
    assert spare.call("GET", f"/api/me?token={token}", credential=None).status == 401
    holders = [file for file in spare.home.parent.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]
    assert [file.relative_to(spare.home).as_posix() for file in holders] == ["run/token"]


@pytest.mark.parametrize(
    "next_page", ["//evil.test", "/\\evil.test", "https:evil.test", "/%09/evil.test", "%0d%0aX-Evil:1", "http://evil.test"]
)  # fmt: skip
def test_b11_the_launch_leads_nowhere_else(box: BlackBox, next_page: str) -> None:
    code = box.api("POST", "/api/launch-codes")["code"]

    reply = box.call("GET", f"/launch?code={code}&next={next_page}&redirect={next_page}", credential=None)

    assert (reply.status, reply.header("location")) == (303, "/")
    assert not reply.header("x-evil")


def test_b13_keys_are_made_for_each_home_and_only_loopback_is_served(box: BlackBox, tmp_path: Path) -> None:
    other = BlackBox(tmp_path / "other").start()
    tokens = {box.token, other.token}
    assert other.call("GET", "/api/me", headers={"Authorization": f"Bearer {box.token}"}, credential=None).status == 401
    other.stop()
    refused = subprocess.run(
        [sys.executable, "-m", "studio.cli", "serve", "--home", tmp_path / "open", "--host", "0.0.0.0", "--port", "0"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens)
    assert refused.returncode != 0
    assert "ssh" in (refused.stdout + refused.stderr).lower()


@pytest.mark.parametrize("row", [pytest.param(row, id=row) for row in ATTACKS_ON_WHAT_IS_NOT_BUILT])
def test_rows_that_need_what_is_not_built(row: str) -> None:
    pytest.skip(f"{row}: {ATTACKS_ON_WHAT_IS_NOT_BUILT[row]}")


def test_b16_sessions_rotate_end_and_belong_to_a_port(box: BlackBox, spare: BlackBox) -> None:
    fixed = f"studio-session-{box.port}=chosen-by-an-attacker"
    code = box.api("POST", "/api/launch-codes")["code"]
    reply = box.call("GET", f"/launch?code={code}", headers={"Cookie": fixed}, credential=None)
    cookie = reply.header("set-cookie").split(";")[0]
    other = spare.browser()

    assert cookie != fixed
    assert cookie.split("=")[0] != other.split("=")[0]
    assert box.call("GET", "/api/me", credential=f"{cookie}; {other}").status == 200
    assert spare.call("GET", "/api/me", credential=f"{cookie}; {other}").status == 200
    assert box.call("POST", "/api/logout", credential=cookie).status == 200
    assert box.call("GET", "/api/me", credential=cookie).status == 401
    assert spare.call("GET", "/api/me", credential=other).status == 200


def listening(process: psutil.Process) -> set[str]:
    """Addresses that a process listens on over TCP or UDP."""
    try:
        found = process.net_connections("inet")
    except psutil.Error:
        return set()
    return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN or (one.laddr and not one.raddr)}


def test_b17_b18_everything_listens_on_loopback_alone_also_two_processes_that_train(
    box: BlackBox, shapes: dict[str, Any]
) -> None:
    """B18 is seen with two ranks on the processor, the same code as on GPUs; they meet in a file."""
    order = box.order(shapes, "pair", training__epochs=200, environment__gpus=["0", "1"])
    order["settings"]["environment.number_of_gpus_per_run"] = 2
    started = box.api("POST", "/api/experiments", order)
    path = f"/api/experiments/{started['id']}"
    begun = box.wait(path, lambda one: one["runs"][0]["step"] > 0 or one["state"] in ("failed", "lost"), 180)
    assert begun["state"] == "running", begun["runs"][0]["error"]
    record = json.loads((box.home / "runs" / begun["runs"][0]["id"] / "run.json").read_text())

    addresses: set[str] = set()
    for _ in range(5):
        for process in {*box.tree(), *of_home(box.home)}:
            addresses |= listening(process)
        time.sleep(0.1)
    ranks = psutil.Process(record["pid"]).children()
    box.api("POST", f"{path}/stop")
    until(lambda: box.api("GET", path)["state"] in ("stopped", "finished"), 120)

    assert ranks
    assert addresses
    assert addresses <= {"127.0.0.1", "::1"}


def of_home(home: Path) -> list[psutil.Process]:
    """Workers outlive the server, so they are found by the folder on their command line or under their feet."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(process.cmdline()) or process.cwd().startswith(str(home)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_b116_a_session_is_found_beside_any_other_cookie(box: BlackBox) -> None:
    cookie = box.browser()

    assert box.call("GET", "/api/me", credential=f'{{}}=[; "x; a=b=c; {cookie}; y').status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="B117: another account can be taken by the administrator only")
def test_b117_a_cookie_is_worth_nothing_to_another_account(box: BlackBox) -> None:
    """A program of another account that listens on a port of this machine gets our cookie from the browser."""
    cookie = box.browser()
    assert box.call("GET", "/api/me", credential=cookie).status == 200

    assert asked_as(65534, box, cookie) == 401
    assert asked_as(0, box, cookie) == 200


def asked_as(account: int, box: BlackBox, cookie: str) -> int:
    """The status that a process of some account gets with a cookie."""
    lines = ["GET /api/me HTTP/1.1", f"Host: 127.0.0.1:{box.port}", f"Cookie: {cookie}", "Connection: close", "", ""]
    script = f"exec 3<>/dev/tcp/127.0.0.1/{box.port}; printf '%s' \"$REQUEST\" >&3; head -c 12 <&3"
    done = subprocess.run(
        ["bash", "-c", script], env={"REQUEST": "\r\n".join(lines), "PATH": os.environ["PATH"]}, user=account,
        cwd="/", capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    return int(done.stdout.split()[1])


def test_b117_a_launch_ends_the_session_that_its_browser_had(box: BlackBox) -> None:
    old = box.browser()
    code = box.api("POST", "/api/launch-codes")["code"]
    reply = box.call("GET", f"/launch?code={code}", headers={"Cookie": old}, credential=None)
    new = reply.header("set-cookie").split(";")[0]

    assert box.call("GET", "/api/me", credential=old).status == 401
    assert box.call("GET", "/api/me", credential=new).status == 200


def test_b118_b119_other_ports_and_strangers_learn_nothing(box: BlackBox) -> None:
    cookie = box.browser()
    for site in ("same-site", "cross-site"):
        assert box.call("GET", "/api/me", headers={"Sec-Fetch-Site": site}, credential=cookie).status == 403
    for path in ("/", "/api/health", "/api/me"):
        assert not box.call("GET", path, credential=None).header("x-studio-version")
    assert box.call("GET", "/api/me", credential=cookie).header("x-studio-version")
