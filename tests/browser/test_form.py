"""The settings form: what is shown is what is sent, several values, mistakes, search, drafts."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture
def form(shapes: dict[str, Any], open_page: Callable[..., Any]) -> Any:
    """The form for the example dataset, with every setting shown."""
    page = open_page(f"/experiments/new?dataset={shapes['id']}&level=master")
    page.get_by_role("button", name="Start experiment").wait_for()
    return page


def row(page: Any, key: str) -> Any:
    """The row of a setting."""
    return page.locator(f"[data-setting='{key}']")


def choose(page: Any, key: str, label: str) -> None:
    """Choose an option of a setting's select."""
    row(page, key).locator("input").first.click()
    page.get_by_role("option", name=label, exact=True).click()


def choose_free(page: Any, key: str, value: str) -> None:
    """Type a value that need not be among the offered ones."""
    row(page, key).locator("input").first.fill(value)
    page.keyboard.press("Escape")


def posted(page: Any, press: Callable[[], None]) -> dict[str, Any]:
    """The body a start sends; the server does not see it."""
    bodies: list[dict[str, Any]] = []
    answer = {"error": {"code": "held", "message": "Held back by the test.", "hint": ""}}

    def hold(route: Any) -> None:
        if route.request.method == "POST":
            bodies.append(json.loads(route.request.post_data))
            route.fulfill(status=409, content_type="application/json", body=json.dumps(answer))
        else:
            route.continue_()

    page.route("**/api/experiments", hold)
    press()
    expect(page.get_by_text("Held back by the test.")).to_be_visible()
    page.unroute("**/api/experiments")
    return bodies[0]


def test_a_hidden_setting_is_not_sent_and_comes_back_with_its_value(form: Any, open_page: Callable[..., Any]) -> None:
    start = lambda: form.get_by_role("button", name="Start experiment").click()  # noqa: E731
    choose(form, "training.loss_function", "Focal")
    row(form, "training.focal_gamma").locator("input").fill("3.5")
    choose(form, "training.loss_function", "CrossEntropy")

    expect(row(form, "training.focal_gamma")).to_have_count(0)
    body = posted(form, start)
    open_page.allowed.clear()  # type: ignore[attr-defined]  # the held request is logged as a 409
    assert "training.focal_gamma" not in body["settings"]

    choose(form, "training.loss_function", "Focal")

    expect(row(form, "training.focal_gamma").locator("input")).to_have_value("3.5")


def test_several_values_multiply_to_runs_and_are_created(form: Any, server: Any) -> None:
    several = lambda key: row(form, key).get_by_role("button", name=re.compile("Try several values")).click()  # noqa: E731
    for key in ("image.image_width", "image.image_height"):
        row(form, key).locator("input").fill("32")
    row(form, "training.epochs").locator("input").fill("1")
    several("training.learning_rate")
    row(form, "training.learning_rate").locator("input").fill("1e-4, 3e-4, 1e-3")
    several("architecture.dropout")
    row(form, "architecture.dropout").locator("input[id]").click()
    form.keyboard.press("Escape")

    row(form, "training.learning_rate").locator("input").fill("1e-4, oops, 1e-3")
    expect(row(form, "training.learning_rate")).to_contain_text("oops")
    row(form, "training.learning_rate").locator("input").fill("1e-4, 3e-4, 1e-3")
    row(form, "architecture.dropout").locator("input").fill("0, 0.2")

    expect(form.get_by_role("button", name="Start 6 runs")).to_be_enabled()
    row(form, "architecture.dropout").locator("input").fill("0:0.99:0.01")
    expect(form.get_by_role("button", name=re.compile("Start 300 runs"))).to_be_disabled()
    expect(form.get_by_text("At most 256 runs")).to_be_visible()
    row(form, "architecture.dropout").locator("input").fill("0, 0.2")
    form.get_by_role("button", name="Start 6 runs").click()
    form.wait_for_url("**/charts")

    experiment = server.call("GET", f"/api/experiments/{form.url.split('/experiments/')[1].split('/')[0]}")
    assert len(experiment["runs"]) == 6
    server.call("POST", f"/api/experiments/{experiment['id']}/stop", {})
    server.ended(experiment)


def test_mistakes_are_summed_up_and_each_link_leads_to_its_field(form: Any) -> None:
    row(form, "training.learning_rate").locator("input").fill("fast")
    row(form, "training.gradient_clip").locator("input").fill("-3")
    form.get_by_role("radiogroup").get_by_text("Novice").click()
    expect(row(form, "training.gradient_clip")).to_have_count(0)

    form.get_by_role("button", name="Start experiment").click()

    summary = form.get_by_role("alert").filter(has_text="2 problems prevent the start")
    expect(summary).to_be_focused()
    summary.get_by_role("button", name="Learning rate").click()
    expect(row(form, "training.learning_rate").locator("input")).to_be_focused()
    summary.get_by_role("button", name=re.compile("radient clip")).click()
    expect(row(form, "training.gradient_clip").locator("input")).to_be_focused()


def test_what_the_server_refuses_is_shown_at_the_field(form: Any, open_page: Callable[..., Any]) -> None:
    finding = {
        "level": "error",
        "code": "x",
        "path": "training.epochs",
        "message": "Too many for today.",
        "fix": "",
        "found": "",
        "expected": "",
        "line": None,
        "count": 1,
        "rows": [],
        "examples": [],
    }
    body = json.dumps({"findings": [finding], "error": {"code": "settings", "message": "m", "hint": ""}})
    form.route(
        "**/api/experiments", lambda route: route.fulfill(status=422, content_type="application/json", body=body)
    )

    form.get_by_role("button", name="Start experiment").click()

    expect(row(form, "training.epochs")).to_contain_text("Too many for today.")
    expect(form.get_by_role("alert").filter(has_text="1 problem prevents the start")).to_be_focused()
    open_page.allowed.clear()  # type: ignore[attr-defined]


def test_find_a_setting_looks_at_keys_and_help_of_every_level(
    shapes: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"/experiments/new?dataset={shapes['id']}&level=novice")
    find = page.get_by_role("textbox", name="Find a setting")
    row(page, "architecture.backbone").wait_for()
    expect(row(page, "architecture.pool")).to_have_count(0)
    before = page.locator("[data-setting]").count()

    find.fill("architecture.pool")
    expect(row(page, "architecture.pool")).to_be_visible()
    assert page.locator("[data-setting]").count() == 1
    find.fill("mean between Average and Max")
    expect(row(page, "architecture.pool")).to_be_visible()
    find.fill("")

    expect(page.locator("[data-setting]")).to_have_count(before)


def test_a_draft_survives_a_reload_and_leaving_asks_once(form: Any) -> None:
    row(form, "training.learning_rate").locator("input").fill("0.0123")
    form.wait_for_function("() => JSON.stringify({...sessionStorage, ...localStorage}).includes('0.0123')")
    form.reload()
    expect(row(form, "training.learning_rate").locator("input")).to_have_value("0.0123")

    form.get_by_role("link", name="Datasets", exact=True).first.click()
    dialog = form.get_by_role("dialog", name="Leave this form?")
    dialog.get_by_role("button", name="Keep").click()
    assert "/experiments/new" in form.url
    form.get_by_role("link", name="Datasets", exact=True).first.click()
    dialog.get_by_role("button", name="Leave").click()

    form.wait_for_url("**/datasets")
    expect(dialog).to_have_count(0)


def test_suggested_values_are_shown_with_reasons_and_undone(form: Any) -> None:
    panel = form.get_by_role("region", name="Suggested values")
    panel.get_by_role("button", name="Show").click()
    expect(panel.get_by_text("Without a GPU, smaller images keep the first run short.").first).to_be_visible()

    panel.get_by_role("button", name="Undo all").click()

    expect(form.get_by_text("All settings at their start values")).to_be_visible()
    expect(panel.get_by_role("button", name="Use all")).to_be_visible()


def test_a_contradiction_stands_at_its_field_while_editing_and_goes_when_the_other_setting_changes(form: Any) -> None:
    row(form, "training.epochs").locator("input").fill("2")
    row(form, "training.warmup_epochs").locator("input").fill("5")

    warmup = row(form, "training.warmup_epochs")
    expect(warmup).to_contain_text("The warm-up is longer than the training")
    expect(warmup.locator("input")).to_have_attribute("aria-invalid", "true")
    row(form, "training.epochs").locator("input").fill("9")
    expect(warmup).not_to_contain_text("The warm-up is longer than the training")
    expect(warmup.locator("input")).not_to_have_attribute("aria-invalid", "true")


def test_dataset_and_problem_type_are_chosen_in_one_place(form: Any) -> None:
    expect(form.get_by_role("combobox", name="Dataset", exact=True)).to_have_count(1)
    expect(row(form, "general.dataset")).to_have_count(0)
    expect(form.get_by_text("Problem type:")).to_have_count(0)


def test_the_summary_follows_what_is_typed(form: Any) -> None:
    summary = form.get_by_role("complementary", name="Run summary")
    fact = lambda label: summary.locator("dl div").filter(has_text=label).locator("dd")  # noqa: E731
    row(form, "training.epochs").locator("input").fill("7")
    expect(fact("Epochs")).to_have_text("7")

    row(form, "training.epochs").get_by_role("button", name=re.compile("Try several values")).click()
    row(form, "training.epochs").locator("input").fill("2, 5, 11")
    expect(fact("Epochs")).to_have_text("2 to 11")
    expect(fact("Runs")).to_have_text("3")
    row(form, "training.epochs").locator("input").fill("2, five")
    expect(summary).to_contain_text("Correct the marked values")
    row(form, "training.epochs").locator("input").fill("2, 5")
    expect(fact("Runs")).to_have_text("2")
    expect(summary).not_to_contain_text("Correct the marked values")

    choose_free(form, "architecture.backbone", "resnet152")
    expect(summary).to_contain_text("The pretrained weights of resnet152 are not on this machine")


def test_a_range_that_is_too_long_says_so(form: Any) -> None:
    row(form, "training.learning_rate").get_by_role("button", name=re.compile("Try several values")).click()

    row(form, "training.learning_rate").locator("input").fill("0.001:1:0.0001")

    expect(row(form, "training.learning_rate")).to_contain_text("has 9,991 values. A range can have at most 200")


def test_changed_settings_are_counted_one_way_in_the_form_and_at_the_experiment(form: Any, server: Any) -> None:
    for key in ("image.image_width", "image.image_height"):
        row(form, key).locator("input").fill("32")
    row(form, "training.epochs").locator("input").fill("1")
    row(form, "training.learning_rate").locator("input").fill("0.0021")
    row(form, "general.experiment_name").locator("input").fill("counted once")
    footer = form.get_by_text(re.compile(r"^\d+ changed settings"))
    count = int(footer.first.inner_text().split()[0])
    expect(form.get_by_role("complementary", name="Run summary")).to_contain_text(f"{count} changed settings")

    form.get_by_role("button", name="Start experiment").click()
    form.wait_for_url("**/charts")
    id = form.url.split("/experiments/")[1].split("/")[0]
    server.call("POST", f"/api/experiments/{id}/stop", {})

    form.get_by_role("link", name="Settings", exact=True).last.click()
    expect(form.get_by_text(f"Only changed ({count})")).to_be_visible()
    expect(form.locator("li[data-changed]")).to_have_count(count)
    form.get_by_role("link", name="Summary", exact=True).click()
    changed = form.locator("section").filter(has_text="Changed settings").last
    expect(changed.get_by_role("listitem")).to_have_count(count)
    expect(changed).to_contain_text("Learning rate")
    server.ended({"id": id})


def test_the_threshold_is_asked_only_where_it_decides(shapes: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"/experiments/new?dataset={shapes['id']}&level=master")
    row(page, "prediction.metric").wait_for()

    expect(row(page, "prediction.probability_threshold")).to_have_count(0)
    expect(row(page, "dataset.positive_class")).to_have_count(0)
