"""The channels that are set against the channels that a dataset's images have."""

import pytest

from studio.datasets.media.image_part import ImagePart
from studio.datasets.profile import DatasetProfile
from studio.problems.contract import ModelType, SuggestionContext
from studio.problems.registry import problem_types
from studio.settings.choices import ChoiceContext

KINDS = [kind for kind in problem_types().values() if kind.medium == "image"]
MODELS = [pytest.param(kind, model, id=f"{kind.id} {model.id}") for kind in KINDS for model in kind.model_types]


@pytest.mark.parametrize(("kind", "model"), MODELS)
def test_channels_that_the_images_lack_are_refused_and_theirs_suggested(kind: object, model: ModelType) -> None:
    settings = model.settings.from_mapping({})

    def found(readable: list[int]) -> list[str]:
        context = ChoiceContext(facts={"dataset.image_channels": readable})
        return [one.path for one in settings.check(context) if one.path == "image.image_channels"]

    assert found([]) == found([3, 1]) == []
    assert found([5]) == ["image.image_channels"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_the_channels_of_the_images_are_suggested(kind: object) -> None:
    def suggested(readable: tuple[int, ...]) -> list[object]:
        profile = DatasetProfile().with_parts(ImagePart(readable_channels=readable))
        context = SuggestionContext(profile, train_rows=10, gpu_count=0, cores=2)
        settings = kind.model_types[0].settings.from_mapping({})  # type: ignore[attr-defined]
        changes = kind.suggest(settings, context)  # type: ignore[attr-defined]
        return [one.value for one in changes if one.key == "image.image_channels"]

    assert suggested((5,)) == [5]
    assert suggested((3, 1)) == []
