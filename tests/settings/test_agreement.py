"""A finding about one row says so in the singular."""

import pytest

from studio.settings.agreement import agreed
from studio.settings.finding import Finding

SAID = {
    "1 rows have no fold, so no fold validates on them.": "1 row has no fold, so no fold validates on them.",
    "1 texts have no class and are left out.": "1 text has no class and is left out.",
    "1 recordings have no transcript, and are not used.": "1 recording has no transcript, and is not used.",
    "1 cells are no number ('a') and count as missing.": "1 cell is no number ('a') and counts as missing.",
    "1 groups of column names differ only in case.": "1 group of column names differs only in case.",
    "1 images have boxes beyond the image; they were cut.": "1 image has boxes beyond the image; they were cut.",
    "1 empty cells": "1 empty cell",
    "up to 1 boxes in an image": "up to 1 box in an image",
    "2 rows name 1 files": "2 rows name 1 file",
}


@pytest.mark.parametrize("written", SAID)
def test_noun_and_verbs_agree_with_one(written: str) -> None:
    assert agreed(written) == SAID[written]


@pytest.mark.parametrize(
    "text",
    [
        "11 rows have no fold.",
        "2,001 rows are kept.",
        "0.1 values",
        "1 row has no fold.",
        "2 classes have one row.",
        "",
    ],
)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert agreed(text) == text


def test_every_finding_is_told_so() -> None:
    finding = Finding(code="x", path="train.csv", message="1 classes have one row.", found="1 rows", expected="2 rows")

    assert (finding.message, finding.found, finding.expected) == ("1 class has one row.", "1 row", "2 rows")
