"""How pairs of texts are checked, profiled and shown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.texts.text_checks import (
    as_column_of_texts,
    as_text,
    base_table,
    check_texts,
    drop_empty,
    joined_texts,
)
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_views import shown_text, text_blocks, text_view
from studio.results.sample_view import SampleView
from studio.settings.finding import FindingLevel

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check both texts of every row, and gather the facts of their lengths."""
    source, target = str(inspection.roles.get("text_column")), str(inspection.roles.get("label_columns"))
    check_texts(inspection, [source])
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is not None and target in frame.columns:
            as_column_of_texts(inspection, role, target)
            drop_empty(inspection, role, target, code="no_label")
            _note_copies(inspection, role, source, target)
    base = base_table(inspection, [source])
    parts = {} if base is None else {"text": joined_texts(base, [source]), "label": joined_texts(base, [target])}
    return text_profile(parts, {"text": "Text", "label": "Target text"}).model_copy(update={"task": "generation"})


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """No row: texts are no classes."""
    return np.zeros(len(frame), dtype=bool)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """A text, and the text to write from it."""
    target = as_text(row.get(str(roles.get("label_columns"))))
    truth = shown_text(target, ()) if target is not None else None
    return text_view(row, text_blocks(row, roles.get("text_column")), truth)


def _note_copies(inspection: Inspection, role: TableRole, source: str, target: str) -> None:
    frame = inspection.frames[role]
    same = frame.index[frame[source] == frame[target]]
    if len(same):
        inspection.note(
            role,
            FindingLevel.WARNING,
            "copied_target",
            target,
            f"{len(same)} targets are the text itself, so the model learns to copy.",
            "Leave these rows out, or choose the column with the text to write.",
            same,
            found=listed(frame.loc[same, target].head(20), 1),
            expected="a target that is not its text",
        )
