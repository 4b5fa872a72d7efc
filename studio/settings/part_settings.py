"""Parts: a model put together from several networks names what each has of its own after the part.

What a part alone calls `architecture.backbone` is `architecture.image_backbone` where there is a text beside the image.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from studio.settings.field import Field
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection, SuggestedChange
from studio.settings.setting import Setting

OWN = ("backbone", "pretrained", "pool")
"""What every network of a model has for itself; everything else is shared."""


def part_keys(part: str) -> dict[str, str]:
    """Key as the part alone has it -> key in the settings of the whole."""
    return {f"architecture.{name}": f"architecture.{part}_{name}" for name in OWN}


def part_setting(section: type[SettingsSection], name: str, label: str) -> Setting:
    """A setting of a part's section under the label that it has in the whole."""
    setting = next(one for one in section.model_fields[name].metadata if isinstance(one, Setting))
    return replace(setting, label=label)


def settings_of_part(whole: SettingsSchema, part: str) -> SettingsSchema:
    """The settings as a part knows them: under the keys that it has alone."""
    return cast(SettingsSchema, _PartSettings(whole, part_keys(part)))


def findings_of_part(findings: Iterable[Finding], part: str) -> Iterator[Finding]:
    """Findings of a part, at the settings of the whole."""
    keys = part_keys(part)
    return (one.model_copy(update={"path": keys.get(one.path, one.path)}) for one in findings)


def changes_of_part(changes: Iterable[SuggestedChange], part: str) -> Iterator[SuggestedChange]:
    """Suggestions for a part, for the settings of the whole."""
    keys = part_keys(part)
    return (replace(one, key=keys.get(one.key, one.key)) for one in changes)


class _PartSettings:
    """Reads like the settings of the part alone."""

    def __init__(self, whole: SettingsSchema, keys: Mapping[str, str]) -> None:
        self._whole, self._keys = whole, keys

    def fields(self) -> dict[str, Field]:
        """Every setting of the whole, those of the part under its keys."""
        fields = self._whole.fields()
        return {**fields, **{key: fields[whole] for key, whole in self._keys.items()}}

    def value(self, key: str) -> Any:
        """The value of a key."""
        return self._whole.value(self._keys.get(key, key))

    def __getattr__(self, section: str) -> Any:
        if section.startswith("_"):  # not there yet while it is unpickled
            raise AttributeError(section)
        return _PartSection(getattr(self._whole, section), section, self._keys)


class _PartSection:
    """Reads like a section of the part alone."""

    def __init__(self, whole: Any, section: str, keys: Mapping[str, str]) -> None:
        self._whole, self._section, self._keys = whole, section, keys

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        key = f"{self._section}.{name}"
        return getattr(self._whole, self._keys.get(key, key).partition(".")[2])
