"""Speech: a column of a row names a recording of somebody speaking."""

from collections.abc import Iterator
from dataclasses import replace

from studio.datasets.importers.format import DatasetFormat, table_format
from studio.datasets.importers.speech.formats import CORPORA
from studio.problems.composition import TaskSpec
from studio.problems.contract import Category
from studio.problems.inputs.audio import AUDIO
from studio.problems.requirements import SPEECH_SCORING
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.speech import (
    SpeechModelSection,
    SpeechSection,
    SpeechTrainingSection,
    SpeechWindowsMixin,
    speech_contradictions,
)
from studio.settings.sections.text_checks import backbone_contradictions, missing_column


def formats(task: TaskSpec) -> tuple[DatasetFormat, ...]:
    """Tables that name recordings, and the layouts in which speech corpora are published."""
    words = f"A table that names the recordings and says {task.table_hint}."
    return (table_format("Table with a folder of recordings", words), *CORPORA)


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Weights that do not exist, a rate that a model does not know, and a label column that is not chosen."""
    yield from backbone_contradictions(settings)
    yield from speech_contradictions(settings, context)
    is_trained = settings.value("dataset.train_dataframe") is not None
    if context.columns and is_trained and not settings.value("dataset.label_columns"):
        yield missing_column(
            "dataset.label_columns", "No label column is chosen.", "Choose the column with the transcripts."
        )


SPEECH = replace(
    AUDIO,
    category=Category.SPEECH,
    formats=formats,
    sections={"audio": SpeechSection},
    mixed_sections={},
    architecture=SpeechModelSection,
    training=SpeechTrainingSection,
    interpretations=None,
    explanation=None,
    views=(SpeechWindowsMixin,),
    contradictions=contradictions,
    scoring_distributions=SPEECH_SCORING,
)
