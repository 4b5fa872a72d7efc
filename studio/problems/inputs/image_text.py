"""Images with texts: a column of a row names a file, others hold texts. Both are read as by the inputs they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.importers.format import DatasetFormat, table_format
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_role_inference import prose_columns
from studio.problems.composition import FoundInput, InputSpec, TaskSpec
from studio.problems.contract import Category
from studio.problems.inputs.image import IMAGE
from studio.problems.inputs.text import TEXT
from studio.results.sample_view import Annotation, SampleView
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.part_settings import findings_of_part, settings_of_part
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.image_text import (
    ImageTextArchitectureSection,
    ImageTextAugmentationSection,
    ImageTextDatasetSection,
    ImageTextTrainingSection,
)
from studio.settings.sections.interpretations import BOTH, ImageTextInterpretationsMixin
from studio.settings.value_checks import warning

PARTS = {"image": IMAGE, "text": TEXT}


def formats(task: TaskSpec) -> tuple[DatasetFormat, ...]:
    """Tables that name images beside texts."""
    words = f"A table that names the images and holds texts and {task.table_hint}."
    return (table_format("Table of texts with a folder of images", words),)


def find(view: TableView) -> FoundInput | None:
    """A column that names files, and columns of prose."""
    image, texts = IMAGE.find(view), prose_columns(view, beside_files=True)
    if image is None or not texts:
        return None
    roles = {**image.roles, "text_column": (texts[0],)}
    return FoundInput(roles, (*image.columns, *texts), f"{image.reason}, and {texts[0]} holds texts")


def check(inspection: Inspection) -> None:
    """Files are checked before; rows without a text are dropped."""
    for part in PARTS.values():
        part.check(inspection)


def profile(inspection: Inspection) -> DatasetProfile:
    """What is known of the images and of the texts."""
    return IMAGE.profile(inspection).joined(TEXT.profile(inspection))


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The image of a row with its texts."""
    texts = TEXT.view(row, roles, media_folder, truth).texts
    return IMAGE.view(row, roles, media_folder, truth).model_copy(update={"texts": texts})


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """What the image and the texts refuse, once, and frozen networks that know nothing."""
    told: list[Finding] = []
    for name, part in PARTS.items():
        for finding in findings_of_part(part.contradictions(settings_of_part(settings, name), context), name):
            if (finding.code, finding.path) not in [(one.code, one.path) for one in told]:
                told.append(finding)
        if settings.value(f"architecture.freeze_{name}_encoder") and not settings.value(
            f"architecture.{name}_pretrained"
        ):
            told.append(_frozen_at_random(name))
    yield from told


def _frozen_at_random(part: str) -> Finding:
    return warning(
        f"architecture.freeze_{part}_encoder",
        "frozen_random_weights",
        f"The {part} encoder starts from random weights and is frozen, so it learns nothing.",
        f"Turn Freeze {part} encoder off, or turn Pretrained {part} backbone on.",
        found="frozen random weights",
        expected="pretrained weights, or an encoder that is trained",
    )


IMAGE_TEXT = InputSpec(
    category=Category.IMAGE_AND_TEXT,
    roles=(*IMAGE.roles, *TEXT.roles),
    formats=formats,
    find=find,
    check=check,
    profile=profile,
    view=view,
    dataset=ImageTextDatasetSection,
    # Labels are not mixed: of two texts there is no mixture that could go with that of two images.
    sections={**IMAGE.sections, **TEXT.sections, "augmentation": ImageTextAugmentationSection},
    mixed_sections={},
    architecture=ImageTextArchitectureSection,
    training=ImageTextTrainingSection,
    interpretations=ImageTextInterpretationsMixin,
    views=IMAGE.views,
    environment=IMAGE.environment,
    logging=IMAGE.logging,
    contradictions=contradictions,
    explanation=BOTH,
    scoring_distributions=tuple(dict.fromkeys((*IMAGE.scoring_distributions, *TEXT.scoring_distributions))),
    panels=TEXT.panels,
    media_role=IMAGE.media_role,
    medium=IMAGE.medium,
)
