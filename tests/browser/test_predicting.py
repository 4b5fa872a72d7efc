"""Predicting on files as people have them: other column names, pictures without a table."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .screenshots import keep

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture
def pictures(server: Any, finished: dict[str, Any]) -> list[Path]:
    """A few images of the kind that the model was trained on."""
    media = server.home / "datasets" / finished["dataset"]["id"] / "media"
    return sorted(path for path in media.rglob("*") if path.is_file())[:3]


def test_a_table_with_other_columns_is_offered_a_mapping_and_its_result_is_named_after_it(
    finished: dict[str, Any], open_page: Callable[..., Any], pictures: list[Path], tmp_path: Path
) -> None:
    packed = tmp_path / "mine.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mine.csv", "number,photo\n" + "".join(f"{n},{p.name}\n" for n, p in enumerate(pictures)))
        for path in pictures:
            archive.write(path, f"photos/{path.name}")
    page = open_page(f"/predictions/new?experiment={finished['id']}&with=file")

    page.get_by_label("File to predict on").set_input_files(packed)

    expect(page.get_by_role("heading", name="Columns of mine.csv")).to_be_visible(timeout=60_000)
    expect(page.get_by_text('mine.csv has no column "image"').first).to_be_visible()
    expect(page.get_by_role("combobox", name="Image column")).to_have_value("photo")
    keep(page, "predict-columns")
    page.get_by_role("button", name="Predict with these columns").click()

    page.wait_for_url("**/predictions/pred-*", timeout=60_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=120_000)
    expect(page.locator("[data-sample]")).to_have_count(3, timeout=20_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download predictions/test.csv").click()
    open_page.allowed[:] = [
        one for one in open_page.allowed if "422" not in one
    ]  # the refusal that the offer came with
    assert download.value.suggested_filename == "mine-predictions.csv"


def test_a_zip_of_pictures_without_a_table_is_predicted_picture_by_picture(
    finished: dict[str, Any], open_page: Callable[..., Any], pictures: list[Path], tmp_path: Path
) -> None:
    packed = tmp_path / "holiday.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in pictures:
            archive.write(path, path.name)
        archive.writestr("notes.txt", "the second is upside down")
    page = open_page(f"/predictions/new?experiment={finished['id']}&with=file")

    page.get_by_label("File to predict on").set_input_files(packed)

    page.wait_for_url("**/predictions/pred-*", timeout=60_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=120_000)
    expect(page.locator("[data-sample]")).to_have_count(3, timeout=20_000)
    expect(page.get_by_text("1 file of another kind got no prediction.")).to_be_visible()
    expect(page.get_by_text("train.parquet")).to_have_count(0)
