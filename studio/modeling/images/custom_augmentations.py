"""Custom augmentations as transforms: names of the allowed list become objects of Albumentations."""

import warnings
from collections.abc import Iterable
from typing import Any

import albumentations
from pydantic import ValidationError

from studio.errors import StudioError
from studio.settings.augmentations import Pipeline, Step, known_transforms, parse_pipeline
from studio.settings.finding import FindingsError, blocking


class AugmentationError(StudioError):
    """A custom augmentation cannot be built or does not work on an image."""

    code = "augmentation"


def custom_pipeline(text: str, key: str, width: int, height: int) -> Pipeline:
    """The pipeline of a setting.

    Raises:
        FindingsError: with everything that is wrong with the text.
    """
    pipeline, findings = parse_pipeline(text, key, width, height)
    if blocking(findings):
        raise FindingsError(findings)
    return pipeline


def build_steps(steps: Iterable[Step]) -> list[Any]:
    """Transforms and groups of them, in order.

    Raises:
        AugmentationError: naming the step whose arguments Albumentations refuses.
    """
    return [_built(step) for step in steps]


def _built(step: Step) -> Any:
    arguments = {name: _tuples(value) for name, value in step.arguments.items()}
    inner = build_steps(step.steps)
    try:
        match step.name:
            case "Compose" | "Sequential":
                return albumentations.Sequential(inner, **arguments)
            case "OneOf":
                return albumentations.OneOf(inner, **arguments)
            case "SomeOf":
                return albumentations.SomeOf(inner, **{"n": 1, **arguments})
            case _:
                with warnings.catch_warnings():
                    # Advice to use another transform, which is not ours to give at every start.
                    warnings.simplefilter("ignore", UserWarning)
                    return _transform(step.name)(**arguments)
    except (TypeError, ValueError, AttributeError) as error:
        raise _refused(step.name, _reason(error)) from error


def _transform(name: str) -> type[albumentations.BasicTransform]:
    """The class of an allowed name; nothing else is ever looked up."""
    if name not in known_transforms():
        raise KeyError(name)
    found: type[albumentations.BasicTransform] = getattr(albumentations, name)
    return found


def _tuples(value: Any) -> Any:
    """Albumentations takes ranges as tuples."""
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def _reason(error: Exception) -> str:
    """Albumentations wraps what pydantic says about the arguments into a text of many lines."""
    cause = error if isinstance(error, ValidationError) else error.__cause__ or error.__context__
    if not isinstance(cause, ValidationError):
        return str(error).splitlines()[0]
    found = [(".".join(map(str, one["loc"])), one["msg"]) for one in cause.errors(include_url=False)]
    return "; ".join(f"{place}: {said}" if place else said for place, said in found)


def _refused(name: str, why: str) -> AugmentationError:
    return AugmentationError(
        f"{name} does not take these arguments: {why}.", hint="Look the arguments up in the Albumentations reference."
    )
