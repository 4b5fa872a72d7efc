"""Adding a problem type is one new package and no edited file: a throw-away one appears everywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

SPEC = """
from dataclasses import replace
from typing import ClassVar
from studio.problems.contract import ModelType
from studio.problems.image_classification.spec import PROBLEM_TYPE as MODEL


class ThrowAwaySettings(MODEL.model_types[0].settings):
    problem_type: ClassVar[str] = "throw_away"


PROBLEM_TYPE = replace(
    MODEL,
    id="throw_away",
    title="Throw away",
    model_types=(ModelType(None, "Throw away", ThrowAwaySettings),),
    guess=lambda view: None,
)
"""


def environment(tmp_path: Path) -> dict[str, str]:
    package = tmp_path / "site" / "throw_away"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "spec.py").write_text(SPEC)
    info = tmp_path / "site" / "throw_away-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: throw-away\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[studio.problem_types]\nthrow_away = throw_away.spec:PROBLEM_TYPE\n")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "STUDIO_HOME": str(tmp_path / "home")}


def run(arguments: list[str], env: dict[str, str]) -> object:
    done = subprocess.run(
        [sys.executable, "-m", "studio.cli", *arguments, "--json"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_appears_in_registry_form_and_command_line(tmp_path: Path) -> None:
    env = environment(tmp_path)

    types = run(["problem-types"], env)
    schema = run(["schema", "throw_away"], env)

    assert "throw_away" in {one["id"] for one in types}  # type: ignore[attr-defined]
    assert schema["problem_type"] == "throw_away"  # type: ignore[index]
    assert "training.learning_rate" in {one["key"] for one in schema["settings"]}  # type: ignore[index]


def test_its_yaml_is_read(tmp_path: Path) -> None:
    env = environment(tmp_path)
    code = (
        "from studio.configuration.yaml_config import dump_config, load_config\n"
        "from studio.problems.registry import problem_type\n"
        "settings = problem_type('throw_away').model_types[0].settings()\n"
        "loaded = load_config(dump_config(settings))\n"
        "assert loaded.problem_type == 'throw_away' and not loaded.findings, loaded\n"
    )

    subprocess.run([sys.executable, "-c", code], env=env, check=True)
