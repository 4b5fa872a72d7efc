"""Recordings on pages beside samples: in an import's preview, in statistics, and recorded in the browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.commands.datasets import zip_folder
from studio.problems.registry import problem_type
from tests.browser.accessibility import settle, violations
from tests.browser.conftest import CHROMIUM, FLAGS, Server
from tests.browser.screenshots import keep

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
KIND = "audio_classification"
SMALL = {
    "architecture__backbone": "test_resnet",
    "architecture__pretrained": False,
    "training__epochs": 1,
    "training__build_scoring_pipelines": False,
}
PLAYED = """async (player) => {
  if (player.readyState === 0) await new Promise(done => player.addEventListener('loadedmetadata', done));
  player.muted = true;
  await player.play();
  await new Promise(done => player.addEventListener('ended', done));
  return [player.duration, player.error];
}"""
FAKE_MICROPHONE = "--use-fake-device-for-media-stream"


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example of audio classification."""
    return server.finished_example(KIND, "heard tones", **SMALL)


@pytest.fixture
def with_microphone(chromium: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Opens pages in a browser whose microphone is a beep, or that refuses it."""
    browsers = []

    def make(path: str, *, refuses: bool = False, **options: Any) -> Any:
        flags = [*FLAGS, FAKE_MICROPHONE, "--deny-permission-prompts" if refuses else "--use-fake-ui-for-media-stream"]
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=flags)
        browsers.append(browser)
        context = browser.new_context(
            storage_state=server.state, permissions=[] if refuses else ["microphone"],
            viewport={"width": 1440, "height": 900}, **options,
        )  # fmt: skip
        page = context.new_page()
        page.goto(server.url + path)
        page.locator("h1").first.wait_for()
        return page

    yield make
    for browser in browsers:
        browser.close()


def test_a_recording_is_made_listened_to_and_predicted(
    with_microphone: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = with_microphone(f"/predictions/new?experiment={finished['id']}")
    recorder = page.get_by_role("region", name="Recorder")

    recorder.get_by_role("button", name="Record", exact=True).click()
    expect(recorder.get_by_text("Recording, 0:02")).to_be_visible()
    keep(page, "recorder-running", full=True)
    recorder.get_by_role("button", name="Stop").click()
    seconds, error = recorder.locator("audio").evaluate(PLAYED)
    assert error is None
    assert seconds == pytest.approx(2.3, abs=0.8)
    recorder.get_by_role("button", name="Predict recording").click()

    result = page.get_by_role("region", name="Result")
    expect(result.get_by_text("Predicted in")).to_be_visible(timeout=60_000)
    picture = result.get_by_role("img", name="waveform and spectrogram")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('section img')?.naturalWidth === 640")
    # Keys act in dialogs alone, so nothing is said of them here.
    expect(result.get_by_text("Drag over the picture")).to_be_visible()
    expect(result.get_by_text("P plays")).to_have_count(0)
    settle(page)
    keep(page, "recorder-predicted", full=True)
    assert violations(page) == []


def test_a_refused_microphone_is_told_with_what_to_do(
    with_microphone: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = with_microphone(f"/predictions/new?experiment={finished['id']}", refuses=True, color_scheme="dark")

    page.get_by_role("button", name="Record", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Allow it in the address bar")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    keep(page, "recorder-refused", full=True)
    assert violations(page) == []


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as an archive, to be imported."""
    folder = tmp_path_factory.mktemp("sounds") / "sounds"
    problem_type(KIND).make_example(folder)
    archive = folder.with_suffix(".zip")
    zip_folder(folder, archive)
    return archive


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_preview_of_an_import_shows_and_plays_recordings(
    open_page: Callable[..., Any], sounds: Path, width: int, scheme: str
) -> None:
    page = open_page("/datasets/import", width=width, color_scheme=scheme)
    page.get_by_label("Dataset file").set_input_files(sounds)
    page.get_by_role("button", name="Continue to columns").click(timeout=60_000)

    picture = page.get_by_role("img", name="waveform and spectrogram").first
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('li img')?.naturalWidth === 640")
    seconds, error = page.locator("li audio").first.evaluate(PLAYED)

    assert error is None
    assert seconds > 0.3
    settle(page)
    keep(page, f"audio-preview-{width}-{scheme}", full=True)
    assert violations(page) == []


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_statistics_tell_of_recordings(
    open_page: Callable[..., Any], finished: dict[str, Any], width: int, scheme: str
) -> None:
    path = f"/datasets/{finished['dataset']['id']}/statistics"
    page = open_page(path, width=width, color_scheme=scheme)

    for words in ("Duration", "8,000 Hz", "WAV, PCM 16", "of the time", "Every recording holds sound."):
        expect(page.get_by_text(words).first).to_be_visible()
    settle(page)
    keep(page, f"audio-statistics-{width}-{scheme}", full=True)
    assert violations(page) == []
