"""Custom augmentations: a pipeline of Albumentations transforms as text, read safely and checked by a list of names.

The text is YAML, of which JSON is a part. Written by hand it is a list of names with their arguments:

    - HorizontalFlip: {p: 0.5}
    - OneOf:
        p: 0.3
        transforms: [GaussianBlur, {GaussNoise: {std_range: [0.02, 0.1]}}]
    - Resize: {height: IMAGE_HEIGHT, width: IMAGE_WIDTH}

What Albumentations itself writes (`{"transform": {"__class_fullname__": "Compose", ...}}`, as in exports of Hydrogen
Torch) is read as well, with the names and arguments of older versions translated. Names are looked up in a list, never
imported; arguments are numbers, words, lists and mappings of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

from studio.errors import YamlError, in_quotes
from studio.settings.augmentation_arguments import argument_table, expected_value
from studio.settings.finding import Finding, FindingLevel
from studio.settings.old_augmentations import modern
from studio.settings.yaml_text import read_yaml_value

PLACEHOLDERS = ("IMAGE_HEIGHT", "IMAGE_WIDTH")
GROUPS: Mapping[str, frozenset[str]] = {
    "Compose": frozenset({"transforms", "p"}),
    "Sequential": frozenset({"transforms", "p"}),
    "OneOf": frozenset({"transforms", "p"}),
    "SomeOf": frozenset({"transforms", "p", "n", "replace"}),
}
"""What holds other steps, and the arguments it takes."""
OUR_OWN: Mapping[str, str] = {
    "Normalize": "Image normalization does that; choose it there.",
    "ToFloat": "The model takes bytes; Image normalization scales them.",
    "FromFloat": "Images are bytes already.",
    "ToTensorV2": "The studio makes tensors itself.",
    "ToTensor": "The studio makes tensors itself.",
    "Lambda": "Code cannot be run from a setting.",
    "MixUp": "Use Mix image.",
    "Mosaic": "Use Mix image.",
}
"""Names of Albumentations that are refused, and what to do instead."""
MAX_STEPS = 60
MAX_DEPTH = 4
_IGNORED = ("__class_fullname__", "id", "__version__")


@dataclass(frozen=True)
class Step:
    """One transform, or a group of them."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """The steps in order, and how small the rest of a box may get before it is dropped."""

    steps: tuple[Step, ...] = ()
    min_area: float | None = None
    """Square pixels; None takes the studio's."""
    min_visibility: float | None = None
    """A share of the box; None takes the studio's."""


def parse_pipeline(text: str, key: str, width: int, height: int) -> tuple[Pipeline, tuple[Finding, ...]]:
    """The pipeline of a setting's text for an input size, and everything that is wrong or was translated.

    An empty text is an empty pipeline. `key` is the setting, for the findings' paths.
    """
    reader = _Reader(key, {"IMAGE_WIDTH": width, "IMAGE_HEIGHT": height})
    if not text.strip():
        return Pipeline(), ()
    try:
        value, _ = read_yaml_value(text)
    except YamlError as error:
        return Pipeline(), (
            Finding(
                code="yaml",
                path=key,
                message=error.message,
                fix=error.hint,
                found=f"line {error.line or 1}",
                expected="a YAML list of steps",
            ),
        )
    return reader.pipeline(value), tuple(reader.findings)


@cache
def known_transforms() -> Mapping[str, frozenset[str]]:
    """Name -> arguments, of every transform that may be used."""
    return {name: frozenset(arguments) for name, arguments in argument_table().items()}


class _Reader:
    """Turns plain values into steps, gathering findings."""

    def __init__(self, key: str, placeholders: Mapping[str, int]) -> None:
        self.findings: list[Finding] = []
        self._key = key
        self._placeholders = placeholders
        self._count = 0

    def pipeline(self, value: Any) -> Pipeline:
        if isinstance(value, dict) and isinstance(value.get("transform"), dict):
            value = value["transform"]
        boxes = value.get("bbox_params") if isinstance(value, dict) else None
        if isinstance(value, dict) and "transforms" in value:
            value = value["transforms"]
        elif isinstance(value, dict) and set(value) == {"Compose"}:
            inner = value["Compose"]
            value = inner.get("transforms", []) if isinstance(inner, dict) else inner
        if not isinstance(value, list):
            self._refuse("shape", "The pipeline must be a list of transforms.", type(value).__name__, "a list")
            return Pipeline()
        limits = boxes if isinstance(boxes, dict) else {}
        return Pipeline(
            tuple(self._steps(value, "", 1)), _number(limits, "min_area"), _number(limits, "min_visibility")
        )

    def _steps(self, values: Sequence[Any], place: str, depth: int) -> Iterator[Step]:
        for number, value in enumerate(values, start=1):
            self._count += 1
            if self._count == MAX_STEPS + 1:
                message = f"The pipeline has more than {MAX_STEPS} steps."
                self._refuse("too_many", message, f"more than {MAX_STEPS}", f"at most {MAX_STEPS}", "Take some out.")
            if self._count > MAX_STEPS:
                return
            here = f"{place}step {number}" if place else f"Step {number}"
            named = self._named(value, here)
            if named is not None:
                step = self._step(*named, here, depth)
                if step is not None:
                    yield step

    def _named(self, value: Any, here: str) -> tuple[str, dict[str, Any]] | None:
        """Name and arguments of one entry, however it is written."""
        if isinstance(value, str):
            return value, {}
        if isinstance(value, dict) and isinstance(value.get("__class_fullname__"), str):
            name = value["__class_fullname__"].rpartition(".")[2]
            return name, {key: one for key, one in value.items() if key not in _IGNORED}
        if isinstance(value, dict) and len(value) == 1:
            [(name, arguments)] = value.items()
            if isinstance(arguments, list):
                return str(name), {"transforms": arguments}
            if arguments is None or isinstance(arguments, dict):
                return str(name), dict(arguments or {})
        self._refuse("shape", f"{here} is not a transform.", str(value)[:80], "a name, or a name with its arguments")
        return None

    def _step(self, name: str, arguments: dict[str, Any], here: str, depth: int) -> Step | None:
        if name == "Flip":
            flips = [{one: {"p": 1.0}} for one in ("HorizontalFlip", "VerticalFlip")]
            self._note(f"{here}, Flip, is of an older version of Albumentations: Flip is one of two flips.")
            return self._group("OneOf", {"transforms": flips, "p": arguments.get("p", 0.5)}, here, depth)
        if name in GROUPS:
            return self._group(name, arguments, here, depth)
        was = name
        name, arguments, notes = modern(name, arguments)
        if notes:
            self._note(f"{here}, {was}, is of an older version of Albumentations: {'; '.join(notes)}.")
        known = known_transforms().get(name)
        if known is None:
            self._unknown(name, here)
            return None
        for argument in sorted(set(arguments) - known):
            near = get_close_matches(argument, known, n=1, cutoff=0.5)
            self._refuse(
                "unknown_argument",
                f"{here}, {name}, has no argument {in_quotes(argument)}.",
                argument,
                ", ".join(sorted(known)),
                f"Did you mean {near[0]}?" if near else "Remove it.",
            )
        filled = {key: self._filled(one) for key, one in arguments.items() if key in known}
        for argument, value in filled.items():
            self._check_value(name, argument, value, here)
        return Step(name, filled)

    def _check_value(self, name: str, argument: str, value: Any, here: str) -> None:
        expected = expected_value(name, argument, value)
        if expected:
            found = str(value)[:80]
            message = f"{here}, {name}: {argument} cannot be {found}."
            self._refuse("argument_value", message, found, expected, f"Use {expected}.")

    def _group(self, name: str, arguments: dict[str, Any], here: str, depth: int) -> Step | None:
        inner = arguments.pop("transforms", None)
        arguments.pop("always_apply", None)
        if depth >= MAX_DEPTH:
            self._refuse(
                "too_deep", f"{here}, {name}, is nested too deep.", str(depth), f"at most {MAX_DEPTH - 1} deep"
            )
            return None
        if not isinstance(inner, list) or not inner:
            self._refuse("shape", f"{here}, {name}, contains no transforms.", str(inner)[:80], "a list of transforms")
            return None
        own = GROUPS[name]
        for argument in sorted(set(arguments) - own):
            self._refuse(
                "unknown_argument",
                f"{here}, {name}, has no argument {in_quotes(argument)}.",
                argument,
                ", ".join(sorted(own)),
            )
        chance = arguments.get("p", 1)
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            self._refuse("argument_value", f"{here}, {name}: p is not a probability.", str(chance)[:80], "0 to 1")
        kept = {key: self._filled(one) for key, one in arguments.items() if key in own}
        return Step(name, kept, tuple(self._steps(inner, f"{here} > ", depth + 1)))

    def _filled(self, value: Any) -> Any:
        """With the placeholders replaced by the input size."""
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        return self._placeholders.get(value, value) if isinstance(value, str) else value

    def _unknown(self, name: str, here: str) -> None:
        near = get_close_matches(name, known_transforms(), n=3, cutoff=0.5)
        fix = OUR_OWN.get(name) or (f"Did you mean {', '.join(near)}?" if near else "Choose one of the reference.")
        self._refuse(
            "unknown_transform", f"{here} is {in_quotes(name)}, which cannot be used.", name, "a transform", fix
        )

    def _refuse(self, code: str, message: str, found: str, expected: str, fix: str = "") -> None:
        fix = fix or "Write a list such as `- HorizontalFlip: {p: 0.5}`."
        self.findings.append(
            Finding(code=code, path=self._key, message=message, found=found, expected=expected, fix=fix)
        )

    def _note(self, message: str) -> None:
        self.findings.append(
            Finding(level=FindingLevel.NOTE, code="translated", path=self._key, message=message, fix="Nothing to do.")
        )


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
