"""How predictions are explained is named once, and everything that shows an explanation names it too."""

import pytest

from studio.problems.contract import ProblemType
from studio.problems.registry import problem_types
from studio.server.services.problem_catalogue import described
from studio.settings.schema import SettingsSchema

METHODS = {
    "audio_classification": ("HiResCAM", "https://arxiv.org/abs/2011.08891"),
    "audio_regression": ("HiResCAM", "https://arxiv.org/abs/2011.08891"),
    "image_3d_classification": ("HiResCAM", "https://arxiv.org/abs/2011.08891"),
    "image_3d_regression": ("HiResCAM", "https://arxiv.org/abs/2011.08891"),
    "image_classification": ("HiResCAM", "https://arxiv.org/abs/2011.08891"),
    "image_regression": ("HiResCAM", "https://arxiv.org/abs/2011.08891"),
    "image_text_classification": ("HiResCAM and integrated gradients", "https://arxiv.org/abs/2011.08891"),
    "text_classification": ("integrated gradients", "https://arxiv.org/abs/1703.01365"),
    "text_regression": ("integrated gradients", "https://arxiv.org/abs/1703.01365"),
}
SETTING = "training.run_interpretations"


@pytest.mark.parametrize("kind", problem_types().values(), ids=lambda kind: kind.id)
def test_the_api_names_the_method_and_its_paper_as_the_setting_does(kind: ProblemType) -> None:
    settings: type[SettingsSchema] = kind.model_types[0].settings
    explanation = described(kind).explanation

    assert (explanation is not None) == (SETTING in settings.fields())
    if explanation is None:
        assert kind.id not in METHODS
        return
    assert (explanation.method, explanation.reference) == METHODS[kind.id]
    setting = settings.fields()[SETTING].setting
    assert setting.paper == explanation.reference
    assert explanation.method in setting.help
    assert f"{explanation.shows} ({explanation.method}), on the samples" in kind.insights
