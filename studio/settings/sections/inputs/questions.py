"""Questions about contexts, which are read in windows where they are long."""

from typing import Annotated

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.sections.dataset import DatasetSection
from studio.settings.sections.text import TokenizerSection, max_length_setting
from studio.settings.setting import ExperienceLevel, Setting


class QuestionDatasetSection(DatasetSection):
    """Rows with a question and the text that answers it."""

    question_column: Annotated[
        str,
        Setting(label="Question column", help="The column with the question.", choices=Columns()),
    ] = ""
    context_column: Annotated[
        str,
        Setting(
            label="Context column",
            help="The column with the text that contains the answer.",
            choices=Columns(),
        ),
    ] = ""


class QuestionTokenizerSection(TokenizerSection):
    """Contexts longer than a window are read in several that overlap."""

    max_length: Annotated[
        int,
        Field(ge=16, le=65_536),
        max_length_setting(
            "Tokens of question and context that the model sees at once. A longer context is read in several windows. "
            "More takes more memory and time.",
            (128, 256, 384, 512),
        ),
    ] = 256
    doc_stride: Annotated[
        int,
        Field(ge=0, le=65_536),
        Setting(
            label="Doc stride",
            help="Tokens of the context that neighbouring windows share, so that no answer is lost between two "
            "windows. It should be longer than the longest answer.",
            unit="tokens",
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(32, 64, 128),
        ),
    ] = 64
