"""Cells of CSV files: nothing acts as a formula, and what is no formula is left alone."""

import pytest

from studio.results.spreadsheet import guarded

pytestmark = [pytest.mark.trust, pytest.mark.covers("B162")]

FORMULAS = [
    "=1+1",
    "+cmd",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",  # noqa: RUF001
    "＋1+1",  # noqa: RUF001
    "－1-1",  # noqa: RUF001
    "＠x",  # noqa: RUF001
    " =1",
    "\u3000=1",
    "\u00a0=1",
    "\ufeff=1",
    "\t=1",
    "\tx",
    "\r\n=1",
    "--1",
    "-1+cmd|' /C calc'!A0",
]
PLAIN = ["-1", "+1", "+3.5e-2", "-0.5", "-.5", "-12%", "-1.", "a=b", "cat", "", " cat", "1-2", "[-1]"]


@pytest.mark.parametrize("text", FORMULAS)
def test_b162_text_that_could_act_stands_behind_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_b162_numbers_and_words_are_left_alone(text: str) -> None:
    assert guarded(text) == text
