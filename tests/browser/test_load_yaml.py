"""Load YAML: the file's dataset is chosen, its values stay on another dataset, and what is wrong with it is seen."""

import io
import json
import re
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture(scope="module")
def pictures(server: Any) -> dict[str, Any]:
    """A second dataset of image classification, whose columns are called otherwise."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        rows = ["picture,kind"]
        for number in range(12):
            picture = io.BytesIO()
            Image.linear_gradient("L").rotate(30 * number).resize((24, 24)).save(picture, "PNG")
            archive.writestr(f"files/{number}.png", picture.getvalue())
            rows.append(f"{number}.png,{'even' if number % 2 == 0 else 'odd'}")
        archive.writestr("train.csv", "\n".join(rows))
    body = data.getvalue()
    upload = server.call("POST", "/api/uploads", {"name": "pictures.zip", "size": len(body)})["id"]
    headers = {"Cookie": server.cookie, "Origin": server.url, "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(f"{server.url}/api/uploads/{upload}?offset=0", body, headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
    draft = server.call("POST", "/api/imports", {"upload_id": upload})
    draft = server.wait(f"/api/imports/{draft['id']}", lambda one: one["state"] != "scanning")
    made = server.call("POST", f"/api/imports/{draft['id']}/finish", {"name": "pictures", "choices": draft["choices"]})
    ready: dict[str, Any] = server.wait(f"/api/datasets/{made['id']}", lambda one: one["state"] != "inspecting")
    assert ready["state"] == "ready", ready
    return ready


@pytest.fixture
def write_yaml(server: Any, shapes: dict[str, Any], tmp_path: Path) -> Callable[..., Path]:
    """A complete file for the example dataset, with texts replaced."""

    def write(*changes: tuple[str, str]) -> Path:
        document = server.call("GET", f"/api/schema/image_classification?dataset={shapes['id']}")
        draft = {"problem_type": "image_classification", "model_type": document["model_type"]}
        settings = server.settings(shapes, training__epochs=7, architecture__dropout=0.35)
        text = server.call("POST", "/api/settings/yaml", {**draft, "settings": settings})["yaml"]
        for old, new in changes:
            assert re.search(old, text), old
            text = re.sub(old, new, text, count=1)
        path = tmp_path / "other.yaml"
        path.write_text(text)
        return path

    return write


def row(page: Any, key: str) -> Any:
    return page.locator(f"[data-setting='{key}']")


def chosen(page: Any, label: str) -> Any:
    return page.get_by_role("combobox", name=label, exact=True).or_(page.get_by_label(label, exact=True)).first


def choose(page: Any, label: str, option: str) -> None:
    chosen(page, label).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.fixture
def form(pictures: dict[str, Any], open_page: Callable[..., Any]) -> Any:
    page = open_page(f"/experiments/new?dataset={pictures['id']}&level=master")
    page.get_by_role("button", name="Start experiment").wait_for()
    return page


def load(page: Any, file: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text(re.compile("^From other.yaml"))).to_be_visible()


def test_the_dataset_of_the_file_is_chosen_with_its_columns(
    form: Any, shapes: dict[str, Any], write_yaml: Callable[..., Path]
) -> None:
    load(form, write_yaml())

    expect(chosen(form, "Dataset")).to_have_value(shapes["name"])
    expect(row(form, "training.epochs").locator("input")).to_have_value("7")
    expect(row(form, "dataset.label_columns")).to_contain_text("label")
    expect(form.get_by_role("status", name="Changed settings")).to_have_count(0)
    expect(form.get_by_role("alert")).to_have_count(0)


def test_another_dataset_keeps_the_values_and_tells_what_it_changed(
    form: Any, shapes: dict[str, Any], write_yaml: Callable[..., Path]
) -> None:
    load(form, write_yaml())
    expect(chosen(form, "Dataset")).to_have_value(shapes["name"])
    row(form, "training.batch_size").locator("input").fill("5")

    choose(form, "Dataset", "pictures")

    expect(chosen(form, "Dataset")).to_have_value("pictures")
    changed = form.get_by_role("status", name="Changed settings")
    expect(changed).to_contain_text("changed to fit pictures")
    expect(changed).to_contain_text(re.compile("Label column.*label → kind"))
    expect(changed).to_contain_text(re.compile("Test dataframe.*test.csv → None"))
    expect(row(form, "training.epochs").locator("input")).to_have_value("7")
    expect(row(form, "architecture.dropout").locator("input")).to_have_value("0.35")
    expect(row(form, "training.batch_size").locator("input")).to_have_value("5")
    expect(row(form, "dataset.label_columns")).to_contain_text("kind")


def test_a_dataset_that_is_not_here_is_named_and_another_can_be_chosen(
    form: Any, write_yaml: Callable[..., Path]
) -> None:
    load(form, write_yaml(("dataset: Example Shapes", "dataset: Gone Away")))

    expect(form.get_by_role("alert")).to_contain_text("dataset “Gone Away” does not exist here")
    expect(row(form, "training.epochs").locator("input")).to_have_value("7")
    choose(form, "Dataset", "Example Shapes")
    expect(form.get_by_role("alert")).to_have_count(0)
    expect(row(form, "training.epochs").locator("input")).to_have_value("7")


def test_errors_of_the_file_are_open_at_the_top_and_at_their_fields(form: Any, write_yaml: Callable[..., Path]) -> None:
    load(form, write_yaml((r"epochs: 7", "epochs: -3"), (r"training:\n", "training:\n  learning_rte: 1\n")))

    alert = form.get_by_role("alert").filter(has_text="2 errors in other.yaml")
    expect(alert).to_be_visible()
    errors = form.locator("li[data-level=error]")
    expect(errors).to_have_count(2)
    for path in ("training.epochs", "training.learning_rte"):
        expect(errors.filter(has_text=re.compile(rf"{path}, line \d+"))).to_be_visible()
    assert alert.bounding_box()["y"] < 700
    expect(row(form, "training.epochs")).to_contain_text(re.compile(r"Line \d+:"))


def test_a_corrected_file_of_the_same_name_is_read_again(form: Any, write_yaml: Callable[..., Path]) -> None:
    load(form, write_yaml((r"epochs: 7", "epochs: -3")))
    expect(form.get_by_role("alert")).to_be_visible()

    load(form, write_yaml((r"epochs: 7", "epochs: 4")))

    expect(form.get_by_role("alert")).to_have_count(0)
    expect(row(form, "training.epochs").locator("input")).to_have_value("4")


def test_a_file_of_a_type_that_is_not_here_is_refused_and_the_form_stays(form: Any, tmp_path: Path) -> None:
    row(form, "training.epochs").locator("input").fill("11")
    path = tmp_path / "foreign.yaml"
    path.write_text("schema_version: 1\nproblem_type: image_smelling\n")

    form.locator("input[type=file]").first.set_input_files(path)

    expect(form.get_by_role("alert")).to_contain_text("The file could not be used.")
    expect(form.locator("li[data-level=error]").first).to_be_visible()
    expect(row(form, "training.epochs").locator("input")).to_have_value("11")


def test_own_changes_stay_when_the_dataset_is_changed_without_a_file(form: Any, shapes: dict[str, Any]) -> None:
    row(form, "training.epochs").locator("input").fill("11")

    choose(form, "Dataset", shapes["name"])

    expect(chosen(form, "Dataset")).to_have_value(shapes["name"])
    expect(row(form, "training.epochs").locator("input")).to_have_value("11")
    expect(row(form, "dataset.label_columns")).to_contain_text("label")


def test_the_file_is_sent_as_it_was_loaded(form: Any, write_yaml: Callable[..., Path], open_page: Any) -> None:
    bodies: list[dict[str, Any]] = []
    load(form, write_yaml())
    expect(row(form, "training.epochs").locator("input")).to_have_value("7")

    def hold(route: Any) -> None:
        bodies.append(json.loads(route.request.post_data))
        route.fulfill(
            status=409, content_type="application/json", body='{"error": {"code": "held", "message": "Held."}}'
        )

    form.route("**/api/experiments", hold)
    form.get_by_role("button", name=re.compile("^Start")).last.click()
    expect(form.get_by_text("Held.")).to_be_visible()
    open_page.allowed.clear()

    assert bodies[0]["settings"]["general.dataset"] == "Example Shapes"
    assert bodies[0]["settings"]["training.epochs"] == 7
    assert bodies[0]["settings"]["architecture.dropout"] == 0.35
