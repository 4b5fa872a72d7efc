"""What a profile knows about a dataset's texts."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from studio.datasets.profile_parts import ProfilePart
from studio.settings.sections.text_checks import LENGTHS_FACT


class TextLengths(BaseModel):
    """How many tokens the texts of one kind have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    counts: tuple[tuple[int, int], ...]
    """(tokens, rows) with rising numbers of tokens. Exact up to 512, above rounded up."""
    tokenizer: str = ""
    """What counted them; empty where they were estimated from words and punctuation."""
    rows: int
    """Rows of the table; the counts are of a sample where there are very many."""


class TextPart(ProfilePart):
    """Lengths of the train texts."""

    part: ClassVar[str] = "texts"

    lengths: dict[str, TextLengths] = Field(default_factory=dict)
    """By what the texts are for, such as `text` (what is read) and `label` (what is written)."""

    def choice_facts(self) -> Mapping[str, object]:
        return {LENGTHS_FACT: {name: one.model_dump(mode="json") for name, one in self.lengths.items()}}

    def joined(self, other: Self) -> Self:
        return self.model_copy(update={"lengths": self.lengths | other.lengths})


PART = TextPart
