"""Texts in the browser, for every type: from the example to the pipeline, by hand, and what the pages show."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from studio.problems.registry import problem_type
from tests.browser.accessibility import come_to_rest, settle, violations

SCRATCH = "scratch/bert-mini"
BACKBONES = {"text_sequence_to_sequence": "scratch/t5-mini"}
KINDS = (
    "text_classification",
    "text_regression",
    "text_metric_learning",
    "text_token_classification",
    "text_span_prediction",
    "text_sequence_to_sequence",
)
REPRESENTATIVE = ("text_classification", "text_span_prediction")
"""Driven by hand with every change; `make figures` drives the others."""
SCREENS = {
    "light": {"color_scheme": "light"},
    "dark and narrow": {"color_scheme": "dark", "width": 390, "height": 800},
}
TRAP = "\U0001f44d <img src=x onerror=alert(1)> {{7*7}} <script>alert(2)</script>"

Trained = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    """Finished experiments by problem type."""
    return {}


@pytest.fixture
def trained(server: Any, made: dict[str, dict[str, Any]]) -> Trained:
    """A finished experiment of a type: that of the journey, or one started beside the pages."""

    def find(kind: str) -> dict[str, Any]:
        if kind not in made:
            dataset = server.call("POST", f"/api/examples/{kind}", {})
            dataset = server.wait(f"/api/datasets/{dataset['id']}", lambda one: one["state"] in ("ready", "failed"))
            small = {"architecture__backbone": BACKBONES.get(kind, SCRATCH), "training__epochs": 1}
            made[kind] = server.ended(server.experiment(dataset, f"beside {kind}", **small))
        assert made[kind]["state"] == "finished", made[kind]["runs"]
        return made[kind]

    return find


def ask(page: Any, text: str) -> Any:
    """Type a text into every input, ask the model, and give the latest answer."""
    form = page.locator("form").filter(has=page.get_by_role("button", name="Predict", exact=True))
    form.get_by_role("textbox").first.wait_for()
    for box in form.get_by_role("textbox").all():
        box.fill(text)
    count = page.get_by_role("region", name="Result", exact=True).count()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("region", name="Result", exact=True)).to_have_count(count + 1, timeout=60_000)
    return page.get_by_role("region", name="Result", exact=True).first


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind in REPRESENTATIVE else pytest.mark.figures) for kind in KINDS]
)
def test_from_the_example_to_the_pipeline(
    kind: str, open_page: Callable[..., Any], server: Any, made: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    page = open_page("/welcome")
    page.get_by_role("button", name=f"Train on {problem_type(kind).example_title.lower()}").click()
    page.wait_for_url("**/experiments/new?dataset=*", timeout=60_000)
    page.get_by_label("Backbone", exact=True).fill(BACKBONES.get(kind, SCRATCH))
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Experiment name", exact=True).fill(kind)
    page.get_by_role("button", name="Start experiment").click()
    page.wait_for_url("**/charts", timeout=30_000)
    id = page.url.split("/experiments/")[1].split("/")[0]
    ended = server.ended({"id": id})
    assert ended["state"] == "finished", ended["runs"][0]["error"]
    made[kind] = ended
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=10_000)
    expect(page.locator("figure").first).to_be_visible()

    page.get_by_role("link", name="Insights").or_(page.get_by_role("tab", name="Insights")).first.click()
    expect(page.get_by_role("heading", name="Worst samples").first).to_be_visible()

    page.goto(f"{server.url}/experiments/{id}/samples")
    card = page.locator("[data-sample]").first
    card.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 of")).to_be_visible()
    expect(dialog.get_by_role("button", name="Next sample")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_text("2 of")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    page.goto(f"{server.url}/predictions/new?experiment={id}")
    expect(ask(page, TRAP)).to_contain_text("onerror")
    assert page.locator("img[src='x']").count() == 0

    page.goto(f"{server.url}/experiments/{id}/files")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download pipeline").or_(
            page.get_by_role("link", name="Download pipeline")
        ).first.click()
    download.value.save_as(tmp_path / "pipeline.zip")
    with zipfile.ZipFile(tmp_path / "pipeline.zip") as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {"bundle.json", "model.safetensors", "tokenizer.json", "score.py", "expected.json"} <= names


@pytest.mark.parametrize("screen", SCREENS)
def test_pages_of_texts_have_no_violation_and_no_sideways_scrolling(
    screen: str, open_page: Callable[..., Any], trained: Trained
) -> None:
    found, wide = {}, []
    for kind, paths in {
        "text_token_classification": ("samples", "insights"),
        "text_metric_learning": ("samples?sample=", "insights/validation-embedding-map"),
    }.items():
        experiment = trained(kind)
        dataset = experiment["dataset"]["id"]
        addresses = [f"/experiments/{experiment['id']}/{path}" for path in paths]
        for path in (*addresses, f"/datasets/{dataset}/overview", f"/predictions/new?experiment={experiment['id']}"):
            page = open_page(path, **SCREENS[screen])
            settle(page)
            if path.endswith("/samples"):
                page.locator("[data-sample]").first.click()
                page.get_by_role("dialog").wait_for()
                come_to_rest(page)
            if problems := violations(page):
                found[path] = problems
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(path)
            page.close()

    assert found == {}
    assert wide == []


def test_words_are_tinted_on_demand_for_and_against(open_page: Callable[..., Any], trained: Trained) -> None:
    page = open_page(f"/experiments/{trained('text_classification')['id']}/samples?split=test")
    page.locator("[data-sample]").first.click()
    dialog = page.get_by_role("dialog")
    assert dialog.locator("[data-weight]").count() == 0

    dialog.get_by_label("Explanation: integrated gradients").check(force=True)

    expect(dialog.locator("section [data-weight]").first).to_be_attached(timeout=60_000)
    expect(dialog.get_by_text("against the prediction")).to_be_visible()
    dialog.get_by_label("Explanation: integrated gradients").uncheck(force=True)
    expect(dialog.locator("section [data-weight]")).to_have_count(0)


def test_several_lines_are_several_answers(open_page: Callable[..., Any], trained: Trained) -> None:
    page = open_page(f"/predictions/new?experiment={trained('text_classification')['id']}")
    page.get_by_role("textbox", name="Text").fill("play jazz\n\nbook a train to oslo\n")
    page.get_by_label("Each line is a separate text").check(force=True)

    page.get_by_role("button", name="Predict", exact=True).click()

    answers = page.get_by_role("region", name="Result", exact=True)
    expect(answers).to_have_count(2, timeout=60_000)
    expect(answers.first).to_contain_text("book a train to oslo")
    expect(answers.last).to_contain_text("play jazz")


def test_a_point_of_the_map_says_its_text_and_opens_its_sample(open_page: Callable[..., Any], trained: Trained) -> None:
    page = open_page(f"/experiments/{trained('text_metric_learning')['id']}/insights/validation-embedding-map")
    plot = page.get_by_role("group", name="Embedding map")
    plot.focus()
    page.keyboard.press("ArrowRight")
    told = plot.get_by_role("status")
    expect(told).to_contain_text("Row ")
    title = told.locator("[dir=auto]").inner_text()
    assert title

    page.keyboard.press("Enter")

    page.wait_for_url("**/samples?**sample=*")
    expect(page.get_by_role("dialog").get_by_label("text", exact=True)).to_contain_text(title)
    expect(page.get_by_role("dialog").get_by_text("Nearest neighbours")).to_be_visible()


def test_trying_says_how_many_rows_are_cut_before_anything_is_trained(
    open_page: Callable[..., Any], trained: Trained
) -> None:
    page = open_page(f"/experiments/new?dataset={trained('text_classification')['dataset']['id']}")
    page.get_by_label("Backbone", exact=True).fill(SCRATCH)
    page.get_by_label("Max length", exact=True).fill("8")

    page.get_by_role("button", name="Preview on real rows").click()

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("are longer than the model's maximum: they are truncated")).to_be_visible(timeout=60_000)
    expect(dialog.get_by_text("8 tokens").first).to_be_visible()


def test_a_table_of_texts_is_uploaded_checked_and_predicted(
    open_page: Callable[..., Any], server: Any, trained: Trained, tmp_path: Path
) -> None:
    table = tmp_path / "new.csv"
    table.write_text(f'text,source\n"{TRAP}",a\nbook a train to oslo,b\nNone,c\n')
    page = open_page(f"/predictions/new?experiment={trained('text_classification')['id']}&with=file")

    page.get_by_label("File to predict on").set_input_files(table)

    page.wait_for_url("**/predictions/*", timeout=60_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=120_000)
    cards = page.locator("[data-sample]")
    expect(cards).to_have_count(3, timeout=20_000)
    expect(cards.nth(0)).to_contain_text("<script>alert(2)</script>")
    expect(cards.nth(2)).to_contain_text("None")


def test_the_wizard_shows_texts_and_takes_several_columns(open_page: Callable[..., Any], tmp_path: Path) -> None:
    rows = "".join(
        f"a subject number {n},the long body of mail number {n} about {kind},{kind}\n"
        for n in range(30)
        for kind in ("work", "home")
    )
    table = tmp_path / "mails.csv"
    table.write_text(f"subject,body,kind\n{rows}")
    page = open_page("/datasets/import")
    page.get_by_label("Dataset file").set_input_files(table)
    expect(page.get_by_role("heading", name="First samples")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Continue to columns").click()

    page.get_by_label("Text column").click()
    page.get_by_role("option", name="subject").or_(page.get_by_role("option", name="body")).first.click()

    page.keyboard.press("Escape")
    samples = page.get_by_role("region", name="As the model will see it").or_(
        page.locator("section").filter(has=page.get_by_role("heading", name="As the model will see it"))
    )
    expect(samples.get_by_text("a subject number 0").first).to_be_visible(timeout=30_000)
    expect(samples.get_by_text("the long body of mail number 0 about work").first).to_be_visible()
