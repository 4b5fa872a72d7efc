"""Images: a column of a row names a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.importers.class_folders import IMAGE_FOLDER
from studio.datasets.importers.format import DatasetFormat, table_format
from studio.datasets.inspection import Inspection
from studio.datasets.media.image_profile import image_profile
from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.role_inference import file_column
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_role_inference import prose_columns
from studio.problems.composition import FoundInput, InputSpec, TaskSpec
from studio.problems.contract import Category, ColumnRole
from studio.problems.requirements import IMAGE_SCORING
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, SampleView, media_path
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.augmentation import ImageAugmentationSection, LabelMixSection
from studio.settings.sections.dataset import ImageDatasetSection
from studio.settings.sections.environment import ImageEnvironmentSection
from studio.settings.sections.image import ImageSection
from studio.settings.sections.image_backbone import ImageViewsMixin, PooledBackboneSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.interpretations import HIRES_CAM, ImageInterpretationsMixin
from studio.settings.sections.logging import ImageLoggingSection
from studio.settings.sections.text_checks import missing_column
from studio.settings.sections.training import TrainingSection

WITH_PROSE = 0.95
"""How sure images alone are the input, where a table also has a column of prose."""


def formats(task: TaskSpec) -> tuple[DatasetFormat, ...]:
    """Tables that name images; where labels are classes, a folder a class."""
    table = table_format("Table with a folder of images", f"A table that names the images and says {task.table_hint}.")
    return (table, IMAGE_FOLDER) if task.has_classes else (table,)


def find(view: TableView) -> FoundInput | None:
    """A column that names files; where there is prose beside it, that may belong to the input."""
    found = file_column(view)
    if found is None:
        return None
    column, folder = found
    certainty = WITH_PROSE if prose_columns(view, beside_files=True) else 1.0
    return FoundInput({"image_column": column}, (column,), f"{column} names files in {folder}", certainty)


def check(inspection: Inspection) -> None:
    """Files are checked before any problem type looks at the rows."""


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The image of a row."""
    name = str(row[str(roles["image_column"])])
    return SampleView(
        row=int(row[ROW]), title=name, media=IMAGE_READER.reference(media_path(name, media_folder), row), truth=truth
    )


def profile(inspection: Inspection) -> DatasetProfile:
    """Sizes and channels of the images."""
    return image_profile(inspection)


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Channels that no image has, and a label column that is not chosen."""
    yield from channel_contradictions(settings, context)
    if context.columns and not settings.value("dataset.label_columns"):
        yield missing_column(
            "dataset.label_columns", "No label column is chosen.", "Choose the column with the labels."
        )


IMAGE = InputSpec(
    category=Category.IMAGE,
    roles=(ColumnRole("image_column", "Image column", ("file", "text"), hint="file names of the images"),),
    formats=formats,
    find=find,
    check=check,
    profile=profile,
    view=view,
    dataset=ImageDatasetSection,
    sections={"image": ImageSection, "augmentation": ImageAugmentationSection},
    mixed_sections={"augmentation": LabelMixSection},
    architecture=PooledBackboneSection,
    training=TrainingSection,
    interpretations=ImageInterpretationsMixin,
    views=(ImageViewsMixin,),
    environment=ImageEnvironmentSection,
    logging=ImageLoggingSection,
    contradictions=contradictions,
    explanation=HIRES_CAM,
    scoring_distributions=IMAGE_SCORING,
    media_role="image_column",
    medium="image",
)
