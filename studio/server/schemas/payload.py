"""Payload: the base of everything that crosses the REST border."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from studio.settings.names import MAX_NAME_CHARACTERS, NAME_PATTERN

Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=NAME_PATTERN),
    AfterValidator(str.strip),
]
"""A name a person gives: letters, digits, space, dot, underscore, hyphen."""

SettingScalar = bool | int | float | str
SettingValue = SettingScalar | list[SettingScalar | None] | None
"""A setting's value as JSON has it."""


class Payload(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
