"""Setting: what a field is to a person. It rides on the field as metadata:

learning_rate: Annotated[float, Field(gt=0, le=10), Setting(label="Learning rate", help="...", grid=True)] = 1e-3
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from studio.settings.choices import Choices
from studio.settings.condition import When


class ExperienceLevel(StrEnum):
    """How much of the form a person wants to see; each level includes the ones before."""

    NOVICE = "novice"
    SKILLED = "skilled"
    EXPERT = "expert"
    MASTER = "master"


class Kind(StrEnum):
    """How a value is entered. The closed set that a form renderer must know."""

    STRING = "string"
    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    ENUM = "enum"
    MULTI = "multi"
    TAGS = "tags"
    COLUMN = "column"
    SECRET = "secret"  # noqa: S105 - a kind of field, not a password


@dataclass(frozen=True)
class Setting:
    """Label, help and behaviour of one field in forms, docs and grid search."""

    label: str
    help: str
    level: ExperienceLevel = ExperienceLevel.NOVICE
    grid: bool = False
    """Whether several values may be tried in one grid search."""
    grid_values: tuple[Any, ...] = ()
    """Values offered first when several are tried."""
    unit: str = ""
    log: bool = False
    """Whether the number is best read on a logarithmic scale."""
    step: float | None = None
    visible_if: When | None = None
    choices: Choices | None = None
    labels: tuple[tuple[str, str], ...] = ()
    """Words for the values of a fixed choice, where the value itself is not what people read."""
    kind: Kind | None = None
    """Only where the annotation does not say it (long text, secret)."""
    paper: str = ""
    fixed: bool = False
    """Shown, and decided elsewhere (the problem type, say)."""
    head: bool = False
    """Chosen above the form, because it decides what the form starts from."""
