"""Recordings: a column of a row names a file with sound."""

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.importers.class_folders import AUDIO_FOLDER
from studio.datasets.importers.format import DatasetFormat, table_format
from studio.datasets.importers.speech.metadata_tables import LABELLED_TABLES
from studio.datasets.inspection import Inspection
from studio.datasets.media.audio_profile import audio_profile
from studio.datasets.media.readers.audio import READER as AUDIO_READER
from studio.datasets.tables.role_inference import file_column
from studio.datasets.tables.table_view import TableView
from studio.problems.composition import FoundInput, InputSpec, TaskSpec
from studio.problems.contract import Category, ColumnRole
from studio.problems.requirements import AUDIO_SCORING
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, SampleView, media_path
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.dataset import AudioDatasetSection
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.inputs.audio import (
    AudioAugmentationSection,
    AudioBackboneSection,
    AudioChunksMixin,
    AudioMixSection,
    AudioSection,
    audio_contradictions,
)
from studio.settings.sections.interpretations import HIRES_CAM, AudioInterpretationsMixin
from studio.settings.sections.logging import AudioLoggingSection
from studio.settings.sections.networks.speech_encoder import speech_contradictions
from studio.settings.sections.text_checks import missing_column
from studio.settings.sections.training import TrainingSection


def formats(task: TaskSpec) -> tuple[DatasetFormat, ...]:
    """Tables that name recordings; where labels are classes, a folder a class."""
    words = f"A table that names the recordings and says {task.table_hint}."
    table = table_format("Table with a folder of recordings", words)
    return (table, AUDIO_FOLDER, LABELLED_TABLES) if task.has_classes else (table,)


def find(view: TableView) -> FoundInput | None:
    """A column that names recordings."""
    found = file_column(view)
    if found is None or view.file_media.get(found[0]) != AUDIO_READER.name:
        return None
    column, folder = found
    return FoundInput({"audio_column": column}, (column,), f"{column} names recordings in {folder}")


def check(inspection: Inspection) -> None:
    """Files are checked before any problem type looks at the rows."""


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The recording of a row."""
    name = str(row[str(roles["audio_column"])])
    return SampleView(
        row=int(row[ROW]), title=name, media=AUDIO_READER.reference(media_path(name, media_folder), row), truth=truth
    )


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Frequencies and windows that do not go together, and a label column that is not chosen."""
    yield from audio_contradictions(settings, context)
    yield from speech_contradictions(settings, context)
    if context.columns and not settings.value("dataset.label_columns"):
        yield missing_column("dataset.label_columns", "No label column is chosen.", "Choose the column with the truth.")


AUDIO = InputSpec(
    category=Category.AUDIO,
    roles=(ColumnRole("audio_column", "Audio column", ("file", "text"), hint="file names of the recordings"),),
    formats=formats,
    find=find,
    check=check,
    profile=audio_profile,
    view=view,
    dataset=AudioDatasetSection,
    sections={"audio": AudioSection, "augmentation": AudioAugmentationSection},
    mixed_sections={"augmentation": AudioMixSection},
    architecture=AudioBackboneSection,
    training=TrainingSection,
    interpretations=AudioInterpretationsMixin,
    views=(AudioChunksMixin,),
    environment=CachedEnvironmentSection,
    logging=AudioLoggingSection,
    contradictions=contradictions,
    explanation=HIRES_CAM,
    scoring_distributions=AUDIO_SCORING,
    media_role="audio_column",
    medium="audio",
)
