"""DatasetProfile: facts about the data, as the import found them; `profile.json` in a dataset's folder."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

from studio.datasets.flat_profile import in_parts
from studio.datasets.profile_parts import Parts, ProfilePart, by_name

P = TypeVar("P", bound=ProfilePart)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Histogram(_Model):
    """Counts between edges; one more edge than counts."""

    title: str
    unit: str = ""
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class DatasetProfile(_Model):
    """Facts about the data that checks, suggestions and the statistics page use."""

    task: str = ""
    """binary, multi-class, multi-label, detection, ...: what the roles make of it."""
    parts: Parts = {}
    """By name: only those that the data has. Each is declared by who gathers it, see `profile_parts.py`."""
    histograms: tuple[Histogram, ...] = ()
    facts: dict[str, float] = {}
    """Further numbers to show, such as `entities_per_row`."""

    @model_validator(mode="before")
    @classmethod
    def _read_flat(cls, data: Any) -> Any:
        return in_parts(data) if isinstance(data, dict) else data

    def part(self, kind: type[P]) -> P:
        """What is known about one side of the data; an empty part where the data lacks it."""
        found = self.parts.get(kind.part)
        return found if isinstance(found, kind) else kind()

    def with_parts(self, *parts: ProfilePart) -> "DatasetProfile":
        """The profile with these parts beside its own, or in their place."""
        return self.model_copy(update={"parts": self.parts | by_name(parts)})

    def joined(self, other: "DatasetProfile") -> "DatasetProfile":
        """What both know, of rows that two look at; the other's task and histograms stand first."""
        parts = {
            name: self.parts[name].joined(part) if name in self.parts else part for name, part in other.parts.items()
        }
        return DatasetProfile(
            task=other.task or self.task,
            parts=self.parts | parts,
            facts=self.facts | other.facts,
            histograms=(*other.histograms, *self.histograms),
        )

    def choice_facts(self) -> Mapping[str, object]:
        """What conditions and checks of settings may look at."""
        return {"dataset.task": self.task} | {
            name: fact for part in self.parts.values() for name, fact in part.choice_facts().items()
        }
