"""The two sentences that matter, in a fresh interpreter; import-linter holds the rest (see pyproject.toml)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def modules_after(statements: str) -> set[str]:
    code = f"{statements}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()}


def test_importing_the_server_and_every_spec_does_not_load_torch() -> None:
    loaded = modules_after(
        "import studio.server.studio, studio.server.openapi, studio.cli\n"
        "from studio.problems.registry import problem_types\n"
        "from studio.configuration.document import settings_document\n"
        "from studio.settings.choices import ChoiceContext\n"
        "[settings_document(kind, None, ChoiceContext()) for kind in problem_types().values()]"
    )

    assert loaded & {"torch", "timm", "torchvision", "effdet", "albumentations", "cv2", "sklearn"} == set()


def test_loading_a_scoring_pipeline_does_not_load_the_server_or_a_database() -> None:
    loaded = modules_after(
        "import studio.scoring.predictor\n"
        "from studio.problems.registry import problem_types\n"
        "import importlib\n"
        "[importlib.import_module(kind.recipe.split(':')[0]) for kind in problem_types().values()]"
    )

    assert loaded & {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic"} == set()


def test_scanning_an_upload_loads_neither_torch_nor_the_server() -> None:
    loaded = modules_after("import studio.importing.scan, studio.importing.inspection_order")

    assert loaded & {"torch", "fastapi", "sqlalchemy", "cv2"} == set()


@pytest.mark.parametrize("module", ["studio", "studio.errors", "studio.settings.schema"])
def test_light_modules_are_light(module: str) -> None:
    assert "pandas" not in modules_after(f"import {module}")


def test_problem_folders_do_not_import_each_other() -> None:
    folders = [path for path in (ROOT / "studio" / "problems").iterdir() if (path / "spec.py").exists()]
    found = [
        f"{file.relative_to(ROOT)} imports {other.name}"
        for folder in folders
        for file in folder.rglob("*.py")
        for other in folders
        if other != folder and f"studio.problems.{other.name}" in file.read_text()
    ]

    assert len(folders) >= 2
    assert found == []
