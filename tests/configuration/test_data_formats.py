"""The table of data formats in the docs has every format that a tool writes, with what the formats say themselves."""

from studio.configuration.data_formats import BEGIN, END, formats_table, with_formats
from studio.datasets.importers.format import TABLE_FORMAT
from studio.problems.registry import problem_types


def test_every_format_that_converts_annotations_is_described() -> None:
    """Corpora of speech have a table of their own, and class folders a section."""
    known = {one for kind in problem_types().values() for one in kind.dataset_formats if one.id != TABLE_FORMAT}

    lacking = {one.id for one in known if one.medium != "audio" and not (one.written_by and one.recognised_by)}

    assert lacking == {"image_folder", "mask_rows_along"}


def test_a_row_names_all_problem_types_that_read_a_format() -> None:
    rows = [line for line in formats_table(problem_types().values()).splitlines() if line.startswith("| `yolo`")]

    assert any("Image instance segmentation, Image semantic segmentation" in row for row in rows)
    assert any("| Image object detection |" in row for row in rows)


def test_the_table_stands_between_its_marks_and_nowhere_else() -> None:
    text = f"before\n{BEGIN}\nan earlier table\n{END}\nafter"

    made = with_formats(text, problem_types().values())

    assert made.startswith(f"before\n{BEGIN}\n\n| format |")
    assert made.endswith(f"{END}\nafter")
    assert "an earlier table" not in made
    assert with_formats(made, problem_types().values()) == made
    assert with_formats("no marks", problem_types().values()) == "no marks"
