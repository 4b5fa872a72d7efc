"""Samples of images with similar images, and with numbers: on cards, large, and answered at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessibility import AXE, settle, violations
from tests.browser.conftest import Server

expect = pytest.importorskip("playwright.sync_api").expect
SMALL = {
    "image__image_width": 48,
    "image__image_height": 48,
    "training__epochs": 1,
    "training__build_scoring_pipelines": False,
}
MINUS = "\N{MINUS SIGN}"
SIMILAR, NUMBERS = "image_metric_learning", "image_regression"


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, dict[str, Any]]:
    """A finished experiment of each problem type on its example."""
    made = {kind: server.call("POST", f"/api/examples/{kind}", {}) for kind in (SIMILAR, NUMBERS)}
    started = {}
    for kind, one in made.items():
        dataset = server.wait(f"/api/datasets/{one['id']}", lambda answer: answer["state"] == "ready")
        started[kind] = server.experiment(dataset, f"samples of {kind}", **SMALL)
    ended = {kind: server.ended(one) for kind, one in started.items()}
    assert {one["state"] for one in ended.values()} == {"finished"}
    return ended


@pytest.fixture(scope="module")
def picture(server: Server, finished: dict[str, dict[str, Any]]) -> Callable[[str], Path]:
    """An image of the test table of a problem type."""

    def find(kind: str) -> Path:
        dataset = finished[kind]["dataset"]["id"]
        return next((server.home / "datasets").glob(f"{dataset}*/media/images/test_003.png"))

    return find


def test_an_image_is_shown_with_its_three_most_similar_images(
    open_page: Callable[..., Any], finished: dict[str, dict[str, Any]]
) -> None:
    page = open_page(f"/experiments/{finished[SIMILAR]['id']}/samples")
    card = page.locator("[data-sample]").first

    expect(card.locator("[data-match] img")).to_have_count(3)
    page.wait_for_function(
        "() => [...document.querySelectorAll('li:first-child > [data-sample] [data-match] img')]"
        ".every(one => one.complete && one.naturalWidth === 64)"
    )
    expect(card.get_by_text("nearest")).to_contain_text("of 5 nearest")
    every = page.locator("[data-sample] [data-match]")
    for match in every.all()[:12]:
        is_match = match.get_attribute("data-match") == "true"
        expect(match).to_contain_text("Same label" if is_match else "Other label")
    card.click()
    listed = page.get_by_role("dialog").get_by_role("region", name="Nearest neighbours").get_by_role("listitem")
    expect(listed).to_have_count(5)
    similarities = [float(one.get_by_title("Cosine similarity").inner_text()) for one in listed.all()]
    assert similarities == sorted(similarities, reverse=True)


def test_samples_whose_nearest_image_has_their_label_can_be_chosen(
    open_page: Callable[..., Any], finished: dict[str, dict[str, Any]]
) -> None:
    page = open_page(f"/experiments/{finished[SIMILAR]['id']}/samples?correct=true")
    page.locator("[data-sample]").first.wait_for()

    expect(page.get_by_role("combobox", name="Nearest", exact=True)).to_have_value("Same label")
    firsts = page.locator("[data-sample]").evaluate_all(
        "cards => cards.map(card => card.querySelector('[data-match]').dataset.match)"
    )
    assert set(firsts) == {"true"}


def test_a_new_image_is_answered_with_the_images_most_like_it(
    open_page: Callable[..., Any], finished: dict[str, dict[str, Any]], picture: Callable[[str], Path]
) -> None:
    page = open_page(f"/predictions/new?experiment={finished[SIMILAR]['id']}")
    page.locator("input[type=file]").set_input_files(picture(SIMILAR))

    answer = page.get_by_role("region", name="Result")
    expect(answer.get_by_role("listitem")).to_have_count(5, timeout=60_000)
    expect(answer.get_by_text("validation rows of the run")).to_be_visible()
    sources = answer.locator("li img").evaluate_all("all => all.map(one => one.src)")
    assert len(set(sources)) == 5
    assert all("/api/datasets/" in one for one in sources)


def test_a_number_of_an_image_is_shown_predicted_true_and_their_difference(
    open_page: Callable[..., Any], finished: dict[str, dict[str, Any]], picture: Callable[[str], Path]
) -> None:
    page = open_page(f"/experiments/{finished[NUMBERS]['id']}/samples")
    card = page.locator("[data-sample]").first
    difference = card.get_by_title("Prediction minus truth").text_content()

    card.click()
    shown = page.get_by_role("dialog").get_by_role("table").get_by_role("cell")
    expect(shown).to_have_count(3)
    cells = shown.all_inner_texts()
    predicted, true, error = (float(cell.replace(MINUS, "-")) for cell in cells)
    assert error == pytest.approx(predicted - true, abs=0.02)
    assert cells[2] == difference
    page.goto(page.url.split("/experiments")[0] + f"/predictions/new?experiment={finished[NUMBERS]['id']}")
    page.locator("input[type=file]").set_input_files(picture(NUMBERS))
    answer = page.get_by_role("region", name="Result")
    expect(answer.get_by_role("columnheader")).to_have_text(["Value", "Prediction"], timeout=60_000)
    expect(answer.get_by_role("rowheader")).to_have_text("diameter")


@pytest.mark.parametrize("kind", [SIMILAR, NUMBERS])
def test_these_samples_are_accessible_and_fit_a_narrow_screen(
    kind: str, open_page: Callable[..., Any], finished: dict[str, dict[str, Any]]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    page = open_page(f"/experiments/{finished[kind]['id']}/samples", width=320)
    page.locator("[data-sample]").first.wait_for()
    settle(page)

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    pairwise_iou = page.locator("[data-sample]").evaluate_all(
        "cards => cards.flatMap(card => [...card.querySelectorAll('[title]')])"
        ".filter(one => one.scrollWidth > one.parentElement.clientWidth + 1).length"
    )
    assert pairwise_iou == 0
    page.set_viewport_size({"width": 1024, "height": 800})
    page.locator("[data-sample]").first.click()
    page.get_by_role("dialog").wait_for()
    settle(page)
    assert violations(page) == []
