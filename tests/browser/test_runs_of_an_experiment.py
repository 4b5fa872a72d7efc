"""An experiment of several runs: the best one is shown, used and named, and another one can be chosen."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import RunState
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.browser.conftest import Server

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

RUNS = [("finished", 0.5), ("failed", 0.1), ("finished", 0.2), ("finished", 0.3)]


@pytest.fixture(scope="module")
def grid(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A home with an experiment of four runs; the third is the best that finished."""
    home = Home.create(tmp_path_factory.mktemp("grid") / "home")
    store = Store.open(home)
    fields = ("exp-1", "grid", "text_classification", None, None, {}, {}, 1, "", 0, 1.7e9)
    store.experiments.insert(ExperimentRow(*fields, "LogLoss", "Log loss", "minimize"))
    for number, (state, loss) in enumerate(RUNS):
        id = f"run-{number + 1}"
        spec = RunSpec(run_id=id, problem_type="text_classification")
        row = RunRow(id, WorkerKind.TRAIN, spec, 1.7e9, experiment_id="exp-1", number=number, state=RunState(state))
        rate = {"training.learning_rate": 10 ** -(number + 1)}
        store.runs.insert(RunRow(**{**vars(row), "best": {"metric": loss}, "grid": rate, "started": 1.7e9}))
        folder = home.path / "runs" / id
        (folder / "bundle").mkdir(parents=True)
        (folder / "bundle" / "bundle.json").write_text("{}")
        (folder / "pipeline.zip").write_bytes(id.encode())
    store.close()
    server = Server(home.path)
    server.start()
    try:
        context = chromium.new_context()
        server.sign_in(context)
        context.close()
        yield server
    finally:
        server.stop()


@pytest.fixture
def page(grid: Server, chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(storage_state=grid.state, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{grid.url}/experiments/exp-1")
    page.get_by_role("heading", name="grid").wait_for()
    yield page
    context.close()


def chosen(page: Any) -> Any:
    return page.get_by_role("combobox", name="Run", exact=True)


def choose(page: Any, number: int) -> None:
    chosen(page).click()
    page.get_by_role("option", name=re.compile(f"^{number} ·")).click()


def test_the_page_opens_with_the_best_run_and_says_so(page: Any) -> None:
    expect(chosen(page)).to_have_value(re.compile("^3 · learning rate 0.001 · finished · 0.2000 · best$"))
    expect(page.get_by_text("0.2000 Log loss, run 3")).to_be_visible()
    expect(page.get_by_role("link", name="Download pipeline of run 3")).to_have_attribute(
        "href", re.compile("/runs/run-3/files/pipeline.zip$")
    )


def test_another_run_is_used_once_it_is_chosen_and_a_failed_one_never_is(page: Any) -> None:
    choose(page, 4)
    expect(page.get_by_role("link", name="Download pipeline of run 4")).to_be_visible()
    choose(page, 2)

    expect(page.get_by_role("link", name="Predict with run 3")).to_be_visible()
    page.get_by_role("button", name="Show best run (3)").click()
    expect(chosen(page)).to_have_value(re.compile("^3 ·"))


def test_the_chosen_run_stays_chosen_from_tab_to_tab(page: Any) -> None:
    choose(page, 2)
    page.get_by_role("link", name="Logs", exact=True).click()
    expect(chosen(page)).to_have_value(re.compile("^2 ·"))
    page.keyboard.press("2")

    page.wait_for_url("**/summary?run=run-2")
    expect(chosen(page)).to_have_value(re.compile("^2 ·"))


def test_predict_takes_the_run_along_and_offers_the_others(page: Any) -> None:
    choose(page, 1)
    page.get_by_role("link", name="Predict with run 1").click()
    page.get_by_role("heading", name="New prediction").wait_for()  # the page before has a list of the same name

    expect(chosen(page)).to_have_value(re.compile("^1 ·"))
    chosen(page).click()
    expect(page.get_by_role("option")).to_have_text([re.compile("^1 ·"), re.compile("^3 ·.*best$"), re.compile("^4 ·")])
    page.get_by_role("option", name=re.compile("^4 ·")).click()
    assert "run=run-4" in page.url


def test_a_new_prediction_begins_with_the_best_run(page: Any, grid: Server) -> None:
    page.goto(f"{grid.url}/predictions/new")

    expect(chosen(page)).to_have_value(re.compile("^3 ·.*best$"))
