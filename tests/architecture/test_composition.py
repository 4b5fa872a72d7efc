"""What it costs to add a problem type that is an input and a task: a small folder, and nothing else."""

import importlib
import pickle
import re
from pathlib import Path

import pytest

from studio.modeling.composed_recipe import ComposedRecipe
from studio.problems.contract import ProblemType
from studio.problems.recipes import recipe_class
from studio.problems.registry import PARTS, problem_types

PROBLEMS = Path(__file__).resolve().parents[2] / "studio" / "problems"
MOST_LINES = 150
"""Non-blank lines of Python in the folder of a type that is an input and a task."""
COMPOSED = [kind for kind in problem_types().values() if issubclass(recipe_class(kind), ComposedRecipe)]


def lines_of(folder: Path) -> int:
    return sum(bool(line.strip()) for file in folder.rglob("*.py") for line in file.read_text().splitlines())


@pytest.mark.parametrize("kind", COMPOSED, ids=lambda kind: kind.id)
def test_a_type_that_is_an_input_and_a_task_is_small(kind: ProblemType) -> None:
    assert lines_of(PROBLEMS / kind.id) <= MOST_LINES


def test_most_types_are_an_input_and_a_task() -> None:
    assert {"image_classification", "image_regression", "image_metric_learning"} <= {kind.id for kind in COMPOSED}
    assert {"text_classification", "text_regression", "text_metric_learning"} <= {kind.id for kind in COMPOSED}


def test_inputs_know_no_labels_and_tasks_no_medium() -> None:
    """By their imports: an input names no task, a task no input; nor does the torch side."""
    wrong = [
        f"{file.relative_to(PROBLEMS)}: {line}"
        for part, other in (("inputs", "tasks"), ("tasks", "inputs"))
        for file in (PROBLEMS / part).glob("*.py")
        for line in file.read_text().splitlines()
        if re.match(rf"(from|import) studio\.problems\.{other}", line)
    ]
    modeling = PROBLEMS.parent / "modeling"
    for task in ("classification", "regression", "metric_learning"):
        for line in (modeling / task / "task.py").read_text().splitlines():
            if re.match(r"(from|import) studio\.modeling\.(images|text)", line):
                wrong.append(f"{task}: {line}")
    for file in (modeling / "images" / "image_input.py", modeling / "text" / "text_input.py"):
        for line in file.read_text().splitlines():
            if re.match(r"(from|import) studio\.modeling\.(classification|regression|metric_learning)", line):
                wrong.append(f"{file.name}: {line}")

    assert wrong == []


def test_no_other_file_names_the_types_that_came_with_composition() -> None:
    """They are found by the registry, and so are files of another tool that are theirs."""
    known: set[str] = set()
    root = PROBLEMS.parent
    named = {
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        if file.parent.name not in ("image_regression", "image_metric_learning")
        and re.search(r"image_(regression|metric_learning)\b", file.read_text())
    }

    assert named <= known


@pytest.mark.parametrize("kind", problem_types().values(), ids=lambda kind: kind.id)
def test_settings_reach_a_process_that_is_no_fork(kind: ProblemType) -> None:
    """Data workers of GPUs start anew; composed classes stand in no module, so they travel by the problem type."""
    for model in kind.model_types:
        settings = model.settings()
        assert pickle.loads(pickle.dumps(settings)) == settings


def test_parts_are_packages_without_a_spec() -> None:
    for name in PARTS:
        importlib.import_module(f"studio.problems.{name}")
        assert not (PROBLEMS / name / "spec.py").exists()
