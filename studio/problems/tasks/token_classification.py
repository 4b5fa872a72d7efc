"""Token classification: a tag for every word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.histograms import histogram
from studio.datasets.importers.conll import CONLL
from studio.datasets.importers.format import table_format
from studio.datasets.importers.spacy_json import SPACY_JSON
from studio.datasets.importers.text_spans import TEXT_SPANS
from studio.datasets.importers.word_rows import WORD_ROWS
from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.labels.unseen_labels import drop_unseen
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.bio_tags import entities, words_of
from studio.datasets.texts.entity_spans import entity_spans
from studio.datasets.texts.outside_tag import settle_outside
from studio.datasets.texts.tag_checks import LABEL, TEXT, check_tags, has_tags, settle_schemes
from studio.datasets.texts.text_role_inference import word_and_tag_columns
from studio.datasets.texts.text_views import shown_spans
from studio.on_demand import np, pd
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.sample_view import SpanAnnotation
from studio.results.tagging import TAGGING_METRICS, Panel
from studio.settings.finding import FindingLevel
from studio.settings.sections.losses import TokenLossMixin
from studio.settings.sections.tasks.tags import IgnoredTagsMixin, TagsMixin
from studio.settings.sections.training import HeadLayersMixin

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
LEAST_TAGS = 2
CERTAIN = 0.95


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """A column with as many tags as there are words."""
    columns = word_and_tag_columns(view)
    if columns is None:
        return None
    return FoundLabels({LABEL: columns[1]}, CERTAIN, (f"{columns[1]} holds a tag for each of them",))


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check tags against the words, and gather the facts of entities."""
    tagged = [role for role in LABELED if has_tags(inspection.frames.get(role), inspection.roles)]
    for role in tagged:
        check_tags(inspection, role)
    settle_outside(inspection, tagged, str(inspection.roles.get(LABEL)))
    settle_schemes(inspection, tagged)
    if tagged and tagged[0] == "train":
        known = {tag for tags in _tags(inspection, "train") for tag in tags}
        _refuse_without_entities(inspection, known)
        for role in tagged[1:]:
            drop_unseen(
                inspection,
                role,
                str(inspection.roles[LABEL]),
                _tags(inspection, role),
                known,
                nouns=("tag", "tags"),
                cure="training rows with this tag",
            )
    return _profile(inspection, tagged)


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> SpanAnnotation | None:
    """The entities of a row."""
    words, tags = words_of(row[str(roles[TEXT])]), words_of(row.get(str(roles.get(LABEL))))
    true, _ = entity_spans(words, tags if len(words) == len(tags) else (), None, None, frozenset())
    return SpanAnnotation(spans=shown_spans(true)) if tags else None


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows have an entity of a type."""
    column = str(roles.get(LABEL))
    if column not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.array([any(one.label == label for one in entities(words_of(cell))) for cell in frame[column]], dtype=bool)


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


def _profile(inspection: Inspection, tagged: list[TableRole]) -> DatasetProfile:
    counts = {
        inspection.names[role]: dict(
            sorted(Counter(entity.label for tags in _tags(inspection, role) for entity in entities(tags)).items())
        )
        for role in tagged
    }
    found = DatasetProfile(task="tagging").with_parts(
        LabelPart(names=tuple(next(iter(counts.values()), {})), counts=counts)
    )
    if not tagged:
        return found
    per_row = [sum(1 for _ in entities(tags)) for tags in _tags(inspection, tagged[0])]
    facts = {
        "entities": float(sum(per_row)),
        "entities_per_row": float(np.mean(per_row)) if per_row else 0.0,
        "rows_without_entities": float(sum(count == 0 for count in per_row)),
    }
    histograms = (histogram("Entities per row", "", per_row),) if per_row else ()
    return found.model_copy(update={"facts": facts, "histograms": histograms})


TOKEN_CLASSIFICATION = TaskSpec(
    roles=(ColumnRole(LABEL, "Label columns", ("list", "text"), in_test=False, hint="a list of tags, one a word"),),
    table_hint="a list of tags",
    formats=(
        table_format("Table with lists of words", "A table with a list of words and a list of tags a row."),
        CONLL,
        TEXT_SPANS,
        WORD_ROWS,
        SPACY_JSON,
    ),
    find=find,
    inspect=inspect,
    truth=truth,
    find_label=find_label,
    dataset=(TagsMixin,),
    training=(HeadLayersMixin, TokenLossMixin),
    further={"logging": (IgnoredTagsMixin,)},
    metrics=TAGGING_METRICS,
    default_metric="MICRO_F1_SCORE",
    metric_help="The metric that validation reports and that selects the best checkpoint. The CoNLL metrics count "
    "whole entities, the others single words.",
    panels=tuple(Panel),
    prediction_columns="lists: pred_label with a tag for every word, pred_probability with its probability, "
    "pred_spans with the entities",
)
