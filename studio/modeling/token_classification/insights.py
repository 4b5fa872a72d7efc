"""Insights of token classification: a table of the entities, and which tag is taken for which.

Shapes: K tags.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.datasets.texts.bio_tags import OUTSIDE, split_tag
from studio.modeling.recipe import Split
from studio.modeling.token_classification.metrics import Counts, entity_counts, word_counts
from studio.results.insight import Insight, Matrix, Table
from studio.results.tagging import Panel

MOST_TAGS = 40
"""Tags that a confusion matrix shows; the tables have them all."""
MOST_ROWS_A_CELL = 50


@dataclass(frozen=True)
class TaggingResults:
    """Sentences whose tags are known, with the predicted ones."""

    truth: Sequence[Sequence[str]]
    predicted: Sequence[Sequence[str]]
    rows: Sequence[int]
    """The row of each in the source table."""


def token_insights(results: TaggingResults, split: Split) -> Iterator[Insight]:
    """Every panel; none without sentences."""
    if not results.rows:
        return
    yield _entities(results, split)
    yield _tags(results, split)
    yield _confusion(results, split)


def _entities(results: TaggingResults, split: Split) -> Insight:
    return Insight(
        key=f"{split}-entities",
        group=split,
        title=Panel.ENTITIES,
        how_to_read="An entity is correct if its type, first word and last word are correct. Most other predicted "
        "entities have a wrong boundary or a wrong type.",
        payload=_table("Entity", entity_counts(results.truth, results.predicted)),
    )


def _tags(results: TaggingResults, split: Split) -> Insight:
    return Insight(
        key=f"{split}-tags",
        group=split,
        title=Panel.TAGS,
        how_to_read="Recall: the share of a tag's words that are predicted with it. Precision: the share of such "
        "predictions that are correct.",
        payload=_table("Tag", word_counts(results.truth, results.predicted)),
    )


def _table(name: str, counts: Counts) -> Table:
    rows = []
    for one in sorted(counts.names, key=lambda name: (-counts.true.get(name, 0), name)):
        true, predicted, right = counts.true.get(one, 0), counts.predicted.get(one, 0), counts.right.get(one, 0)
        precision, recall = right / predicted if predicted else None, right / true if true else None
        rows.append((one, true, predicted, right, precision, recall, counts.f1(one)))
    return Table(columns=(name, "True", "Predicted", "Right", "Precision", "Recall", "F1"), rows=tuple(rows))


def _confusion(results: TaggingResults, split: Split) -> Insight:
    """Tags by type with O at the end; types alone where there are too many tags."""
    names, read = _names(results)
    index = {name: position for position, name in enumerate(names)}
    counts = Counter[tuple[int, int]]()
    rows: dict[tuple[int, int], list[int]] = {}
    for tags, answer, row in zip(results.truth, results.predicted, results.rows, strict=True):
        cells = Counter(
            (index[read[tag]], index[read[other]])
            for tag, other in zip(tags, answer, strict=True)
            if read[tag] in index and read[other] in index
        )
        counts.update(cells)
        for cell in cells:
            behind = rows.setdefault(cell, [])
            if len(behind) < MOST_ROWS_A_CELL:
                behind.append(row)
    cells_of = range(len(names))
    return Insight(
        key=f"{split}-confusion",
        group=split,
        title=Panel.CONFUSION,
        how_to_read="Rows are true tags, columns are predicted tags, counted in words. Open a cell to see "
        "texts with such words.",
        payload=Matrix(
            row_label="Truth",
            column_label="Prediction",
            row_names=names,
            column_names=names,
            counts=tuple(tuple(counts[i, j] for j in cells_of) for i in cells_of),
            opens_samples=False,
            sample_rows=tuple(tuple(tuple(rows.get((i, j), ())) for j in cells_of) for i in cells_of),
        ),
    )


def _names(results: TaggingResults) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names of rows and columns, and which name stands for a tag."""
    frequent = Counter(tag for tags in (*results.truth, *results.predicted) for tag in tags)
    read = {tag: tag for tag in frequent}
    if len(read) > MOST_TAGS:
        read = {tag: split_tag(tag)[1] or OUTSIDE for tag in frequent}
    totals = Counter[str]()
    for tag, count in frequent.items():
        totals[read[tag]] += count
    shown = [name for name, _ in totals.most_common(MOST_TAGS)]
    type_of = {read[tag]: split_tag(tag)[1] for tag in frequent}
    return tuple(sorted(shown, key=lambda name: (name == OUTSIDE, type_of[name], name))), read
