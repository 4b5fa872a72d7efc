"""B114, B115: requests as bytes, not only as values. Text is decoded strictly, once; nothing ends in a server error."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from studio.server.json_body import judge
from tests.security.contract_server import ContractServer, contract_server
from tests.support.api_document import api_document

DOCUMENT = api_document()
HALF = b"\xed\xa0\x80"
"""Half a letter (a lone surrogate), as no UTF-8 has it."""
LONG = "x" * 60_000
DIGITS = "9" * 5_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractServer]:
    with contract_server(tmp_path_factory.mktemp("bytes")) as one:
        yield one


def operations(has_body: bool) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, description) of those that take a JSON body, or of those that only read."""
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, one in methods.items():
            content = one.get("requestBody", {}).get("content", {})
            if path != "/api/events" and method in ("get", "post", "put", "patch"):
                takes_json = "application/json" in content
                if takes_json if has_body else method == "get":
                    found.append((method, path, one))
    return found


def address(server: ContractServer, path: str) -> str:
    for name, value in server.ids.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path.replace("{preview_id}", "prev-x").replace("{prediction_id}", "pred-x").replace("{key}", "x")


def example(schema: Any, text: str, depth: int = 0) -> Any:
    """A value that a schema takes, with `text` for every string."""
    if "$ref" in schema:
        return example(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], text, depth + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example(schema[word][0], text, depth + 1)
    match schema.get("type"):
        case "object":
            return {name: example(one, text, depth + 1) for name, one in schema.get("properties", {}).items()}
        case "array":
            return [example(schema.get("items", {}), text, depth + 1)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return schema.get("const", text)


def bodies(schema: Any) -> dict[str, bytes]:
    """Bytes that a route may be sent in the place of its JSON."""
    value = json.dumps(example(schema, "MARK"))
    marked = value.encode()
    return {
        "half letters": marked.replace(b"MARK", HALF),
        "escaped half letters": marked.replace(b"MARK", b"\\ud800"),
        "swapped halves": marked.replace(b"MARK", b"\\udc00\\ud800"),
        "latin-1": marked.replace(b"MARK", b"\xe9"),
        "overlong": marked.replace(b"MARK", b"\xc0\xaf"),
        "UTF-16": value.encode("utf-16"),
        "UTF-16 without a mark": value.encode("utf-16-le"),
        "UTF-16 with half a letter": value.replace("MARK", "\ud800").encode("utf-16", "surrogatepass"),
        "UTF-32": value.encode("utf-32"),
        "a mark of UTF-8": b"\xef\xbb\xbf" + marked,
        "NUL": marked.replace(b"MARK", b"\0"),
        "escaped NUL": marked.replace(b"MARK", b"\\u0000"),
        "control letters": marked.replace(b"MARK", b"\\u001b[2J\\u0007\\r\\n"),
        "the last letters": marked.replace(b"MARK", "\U0010ffff\ufffe\uffff\u202e".encode()),
        "many digits": marked.replace(b'"MARK"', DIGITS.encode()).replace(b": 1", b": " + DIGITS.encode()),
        "a huge number": marked.replace(b'"MARK"', b"1" + b"0" * 400).replace(b": 1", b": 1" + b"0" * 400),
        "minus zero and exponents": marked.replace(b": 1", b": -0.0e-400"),
        "long": marked.replace(b"MARK", LONG.encode()),
        "300 letters": marked.replace(b"MARK", b"x" * 300),
        "300 parts": marked.replace(b"MARK", b"x/" * 300),
        "deep": b"[" * 100_000,
        "cut off": marked[: len(marked) // 2],
        "twice": marked + marked,
        "nothing": b"",
        "null": b"null",
        "a text": b'"MARK"',
    }


@pytest.mark.parametrize(("method", "path", "one"), [pytest.param(*o, id=f"{o[0]} {o[1]}") for o in operations(True)])
def test_b114_a_body_of_any_bytes_is_used_or_refused(
    server: ContractServer, method: str, path: str, one: dict[str, Any]
) -> None:
    schema = one["requestBody"]["content"]["application/json"]["schema"]
    headers = {"Content-Type": "application/json"}
    failed = {}
    for name, body in bodies(schema).items():
        answer = server.api.request(method, address(server, path), content=body, headers=headers)
        if answer.status_code >= 500:
            failed[name] = (answer.status_code, answer.text[:300])
        is_text = name not in NOT_TEXT
        if not is_text and 200 <= answer.status_code < 300:
            failed[name] = (answer.status_code, "no text, and used all the same")
        answer.json() if answer.headers["content-type"] == "application/json" else None

    assert failed == {}


NOT_TEXT = {
    "half letters", "escaped half letters", "swapped halves", "latin-1", "overlong", "UTF-16", "UTF-16 without a mark",
    "UTF-16 with half a letter", "UTF-32", "NUL", "deep", "cut off", "twice",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NOT_TEXT))
def test_b114_what_is_no_utf_8_is_judged_as_such(name: str) -> None:
    refusal = judge(bodies({"type": "object", "properties": {"a": {"type": "string"}}})[name])

    assert refusal is not None
    assert refusal.status == 422


TEXTS = {
    "half letters": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "NUL": "%00",
    "long": LONG,
    "300 letters": "x" * 300,
    "300 parts": "x%2F" * 300,
    "digits": DIGITS,
    "other digits": quote("٣²"),
    "a folder": "media",
    "this folder": ".",
    "up": "..%2F..%2Fcanary",
    "percent": "%25%5F%25" * 6_000,
    "empty": "",
}


@pytest.mark.parametrize(("method", "path", "one"), [pytest.param(*o, id=f"{o[0]} {o[1]}") for o in operations(False)])
def test_b115_an_address_of_any_bytes_is_used_or_refused(
    server: ContractServer, method: str, path: str, one: dict[str, Any]
) -> None:
    failed = {}
    names = [parameter["name"] for parameter in one.get("parameters", []) if parameter["in"] == "query"]
    inner = [parameter["name"] for parameter in one.get("parameters", []) if parameter["in"] == "path"]
    asked = {
        f"?{name} {what}": f"{address(server, path)}?{name}={text}" for name in names for what, text in TEXTS.items()
    }
    for name in inner:
        asked |= {
            f"{name} {what}": address(server, path.replace(f"{{{name}}}", text)) for what, text in TEXTS.items() if text
        }
    for what, url in asked.items():
        answer = server.api.get(url)
        if answer.status_code >= 500 and answer.status_code != 501:
            failed[what] = (answer.status_code, answer.text[:200])

    assert failed == {}


@pytest.mark.parametrize("text", [DIGITS, "-1", "1e3", "٣", "²", "\x00", "x", "", " 7", "+7", "7_0"])
def test_b115_a_number_of_a_stream_is_a_number_or_none(text: str) -> None:
    from studio.scheduling.hub import Hub
    from studio.server.stream import EventStream

    stream = EventStream(Hub(), frozenset(), text)

    assert stream._last is None


@pytest.mark.parametrize("size", ["full", "256"])
def test_b115_a_folder_is_no_picture(server: ContractServer, size: str) -> None:
    home = server.app._app.state.studio.home  # type: ignore[attr-defined]
    folder = home.dataset(server.ids["dataset_id"]) / "media" / "inner"
    folder.mkdir(parents=True, exist_ok=True)
    (home.import_folder(server.ids["import_id"]) / "files" / "inner").mkdir(parents=True, exist_ok=True)

    for path in (f"/api/datasets/{server.ids['dataset_id']}/media", f"/api/imports/{server.ids['import_id']}/media"):
        query = {"path": "inner", "size": size} if "datasets" in path else {"path": "inner"}
        assert server.api.get(path, params=query).status_code == 404


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\uD800\\uDC00"', '"\\0"', '"\\x1b[2J"', "\ufffe", "1" + "0" * 5000])
@pytest.mark.parametrize("key", ["general.experiment_name", "training.epochs", "nonsense"])
def test_b114_letters_that_yaml_can_write_are_used_or_refused(server: ContractServer, key: str, text: str) -> None:
    section, _, name = key.partition(".")
    yaml = f"problem_type: text_regression\n{section}:\n  {name or 'x'}: {text}\n"

    answer = server.api.post("/api/settings/load", json={"yaml": yaml})

    assert answer.status_code in (200, 422), answer.text
    json.dumps(answer.json(), ensure_ascii=False).encode()
