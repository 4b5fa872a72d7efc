"""ProfilePart: facts about one side of a dataset, such as its labels, as who gathers them declares them.

A part is a model in a file `*_part.py` below `studio/datasets`, beside the code that gathers its facts, or one that
another package names under the entry point group `studio.profile_parts`. Nothing else is edited: the profile, its file
and the description of the API follow.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, SerializeAsAny
from pydantic_core import CoreSchema

from studio import datasets

ENTRY_POINT_GROUP = "studio.profile_parts"
FILE_ENDING = "_part"


class ProfilePart(BaseModel):
    """Facts about one side of a dataset. Every field has a default: a dataset without this side has an empty part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: ClassVar[str]
    """Its name in a profile, such as `labels`."""

    def choice_facts(self) -> Mapping[str, object]:
        """What conditions and checks of settings may look at, by names that begin with `dataset.`."""
        return {}

    def joined(self, other: Self) -> Self:
        """With what another part of this kind knows, where two look at one side of the data."""
        return self.model_copy(update={name: getattr(other, name) for name in other.model_fields_set})


class UnknownPart(ProfilePart):
    """A part whose package is not installed any more, kept as it is."""

    model_config = ConfigDict(extra="allow")
    part: ClassVar[str] = ""


@cache
def _known() -> dict[str, type[ProfilePart]]:
    found: dict[str, type[ProfilePart]] = {}
    for one in [*_own_parts(), *(entry.load() for entry in entry_points(group=ENTRY_POINT_GROUP))]:
        _add(found, one)
    return found


def _own_parts() -> Iterator[type[ProfilePart]]:
    for module in pkgutil.walk_packages(datasets.__path__, f"{datasets.__name__}."):
        if module.name.endswith(FILE_ENDING):
            yield importlib.import_module(module.name).PART


def _add(found: dict[str, type[ProfilePart]], part: Any) -> None:
    if not (isinstance(part, type) and issubclass(part, ProfilePart)) or part.part in found:
        raise TypeError(f"{part!r} is not a new ProfilePart.")
    found[part.part] = part


@contextmanager
def registered_part(part: type[ProfilePart]) -> Iterator[None]:
    """One more part for a while.

    Raises:
        TypeError: if it is no part, or its name is taken.
    """
    _add(_known(), part)
    try:
        yield
    finally:
        del _known()[part.part]


def profile_parts() -> Mapping[str, type[ProfilePart]]:
    """Every part by its name, in the order of names."""
    return dict(sorted(_known().items()))


def by_name(parts: Iterable[ProfilePart]) -> dict[str, ProfilePart]:
    """Parts as a profile keeps them."""
    return {one.part: one for one in parts}


def _read(value: object) -> object:
    """Parts as their owners declare them; one that is unknown stays what it is."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: one if isinstance(one, ProfilePart) else _known().get(name, UnknownPart).model_validate(one)
        for name, one in value.items()
    }


class _DescribedParts:
    """Names the parts there are in the description of the API."""

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        parts = {name: handler(part.__pydantic_core_schema__) for name, part in profile_parts().items()}
        return {"type": "object", "properties": parts}


Parts = Annotated[dict[str, SerializeAsAny[ProfilePart]], BeforeValidator(_read), _DescribedParts()]
"""The parts of a profile by name."""
