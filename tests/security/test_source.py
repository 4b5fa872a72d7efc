"""B12, B24, B48, B49, B71 and B73, as far as the source itself must say it; and that every row has a test."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.problems.registry import problem_types
from tests.support.requirements import ATTACKS, ATTACKS_ON_WHAT_IS_NOT_BUILT, declared_attacks, declared_by_marker

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = sorted((REPOSITORY / "studio").rglob("*.py"))
SECRET_NAME = re.compile(r"token|secret|passw|csrf|signature|cookie|digest|credential|\bcode\b", re.IGNORECASE)
NEVER_IMPORTED = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "torch.load",
                "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle", "pd.read_pickle", "numpy.load"}  # fmt: skip
SAFE_LOADS = {"numpy.load": "allow_pickle=False", "torch.load": "weights_only=True"}


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            yield path.relative_to(REPOSITORY), node


def name_of(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute, empty for anything else."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            inner = name_of(node.value)
            return f"{inner or '?'}.{node.attr}"
    return ""


def test_every_required_row_has_a_test() -> None:
    assert sorted(set(ATTACKS) - declared_attacks() - declared_by_marker()) == []
    assert set(ATTACKS_ON_WHAT_IS_NOT_BUILT) <= {"B14", "B15", "B66", "B74", "B75"}


def test_b12_secrets_are_never_compared_with_equality() -> None:
    """In the server, where a caller can measure; digests of files elsewhere are no secrets."""
    found = []
    for path, node in nodes():
        if path.parts[1] != "server" or not isinstance(node, ast.Compare):
            continue
        if any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
            sides = [name_of(side).rpartition(".")[2] for side in (node.left, *node.comparators)]
            found += [f"{path}:{node.lineno}" for side in sides if side and SECRET_NAME.search(side)]

    assert [place for place in found if not is_harmless(place)] == []


def is_harmless(place: str) -> bool:
    """Exit codes and error codes are called codes, too."""
    path, _, line = place.rpartition(":")
    text = (REPOSITORY / path).read_text().splitlines()[int(line) - 1]
    return re.search(r"(return|exit|error|finding|one|event)?_?\.?code\b", text) is not None and "launch" not in text


FILES_ARE_SENT_BY = {"studio/server/downloads.py", "studio/server/web.py"}
PATHS_ARE_MADE_BY = {
    "studio/server/services/importing/imports.py": {"_import_of"},
    "studio/server/services/import_sources.py": {"inside", "open"},
    "studio/server/services/weights.py": {"_hub_cache"},
    "studio/server/config.py": {"default_home", "ServerConfig"},
    "studio/server/app.py": {"take_home"},
    "studio/server/development.py": None,
    "studio/server/serve.py": None,
}


def test_b24_only_one_resolver_opens_what_a_request_names() -> None:
    """Routes open nothing and make no path; a file is sent by two modules, both through the one resolver."""
    wrong = []
    for path in SOURCES:
        relative = path.relative_to(REPOSITORY).as_posix()
        if not relative.startswith("studio/server/"):
            continue
        for function, call in calls(ast.parse(path.read_text())):
            name = name_of(call.func)
            if name.endswith("FileResponse") and relative not in FILES_ARE_SENT_BY:
                wrong.append(f"{relative}: {function} sends a file")
            if relative.startswith("studio/server/routes/") and (name in ("open", "Path") or name.endswith(".open")):
                wrong.append(f"{relative}: {function} opens or names a file")
            allowed = PATHS_ARE_MADE_BY.get(relative, set())
            if name == "Path" and call.args and allowed is not None and function not in allowed:
                argument = ast.unparse(call.args[0])
                if argument != "__file__" and not argument.startswith("config."):
                    wrong.append(f"{relative}: {function} makes a path of {argument}")

    assert wrong == []


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the function or class around it."""
    owners: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            owners[child] = node.name if named else owners.get(node, "")  # type: ignore[union-attr]
        if isinstance(node, ast.Call):
            yield owners.get(node, ""), node


def test_b48_b50_b52_nothing_unpickles_evaluates_or_loads_unsafely() -> None:
    wrong = []
    for path, node in nodes():
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            wrong += [f"{path}: imports {name}" for name in names if name.partition(".")[0] in NEVER_IMPORTED]
        if isinstance(node, ast.Call):
            name = name_of(node.func).replace("np.", "numpy.")
            text = ast.unparse(node)
            if name in NEVER_CALLED and SAFE_LOADS.get(name, "\0") not in text:
                wrong.append(f"{path}:{node.lineno} calls {name}")
            if re.search(r"shell=True|trust_remote_code=True|allow_pickle=True|weights_only=False", text):
                wrong.append(f"{path}:{node.lineno}: {text[:80]}")

    assert wrong == []


def test_b49_no_setting_turns_code_of_others_on() -> None:
    """No key that a file or a request sends reaches a loader's switch for code: it is refused as unknown."""
    for kind in problem_types().values():
        for model in kind.model_types:
            assert not [key for key in model.settings.fields() if re.search(r"trust|remote|code(?!r)", key)], kind.id
            settings, findings = model.settings.parse({"architecture.trust_remote_code": True})
            assert [finding.path for finding in findings] == ["architecture.trust_remote_code"]
            assert settings is None or not hasattr(settings.architecture, "trust_remote_code")  # type: ignore[attr-defined]


def test_b71_the_page_loads_nothing_from_elsewhere() -> None:
    """Over everything that is served, if it is built: addresses are links to read, none is loaded."""
    web = REPOSITORY / "studio" / "web"
    if not (web / "index.html").is_file():
        pytest.skip("B71: the page is not built: make frontend")
    index = (web / "index.html").read_text()
    loaded = re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", index)
    scripts = "".join(path.read_text(errors="replace") for path in web.rglob("*.js"))
    imported = re.findall(
        r"""(?:import|importScripts|fetch|Worker|EventSource)\(\s*["'`](?:https?:)?//[^"'`]+""", scripts
    )
    hosts = set(re.findall(r"https?://([\w.-]+)", index + scripts))

    assert loaded == []
    assert imported == []
    assert hosts <= KNOWN_HOSTS, hosts - KNOWN_HOSTS


KNOWN_HOSTS = {
    "www.w3.org",
    "react.dev",
    "developer.mozilla.org",
    "reactrouter.com",
    "mantine.dev",
    "github.com",
    "localhost",
}
"""Links in messages of the libraries, and names of XML."""


READ_OUR_OWN_JSON = {
    "studio/json_text.py",  # the one reader with a stated depth
    "studio/scheduling/launcher.py", "studio/training/processes/launcher.py",  # server and launcher to each other
    "studio/server/home_lock.py", "studio/server/openapi.py", "studio/server/json_body.py",
    "studio/server/services/inference/online_inference.py", "studio/server/services/dataset_views.py",
    "studio/server/services/inference/previews.py",
    "studio/server/services/runs.py", "studio/server/services/secrets.py",  # what our workers wrote
    "studio/training/online_inference.py", "studio/training/processes/distributed.py",
    "studio/training/processes/handed_secrets.py",
    "studio/training/reporting/neptune_client.py", "studio/training/worker.py",  # processes of one run to each other
    "studio/settings/augmentation_arguments.py", "studio/modeling/input_cache.py", "studio/modeling/seeds.py",
    "studio/runs/events.py", "studio/commands/connection.py", "studio/modeling/text/sources/sources.py",
    "studio/modeling/hub_models/packaged_whisper.py",  # files with known hashes
}  # fmt: skip
"""Whoever reads files of others reads them with `parse_json` or `read_json`, or within the named reader."""


def test_b131_json_and_yaml_of_others_have_a_stated_depth() -> None:
    wrong = []
    for path, node in nodes():
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            if name in ("json.loads", "json.load") and path.as_posix() not in READ_OUR_OWN_JSON:
                wrong.append(f"{path}:{node.lineno} reads JSON of any depth")
            is_composed = re.fullmatch(r"yaml\.(safe_load|load|compose|parse|scan)(_all)?", name)
            if is_composed and path.as_posix() not in ("studio/settings/yaml_text.py", "studio/commands/options.py"):
                wrong.append(f"{path}:{node.lineno} reads YAML of any depth")

    assert wrong == []


def test_b132_every_interpreter_is_started_without_the_working_folder() -> None:
    """One module knows how to start Python; no other names the interpreter or hands a bare environment on."""
    naming = [path.as_posix() for path, node in nodes() if name_of(node) == "sys.executable"]  # type: ignore[arg-type]

    assert set(naming) == {"studio/interpreter.py"}
    starts = [
        (path, node)
        for path, node in nodes()
        if isinstance(node, ast.Call) and any("python_module(" in ast.unparse(argument) for argument in node.args)
    ]
    processes = [(path, node) for path, node in starts if re.search(r"Popen|run$|check_output", name_of(node.func))]
    assert len(processes) >= 4
    bare = [f"{path}:{node.lineno}" for path, node in processes if "env" not in {one.arg for one in node.keywords}]
    assert bare == []
