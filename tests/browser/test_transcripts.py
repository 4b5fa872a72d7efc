"""Transcripts on pages: aligned with their reference, errors marked, and every word to be clicked and heard."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import settle, violations
from tests.browser.conftest import Server
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "speech_recognition"
SMALL = {
    "architecture.backbone": "scratch/wav2vec2-mini",
    "architecture.pretrained": False,
    "training.epochs": 40,
    "training.evaluation_epochs": 10,
    "training.learning_rate": 1e-3,
    "environment.seed": 1,
    "training.build_scoring_pipelines": False,
}
VIEWS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
PLACE = "() => document.querySelector('audio').currentTime"


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example of speech recognition that still makes many mistakes."""
    return server.finished_example(KIND, "melodies", "wav2vec2", **SMALL)


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_a_transcript_is_aligned_with_its_reference_and_its_errors_are_marked(
    open_page: Callable[..., Any], finished: dict[str, Any], width: int, scheme: str
) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples", width=width, color_scheme=scheme)
    card = page.locator("[data-sample]").first
    expect(card.get_by_text("WER")).to_be_visible()
    page.get_by_label("Sort", exact=True).first.click()
    page.get_by_role("option", name="Lowest WER first", exact=True).click()
    page.wait_for_url("**sort=error**")
    rates = page.locator("[data-sample]").get_by_text("WER")
    expect(rates.last).to_be_visible()
    told = [float(one.removeprefix("WER ")) for one in rates.all_text_contents()]
    assert told == sorted(told)
    settle(page)
    keep(page, f"transcript-cards-{width}-{scheme}")

    card.click()
    dialog = page.get_by_role("dialog")
    transcript = dialog.get_by_role("region", name="Transcript")
    expect(transcript).to_be_visible()
    expect(dialog.get_by_role("heading", name="Reference")).to_be_visible()
    expect(transcript.locator("ruby, ins, del").first).to_be_visible()
    settle(page)
    keep(page, f"transcript-viewer-{width}-{scheme}")
    assert violations(page) == []


def test_a_clicked_word_is_heard_and_no_more(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples?sort=loss")
    page.locator("[data-sample]").filter(has=page.locator("ruby")).first.click()
    dialog = page.get_by_role("dialog")
    page.wait_for_function("() => document.querySelector('audio')?.readyState > 0")
    page.evaluate("() => { document.querySelector('audio').muted = true }")
    words = dialog.get_by_role("region", name="Transcript").get_by_role("button")
    last = words.last
    start = float((last.get_attribute("title") or "").removesuffix(" s"))

    last.click()
    page.wait_for_function(f"() => document.querySelector('audio').currentTime >= {start}")
    page.wait_for_function("() => document.querySelector('audio').paused")

    # A note lasts a fifth of a second.
    assert start <= page.evaluate(PLACE) < start + 0.6


PANELS = ("errors", "rate-by-length", "confusions", "durations", "words-per-second", "by-column")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_panels_tell_of_errors_by_length_by_column_and_of_confused_words(
    open_page: Callable[..., Any], finished: dict[str, Any], width: int, scheme: str
) -> None:
    page = open_page(f"/experiments/{finished['id']}/insights", width=width, color_scheme=scheme)

    for name in PANELS:
        panel = page.locator(f"#panel-validation-{name}")
        panel.scroll_into_view_if_needed()
        expect(panel.locator("table, svg").first).to_be_visible()
        settle(page)
        keep(page, f"transcript-{name}-{width}-{scheme}")
    expect(page.locator("#panel-validation-errors").get_by_role("cell", name="Substitutions")).to_be_visible()
    expect(page.get_by_label("Column", exact=True).first).to_have_value("instrument")


def test_the_samples_of_the_dataset_show_what_is_said(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/datasets/{finished['dataset']['id']}/samples")

    card = page.locator("[data-sample]").first
    expect(card.locator("[data-beside]")).to_have_text(re.compile(r"(do|re|mi|fa|sol|la)( |$)"))
    settle(page)
    keep(page, "transcript-dataset")
    assert violations(page) == []
