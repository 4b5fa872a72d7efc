"""Long lists: what they hold is in the page wherever it is scrolled to, by wheel and by keys, and can be found."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import RunState
from studio.store import tables
from studio.store.home import Home
from studio.store.predictions import PredictionRow
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.browser.accessibility import come_to_rest, settle
from tests.browser.conftest import Server

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SIZES = {"eighty": 80, "just-over": 95, "hundreds": 300, "many": 10_000}
OTHERS = 120
TRAINED = 60
RUNNING = [f"exp-eighty-{number:05}" for number in range(3)]
LOG_LINES = 6_000
BLANK = """() => {
  const table = document.querySelector('table').getBoundingClientRect();
  const blank = [];
  for (let y = Math.max(table.top + 60, 80); y < Math.min(table.bottom, innerHeight) - 4; y += 26) {
    const row = document.elementFromPoint(table.left + 120, y)?.closest('tr[data-row]');
    if (row === null || row === undefined || row.innerText.trim() === '') blank.push(Math.round(y));
  }
  return blank;
}"""
CUT_CELLS = """() => [...document.querySelectorAll('td [data-tone], td [data-tone] ~ span, td .number')]
  .filter(cell => cell.getBoundingClientRect().right > cell.closest('td').getBoundingClientRect().right - 11)
  .map(cell => cell.innerText)"""
ROW_BOXES = "() => [...document.querySelectorAll('tr[data-row]')].map(row => row.getBoundingClientRect())"
NUMBER_COLUMNS = """() => {
  const right = element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect().right;
  };
  const title = head => head.querySelector('button')?.firstChild ?? head.firstChild;
  return [...document.querySelectorAll('th[data-number]')].filter(head => head.offsetWidth > 0).map(head => {
    const cell = document.querySelector(`tr[data-row] td:nth-child(${head.cellIndex + 1})`);
    return { name: head.innerText, header: right(title(head)), value: right(cell) };
  });
}"""


@pytest.fixture(scope="module")
def long_home(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a home in which there is a lot of everything."""
    home = Home.create(tmp_path_factory.mktemp("long") / "home")
    store = Store.open(home)
    _fill(store)
    store.close()
    server = Server(home.path)
    server.start()
    try:
        context = chromium.new_context()
        server.sign_in(context)
        context.close()
        server.example("text_classification")
        yield server
    finally:
        server.stop()


def _fill(store: Store) -> None:
    experiments = [
        {
            "id": f"exp-{group}-{number:05}",
            "name": f"{group} {number:05}",
            "problem_type": "text_classification",
            "model_type": None,
            "dataset_id": None,
            "settings": {},
            "grid": {},
            "document_version": 1,
            "fingerprint": "",
            "colour": number % 8,
            # The first ones are the oldest, so that a list of the newest does not have them.
            "created": 1.7e9 + number,
            "metric": "LogLoss",
            "metric_label": "Log loss",
            "direction": "minimize",
            "state": "finished",
            "started": 1.7e9 + number,
            "ended": 1.7e9 + number + 60 + number % 7,
            "progress": 1.0,
            "best": 1 / (1 + number),
        }
        for group, size in SIZES.items()
        for number in range(size)
    ]
    with store.database.write() as connection:
        connection.execute(insert(tables.experiment), experiments)
        _distinguish(connection)
        for number in range(OTHERS):
            connection.execute(
                insert(tables.dataset).values(
                    id=f"data-{number:03}",
                    name=f"set {number:03}",
                    problem_type="text_classification",
                    state="failed",
                    created=1.7e9 + number,
                )
            )
            _predict(store, number)
        for number in range(TRAINED):
            _train(store, f"run-{number:05}", f"exp-hundreds-{number:05}")
        _train(store, "run-log", "exp-many-00000")
        lines = [
            {"run_id": "run-log", "n": n, "time": 1.7e9 + n, "level": "info", "text": f"line number {n}"}
            for n in range(1, LOG_LINES + 1)
        ]
        connection.execute(insert(tables.log_line), lines)


def _distinguish(connection: Connection) -> None:
    """Give a few rows what the others do not have: notes, a tag, and hours left."""
    rows = update(tables.experiment)
    connection.execute(rows.where(tables.experiment.c.id == "exp-eighty-00005").values(notes="Warm-up as in the paper"))
    connection.execute(insert(tables.experiment_tag).values(tag="baseline", experiment_id="exp-eighty-00007"))
    going = {"state": "running", "ended": None, "progress": 0.43, "seconds_left": 4_321.0}
    connection.execute(rows.where(tables.experiment.c.id.in_(RUNNING)).values(going))


def _predict(store: Store, number: int) -> None:
    id = f"pred-{number:03}"
    spec = RunSpec(kind=WorkerKind.PREDICT, run_id=id, problem_type="text_classification")
    store.runs.insert(
        RunRow(id=id, kind=WorkerKind.PREDICT, spec=spec, created=1.7e9 + number, state=RunState.FINISHED)
    )
    store.predictions.insert(
        PredictionRow(
            id=id,
            name=f"prediction {number:03}",
            problem_type="text_classification",
            experiment_id="exp-many-00000",
            experiment_name="many 00000",
            model_run_id="run-log",
            dataset_id=None,
            dataset_name=None,
            table_name="new.csv",
            created=1.7e9 + number,
        )
    )


def _train(store: Store, run: str, experiment: str) -> None:
    spec = RunSpec(run_id=run, problem_type="text_classification")
    store.runs.insert(
        RunRow(
            run,
            WorkerKind.TRAIN,
            spec,
            1.7e9,
            experiment_id=experiment,
            started=1.7e9,
            ended=1.7e9 + 60,
            best={"metric": 1.0},
            state=RunState.FINISHED,
        )
    )


@pytest.fixture
def open_long(long_home: Server, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages of the long home."""
    contexts, problems = [], []

    def make(path: str, **size: int) -> Any:
        context = chromium.new_context(
            storage_state=long_home.state, viewport={"width": 1440, "height": 900, **size}, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(long_home.url + path)
        page.locator("h1").first.wait_for()
        return page

    yield make
    for context in contexts:
        context.close()
    assert problems == []


def rows(page: Any) -> Any:
    return page.locator("tr[data-row]")


def scroll_to(page: Any, part: float) -> None:
    """Turn the wheel, as a hand does, until that part of the page is reached."""
    page.mouse.move(700, 500)
    for _ in range(12):
        step = page.evaluate(
            "part => part * (document.documentElement.scrollHeight - innerHeight) - Math.round(scrollY)", part
        )
        if abs(step) < 2:
            break
        page.mouse.wheel(0, step)
        come_to_rest(page)
    expect(page.locator("tr[data-loading]")).to_have_count(0)
    settle(page)


@pytest.mark.parametrize("group", SIZES)
def test_no_part_of_the_experiment_list_is_blank(group: str, open_long: Callable[..., Any]) -> None:
    size = SIZES[group]
    page = open_long(f"/experiments?q={group}")
    expect(page.get_by_role("status").filter(has_text=re.compile(f"^{size:,} experiments$"))).to_be_visible()

    for part in (0, 0.2, 0.5, 0.8, 1):
        scroll_to(page, part)
        assert page.evaluate(BLANK) == [], f"blank at {part:.0%} of {size}"

    assert page.evaluate("document.querySelector('table').clientHeight") > 40 * size
    expect(rows(page).last).to_contain_text(f"{group} 00000")
    expect(rows(page).last).to_be_in_viewport()
    expect(rows(page).last).to_have_attribute("aria-rowindex", str(size + 1))
    scroll_to(page, 0)
    expect(rows(page).first).to_contain_text(f"{group} {size - 1:05}")


@pytest.mark.parametrize("width", [1440, 390])
def test_keys_move_through_a_long_list(width: int, open_long: Callable[..., Any]) -> None:
    page = open_long("/experiments?q=hundreds", width=width)
    rows(page).first.wait_for()

    for _ in range(60):
        page.keyboard.press("j")
    expect(page.get_by_role("link", name="hundreds 00240")).to_be_focused()
    expect(page.get_by_role("link", name="hundreds 00240")).to_be_in_viewport()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="hundreds 00241")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="hundreds 00000")).to_be_in_viewport()
    settle(page)
    assert page.evaluate(BLANK) == []
    page.keyboard.press("PageUp")
    settle(page)
    assert page.evaluate(BLANK) == []
    page.keyboard.press("Home")
    expect(page.get_by_role("link", name="hundreds 00299")).to_be_in_viewport()


def test_a_column_sorts_the_whole_list_and_not_only_what_was_loaded(open_long: Callable[..., Any]) -> None:
    page = open_long("/experiments?q=many")
    for title, first in (("Best", "many 00000"), ("Name", "many 09999"), ("Duration", "66.0 s|1 min 6 s|1m 6s")):
        page.get_by_role("columnheader", name=title).get_by_role("button").click()
        expect(rows(page).first).to_contain_text(re.compile(first))
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(rows(page).first).to_contain_text("many 00000")


def test_a_search_finds_tags_and_notes_too(open_long: Callable[..., Any]) -> None:
    page = open_long("/experiments")
    search = page.get_by_role("textbox", name="Search experiments")

    for text, found in (("BASELINE", "eighty 00007"), ("as in the paper", "eighty 00005")):
        search.fill(text)
        expect(page.get_by_role("status").filter(has_text="1 experiment")).to_be_visible()
        expect(rows(page)).to_contain_text(found)

    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search everything").fill("baseline")
    expect(page.get_by_role("option", name=re.compile("eighty 00007"))).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_status_cells_are_one_line_and_headers_end_where_their_numbers_do(
    width: int, open_long: Callable[..., Any]
) -> None:
    page = open_long("/experiments?q=eighty&status=running", width=width)
    rows(page).first.wait_for()

    assert page.evaluate(CUT_CELLS) == []
    assert {row["height"] for row in page.evaluate(ROW_BOXES)} == {53}
    for title in page.evaluate(NUMBER_COLUMNS):
        assert abs(title["header"] - title["value"]) < 2, title


@pytest.mark.parametrize(("path", "first"), [("/datasets", "set 000"), ("/predictions", "prediction 000")])
def test_no_part_of_the_other_lists_is_blank(path: str, first: str, open_long: Callable[..., Any]) -> None:
    page = open_long(path)
    rows(page).first.wait_for()

    for part in (0.5, 1):
        scroll_to(page, part)
        assert page.evaluate(BLANK) == []

    expect(rows(page).last).to_contain_text(first)
    expect(rows(page).last).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/predictions/new", "/experiments/new?category=from_experiment"])
def test_the_oldest_of_ten_thousand_experiments_can_be_chosen(path: str, open_long: Callable[..., Any]) -> None:
    page = open_long(path)

    field = page.get_by_role("combobox", name="Experiment", exact=True)
    field.click()
    expect(page.get_by_role("option").last).to_have_text(re.compile("[0-9,]+ more: type to search"))
    field.fill("many 00000")
    page.get_by_role("option", name=re.compile("^many 00000")).click()

    expect(field).to_have_value(re.compile("^many 00000"))
    assert "exp-many-00000" in page.url


def test_a_long_log_shows_its_end_and_gives_what_is_before(open_long: Callable[..., Any]) -> None:
    page = open_long("/experiments/exp-many-00000/logs")

    expect(page.get_by_text(f"line number {LOG_LINES}", exact=True)).to_be_visible()
    expect(page.get_by_text(f"The last 5,000 of {LOG_LINES:,} lines")).to_be_visible()
    page.get_by_role("button", name="Show earlier lines").click()
    expect(page.get_by_text("line number 1000", exact=True)).to_be_visible()
    page.get_by_role("log").evaluate("log => log.scrollTo(0, 0)")

    expect(page.get_by_text("line number 1", exact=True)).to_be_visible()
