"""Rows that cannot be predicted cost themselves only, and are named; a switch refuses the table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media
from studio.problems.registry import problem_type
from studio.results.prediction import ROW
from studio.scoring.input_checks import InputError
from studio.scoring.tables import beside_inputs
from studio.scoring.usable_rows import UsableRows, usable_rows

CELLS = st.one_of(st.sampled_from([None, float("nan"), "", "   ", ["a"], float("inf")]), st.sampled_from(["a b", "c"]))


def texts_of(cells: list[Any], **options: Any) -> UsableRows:
    kind = problem_type("text_classification")
    chosen = kind.model_types[0].settings.from_mapping({"dataset": {"text_column": ["text"]}})
    table = pd.DataFrame({"text": pd.Series(cells, dtype=object), ROW: range(1, len(cells) + 1)})
    return usable_rows(kind, chosen, table, Media(Path()), **options)


@given(st.lists(CELLS, min_size=1, max_size=8).filter(lambda cells: "c" in cells))
@settings(max_examples=50, deadline=None)
def test_every_row_is_predicted_or_named(cells: list[Any]) -> None:
    usable = texts_of(cells)

    bad = [row for row, cell in enumerate(cells, start=1) if cell not in ("a b", "c")]
    assert usable.left_out[ROW].tolist() == bad
    assert len(usable.table) + len(bad) == len(cells)
    assert sorted(row for one in usable.findings for row in one.rows) == bad
    assert sum(one.count for one in usable.findings) == len(bad)
    assert all(one.level == "warning" for one in usable.findings)


@pytest.mark.parametrize(("cells", "refuse"), [(["a b", " "], True), ([None, " "], False)])
def test_a_table_is_refused_where_that_is_asked_or_nothing_is_left(cells: list[Any], refuse: bool) -> None:
    with pytest.raises(InputError) as refused:
        texts_of(cells, refuse=refuse)

    assert all(one.blocks for one in refused.value.findings)


def test_left_out_rows_stand_at_their_places_with_whole_numbers_beside() -> None:
    table = pd.DataFrame({"text": ["a", "c"], "n": [1, 3], ROW: [1, 3]})
    scored = ScoredTable(table, ({"x": np.zeros(1)},) * 2, None)
    added = pd.DataFrame({"pred_n": [7, 9], "is_sure": [True, False], "n": [0.5, 0.25]})
    left_out = pd.DataFrame({"text": [" "], "n": [2], ROW: [2]})

    whole = beside_inputs(scored, added, left_out)

    assert whole["text"].tolist() == ["a", " ", "c"]
    assert whole["true_n"].tolist() == [1, 2, 3]
    assert whole["pred_n"].fillna(-1).tolist() == [7, -1, 9]
    assert str(whole["pred_n"].dtype) == "Int64"
    assert whole["is_sure"].isna().tolist() == [False, True, False]
    assert whole["n"].fillna(-1).tolist() == [0.5, -1, 0.25]
