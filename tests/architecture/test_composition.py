"""What it costs to add a problem type that is an input and a task: a small folder, and nothing else."""

import importlib
import inspect
import pickle
import re
from pathlib import Path

import pytest

from studio.modeling.composed_recipe import ComposedRecipe
from studio.problems.composition import ModelSpec, settings_of
from studio.problems.contract import ProblemType
from studio.problems.inputs.image import IMAGE
from studio.problems.recipes import recipe_class
from studio.problems.registry import PARTS, problem_types
from studio.problems.tasks.generation import GENERATION

PROBLEMS = Path(__file__).resolve().parents[2] / "studio" / "problems"
MOST_LINES = 150
"""Non-blank lines of Python in the folder of a type that is an input and a task."""
REACHED = {
    "image_object_detection": 385,
    "text_sequence_to_sequence": 100,
    "text_span_prediction": 95,
    "text_token_classification": 95,
}
"""The same of types that had a recipe and settings of their own; detection has three kinds of model. A number is
lowered where a folder shrinks, and never raised."""
COMPOSED = [kind for kind in problem_types().values() if issubclass(recipe_class(kind), ComposedRecipe)]


def lines_of(folder: Path) -> int:
    return sum(bool(line.strip()) for file in folder.rglob("*.py") for line in file.read_text().splitlines())


@pytest.mark.parametrize("kind", COMPOSED, ids=lambda kind: kind.id)
def test_a_type_that_is_an_input_and_a_task_is_small(kind: ProblemType) -> None:
    assert lines_of(PROBLEMS / kind.id) <= REACHED.get(kind.id, MOST_LINES)


def test_every_type_is_an_input_and_a_task() -> None:
    own = [kind for kind in problem_types().values() if kind.recipe.startswith("studio.problems.")]

    assert [kind.id for kind in own if kind not in COMPOSED] == []


def test_only_shared_parts_declare_whole_settings() -> None:
    """Settings are composed: a folder adds sections of its own, no skeleton of a schema."""
    bodies = [
        file.relative_to(PROBLEMS).as_posix()
        for file in PROBLEMS.rglob("*.py")
        if re.search(r"^class \w+\(.*SettingsSchema\)", file.read_text(), re.MULTILINE)
    ]

    assert bodies == []


def test_settings_for_a_section_that_the_input_does_not_bring_are_refused() -> None:
    with pytest.raises(TypeError, match="image_captions has no section tokenizer"):
        settings_of("image_captions", IMAGE, GENERATION, {}, ModelSpec())


@pytest.mark.parametrize("kind", COMPOSED, ids=lambda kind: kind.id)
def test_a_recipe_is_the_names_of_its_parts(kind: ProblemType) -> None:
    """What a network is, how it learns and answers, stands beside the task, where other inputs can import it."""
    recipe = recipe_class(kind)

    assert {name for name, value in vars(recipe).items() if inspect.isfunction(value)} == set()


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
    tasks, inputs = sorted(modeling.rglob("task.py")), sorted(modeling.rglob("*_input.py"))
    for files, forbidden in (
        (tasks, r"studio\.modeling\.(images|text)\.(?!tokens)|.*_input\b"),
        (inputs, r"studio\.modeling\.\w+\.(task|recipe|metrics|insights|losses)\b"),
    ):
        for file in files:
            for line in file.read_text().splitlines():
                if re.match(rf"(from|import) ({forbidden})", line):
                    wrong.append(f"{file.relative_to(modeling)}: {line}")

    assert len(tasks) >= 7
    assert len(inputs) >= 6
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
