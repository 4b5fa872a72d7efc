"""The check before an import: the rows that findings name are shown as the import reads them."""

from pathlib import Path
from typing import Any

from PIL import Image

from studio.importing.check import check_import


def test_rows_of_later_parts_of_a_table_are_shown(tmp_path: Path, scan_files: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for part in (1, 2):
        rows = [f"words of a mail {part}{number},{'spam' if number % 2 else 'ham'}" for number in range(12)]
        lines = ["text,label", *rows, *(["without a label,"] if part == 2 else [])]
        (source / f"mails_part{part}.csv").write_text("\n".join(lines) + "\n")

    check = check_import(tmp_path / "imports" / "one", scan_files(source))

    assert check.state == "done", check.reason
    assert [(row.row, row.cells["text"]) for row in check.rows] == [(25, "without a label")]


def test_findings_about_files_that_were_converted_do_not_end_the_check(tmp_path: Path, scan_files: Any) -> None:
    images = tmp_path / "source" / "images"
    images.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (64, 48), (60 * number, 80, 120)).save(images / f"{number}.png")
    boxes = [f"{number}.png,cap,4,4,20,30" for number in range(3)]
    lines = ["image,class_name,x_min,y_min,x_max,y_max", *boxes, "3.png,cap,4,nothing,20,30"]
    (tmp_path / "source" / "boxes.csv").write_text("\n".join(lines) + "\n")
    found = scan_files(tmp_path / "source")
    assert found.choices.format == "boxes"

    check = check_import(tmp_path / "imports" / "one", found)

    assert check.state == "done", check.reason
    assert "box_number" in {finding.code for finding in check.findings}
