"""Recordings on pages: waveform and spectrogram on cards, a player that really decodes, what explains a prediction."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import settle, violations
from tests.browser.conftest import Server
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "audio_classification"
SMALL = {
    "architecture__backbone": "test_resnet",
    "architecture__pretrained": False,
    "training__epochs": 1,
    "training__build_scoring_pipelines": False,
}
PLAYER = """async () => {
  const player = document.querySelector('audio');
  await new Promise(done => player.readyState > 0 ? done() : player.addEventListener('loadedmetadata', done));
  player.muted = true;
  await player.play();
  await new Promise(done => player.addEventListener('ended', done));
  return [player.duration, player.currentTime, player.error];
}"""


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example of audio classification."""
    return server.finished_example(KIND, "recordings", **SMALL)


def test_a_recording_is_heard_to_its_end_and_explained(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples", color_scheme="dark")
    card = page.locator("[data-sample]").first
    expect(card.get_by_role("img", name="waveform and spectrogram")).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-sample] img').naturalWidth === 640")

    card.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("audio").wait_for()
    seconds, place, error = page.evaluate(PLAYER)

    assert error is None
    assert 0.5 <= seconds <= 1.0
    assert place == pytest.approx(seconds, abs=0.05)
    dialog.get_by_role("switch", name="Explanation").check(force=True)
    expect(dialog.locator("img[aria-hidden]")).to_be_visible()
    settle(page)
    assert violations(page) == []
    keep(page, "recording")


def test_keys_and_a_drag_move_the_playhead_and_repeat_a_region(
    open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples")
    page.locator("[data-sample]").first.click()
    dialog = page.get_by_role("dialog")
    picture = dialog.get_by_role("img", name="waveform and spectrogram")
    page.wait_for_function("() => document.querySelector('audio')?.readyState > 0")
    box = picture.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=4)
    page.mouse.up()

    begin = page.evaluate(
        "() => { const one = document.querySelector('audio'); return one.currentTime / one.duration }"
    )
    assert begin == pytest.approx(0.25, abs=0.03)
    page.evaluate("() => { document.querySelector('audio').muted = true }")
    page.keyboard.press("p")
    page.wait_for_function("() => !document.querySelector('audio').paused")
    # Longer than the region: it went back instead of on.
    page.wait_for_timeout(900)
    assert (
        page.evaluate("() => { const one = document.querySelector('audio'); return one.currentTime / one.duration }")
        < 0.6
    )
    page.keyboard.press("p")
    page.wait_for_function("() => document.querySelector('audio').paused")
