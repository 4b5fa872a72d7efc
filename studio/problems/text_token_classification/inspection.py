"""How token classification data is checked, profiled and shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.media.image_profile import histogram
from studio.datasets.profile import DatasetProfile
from studio.datasets.texts.bio_tags import entities, words_of
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_views import shown_spans, text_view
from studio.problems.text_token_classification.entity_spans import entity_spans
from studio.problems.text_token_classification.tag_checks import (
    LABEL,
    TEXT,
    check_tags,
    check_words,
    drop_unseen,
    has_tags,
    settle_schemes,
)
from studio.results.sample_view import SampleView, SpanAnnotation, TextBlock
from studio.settings.finding import FindingLevel

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
OUTSIDE = "O"
LEAST_TAGS = 2


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check words and tags, and gather the facts of entities and lengths."""
    for role in inspection.frames:
        check_words(inspection, role)
    tagged = [role for role in LABELED if has_tags(inspection.frames.get(role), inspection.roles)]
    for role in tagged:
        check_tags(inspection, role)
    settle_schemes(inspection, tagged)
    base = next(iter(tagged), None)
    if base == "train":
        known = {tag for tags in _tags(inspection, "train") for tag in tags}
        _refuse_without_entities(inspection, known)
        for role in tagged[1:]:
            drop_unseen(inspection, role, known)
    return _profile(inspection, base, tagged)


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows have an entity of a type."""
    column = str(roles.get(LABEL))
    if column not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.array([any(one.label == label for one in entities(words_of(cell))) for cell in frame[column]], dtype=bool)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """Words as a text, with the true entities marked."""
    words, tags = words_of(row[str(roles[TEXT])]), words_of(row.get(str(roles.get(LABEL))))
    true, _ = entity_spans(words, tags if len(words) == len(tags) else (), None, None, frozenset())
    truth = SpanAnnotation(spans=shown_spans(true)) if tags else None
    return text_view(row, [TextBlock(name=str(roles[TEXT]), text=" ".join(words))], truth)


def _tags(inspection: Inspection, role: TableRole) -> list[list[str]]:
    return list(inspection.frames[role][str(inspection.roles[LABEL])])


def _refuse_without_entities(inspection: Inspection, known: set[str]) -> None:
    if len(known) < LEAST_TAGS:
        inspection.note(
            "train",
            FindingLevel.ERROR,
            "one_class",
            str(inspection.roles[LABEL]),
            f"The train table has {len(known)} different tag{'s' if len(known) != 1 else ''}.",
            "Tag some words, and choose the column that holds the tags.",
            found=f"only {listed(known)}" if known else "no tag",
            expected=f"at least {LEAST_TAGS} different tags",
        )


def _profile(inspection: Inspection, base: TableRole | None, tagged: Sequence[TableRole]) -> DatasetProfile:
    role = base if base is not None else next(iter(inspection.frames))
    words = list(inspection.frames[role][str(inspection.roles[TEXT])])
    profile = text_profile({"text": [" ".join(one) for one in words]}, {"text": "Text"})
    facts = profile.facts | {"words_per_row": float(np.mean([len(one) for one in words])) if words else 0.0}
    histograms = [histogram("Words per row", "", [len(one) for one in words])] if words else []
    counts = {
        inspection.names[one]: dict(
            sorted(Counter(entity.label for tags in _tags(inspection, one) for entity in entities(tags)).items())
        )
        for one in tagged
    }
    if base is not None:
        per_row = [sum(1 for _ in entities(tags)) for tags in _tags(inspection, base)]
        facts |= {
            "entities": float(sum(per_row)),
            "entities_per_row": float(np.mean(per_row)) if per_row else 0.0,
            "rows_without_entities": float(sum(count == 0 for count in per_row)),
        }
        if per_row:
            histograms.append(histogram("Entities per row", "", per_row))
    labels = LabelPart(names=tuple(next(iter(counts.values()), {})), counts=counts)
    return profile.with_parts(labels).model_copy(
        update={"task": "tagging", "facts": facts, "histograms": (*histograms, *profile.histograms)}
    )
