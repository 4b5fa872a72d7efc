import pytest

from studio.problems.registry import problem_type
from studio.runs.plan import plan
from studio.settings.finding import SettingsError
from studio.settings.grid import grid_findings, grid_points

ImageClassificationSettings = problem_type("image_classification").model_types[0].settings

SETTINGS = ImageClassificationSettings()


def test_a_grid_is_the_product_of_its_values() -> None:
    points = grid_points(SETTINGS, {"training.learning_rate": [1e-4, 1e-3], "training.epochs": [1, 2, 3]})

    assert len(points) == 6
    assert {chosen["training.epochs"] for _, chosen in points} == {1, 2, 3}


def test_hidden_settings_do_not_multiply_grid_points() -> None:
    grid = {"training.loss_function": ["BCE", "Focal"], "training.focal_gamma": [1.0, 2.0, 4.0]}

    points = grid_points(SETTINGS, grid)

    assert len(points) == 1 + 3


def test_no_grid_is_one_point() -> None:
    assert grid_points(SETTINGS, {}) == [(SETTINGS, {})]


def test_too_many_points_are_refused_with_the_count() -> None:
    findings = grid_findings(
        SETTINGS, {"training.batch_size": list(range(1, 1001)), "training.epochs": list(range(1, 1001))}
    )

    assert findings[-1].found == "1,000,000"


def test_a_bad_grid_value_is_refused() -> None:
    with pytest.raises(SettingsError):
        grid_points(SETTINGS, {"training.learning_rate": [1e-4, -1.0]})


def test_plan_is_grid_times_folds_times_seeds() -> None:
    settings = SETTINGS.replaced(
        {"dataset.selected_folds": ["0", "1", "2"], "environment.number_of_seeds_per_run": 2, "environment.seed": 7}
    )

    runs = plan(grid_points(settings, {"training.learning_rate": [1e-4, 1e-3]}))

    assert len({run.key for run in runs}) == 2 * 3 * 2
    assert {run.seed for run in runs} == {7, 8}


def test_custom_holdout_validation_has_no_folds() -> None:
    settings = SETTINGS.replaced({"dataset.validation_strategy": "custom", "dataset.selected_folds": ["0", "1"]})

    assert [run.fold for run in plan(grid_points(settings, {}))] == [None]
