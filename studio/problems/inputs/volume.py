"""Volumes: a column of a row names a file with an image of three dimensions."""

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.importers.format import DatasetFormat, table_format
from studio.datasets.inspection import Inspection
from studio.datasets.media.readers.volume import READER as VOLUME_READER
from studio.datasets.media.volume_profile import volume_profile
from studio.datasets.tables.role_inference import file_column
from studio.datasets.tables.table_view import TableView
from studio.problems.composition import FoundInput, InputSpec, TaskSpec
from studio.problems.contract import Category, ColumnRole
from studio.problems.requirements import VOLUME_SCORING
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, SampleView, media_path
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.dataset import ImageDatasetSection
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.inputs.volume import (
    VolumeAugmentationSection,
    VolumeEncoderSection,
    VolumeMixSection,
    VolumeSection,
    VolumeTrainingSection,
    VolumeViewsMixin,
    volume_contradictions,
)
from studio.settings.sections.interpretations import HIRES_CAM, VolumeInterpretationsMixin
from studio.settings.sections.logging import ImageLoggingSection
from studio.settings.sections.text_checks import missing_column


def formats(task: TaskSpec) -> tuple[DatasetFormat, ...]:
    """Tables that name volumes."""
    words = f"A table that names the volumes and says {task.table_hint}."
    return (table_format("Table with a folder of volumes", words),)


def find(view: TableView) -> FoundInput | None:
    """A column that names files of volumes."""
    found = file_column(view)
    if found is None or view.file_media.get(found[0]) != VOLUME_READER.name:
        return None
    column, folder = found
    return FoundInput({"image_column": column}, (column,), f"{column} names volumes in {folder}")


def check(inspection: Inspection) -> None:
    """Files are checked before any problem type looks at the rows."""


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The volume of a row."""
    name = str(row[str(roles["image_column"])])
    return SampleView(
        row=int(row[ROW]), title=name, media=VOLUME_READER.reference(media_path(name, media_folder), row), truth=truth
    )


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Channels that no volume has, an encoder without a 3D form, and a label column that is not chosen."""
    yield from volume_contradictions(settings, context)
    if context.columns and not settings.value("dataset.label_columns"):
        yield missing_column("dataset.label_columns", "No label column is chosen.", "Choose the column with the truth.")


VOLUME = InputSpec(
    category=Category.IMAGE,
    roles=(ColumnRole("image_column", "Image column", ("file", "text"), hint="file names of the volumes"),),
    formats=formats,
    find=find,
    check=check,
    profile=volume_profile,
    view=view,
    dataset=ImageDatasetSection,
    sections={"image": VolumeSection, "augmentation": VolumeAugmentationSection},
    mixed_sections={"augmentation": VolumeMixSection},
    architecture=VolumeEncoderSection,
    training=VolumeTrainingSection,
    interpretations=VolumeInterpretationsMixin,
    explanation=HIRES_CAM,
    views=(VolumeViewsMixin,),
    environment=CachedEnvironmentSection,
    logging=ImageLoggingSection,
    contradictions=contradictions,
    scoring_distributions=VOLUME_SCORING,
    media_role="image_column",
    medium="volume",
)
