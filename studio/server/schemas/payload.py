"""Payload: the base of everything that crosses the REST border."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[\w .\-]+$")]
"""A name a person gives: letters, digits, space, dot, underscore, hyphen."""

SettingScalar = bool | int | float | str
SettingValue = SettingScalar | list[SettingScalar | None] | None
"""A setting's value as JSON has it."""


class Payload(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
