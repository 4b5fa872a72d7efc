"""The profile of a dataset is made of parts, each declared by who gathers it."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import ValidationError

from studio.datasets.dataset import Dataset, DatasetManifest
from studio.datasets.labels.box_part import BoxPart
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.media.image_part import ImagePart
from studio.datasets.profile import DatasetProfile, Histogram
from studio.datasets.profile_parts import ProfilePart, UnknownPart, profile_parts, registered_part
from studio.datasets.texts.text_part import TextLengths, TextPart

FLAT = json.loads((Path(__file__).parent / "profiles_of_0_1_0.json").read_text())


class TonePart(ProfilePart):
    """A part of a medium that only tests know."""

    part: ClassVar[str] = "tones"
    seconds: float = 0.0

    def choice_facts(self) -> dict[str, object]:
        return {"dataset.seconds": self.seconds}


def stored(folder: Path, profile: object) -> Dataset:
    (folder / "profile.json").write_text(json.dumps(profile))
    return Dataset(folder, DatasetManifest(id="d", name="d", problem_type="t", roles={}, tables=()))


def test_a_profile_in_the_flat_form_still_opens(tmp_path: Path) -> None:
    data = stored(tmp_path, FLAT["image_object_detection"])
    profile, context = data.profile(), data.choice_context()

    assert profile.task == "detection"
    assert profile.part(ImagePart) == ImagePart(sizes=((160, 160, 52),), channels={"3": 52}, readable_channels=(3, 1))
    assert profile.part(LabelPart).names == context.label_values == ("circle", "square")
    assert profile.part(LabelPart).counts["test.parquet"] == {"circle": 14, "square": 9}
    assert profile.part(BoxPart).smallest_class_side_share == pytest.approx(0.259375)
    assert (profile.facts["boxes"], profile.histograms[0].title) == (69.0, "Image width")
    assert context.facts["dataset.image_channels"] == [3, 1]
    assert "texts" not in profile.parts


@pytest.mark.parametrize("kind", FLAT)
def test_an_old_profile_says_the_same_in_parts(kind: str) -> None:
    profile = DatasetProfile.model_validate(FLAT[kind])
    lengths = profile.part(TextPart).lengths

    assert list(profile.part(LabelPart).names) == FLAT[kind]["labels"]
    assert {name: one.model_dump(mode="json") for name, one in lengths.items()} == FLAT[kind]["text_lengths"]
    assert DatasetProfile.model_validate(profile.model_dump(mode="json")) == profile


def test_a_part_that_only_this_test_knows_is_kept_read_and_described(tmp_path: Path) -> None:
    with registered_part(TonePart):
        profile = DatasetProfile(task="t").with_parts(TonePart(seconds=2.5))
        data = stored(tmp_path, profile.model_dump(mode="json"))

        assert data.profile() == profile
        assert data.profile().part(TonePart).seconds == 2.5
        assert data.choice_context().facts["dataset.seconds"] == 2.5
        described = DatasetProfile.model_json_schema()["properties"]["parts"]["properties"]
        assert described["tones"]["properties"]["seconds"]["type"] == "number"
        with pytest.raises(TypeError, match="not a new ProfilePart"), registered_part(TonePart):
            pass

    # Without its package, the rest of the profile is there, and nothing of it is lost.
    kept = data.profile()
    assert isinstance(kept.parts["tones"], UnknownPart)
    assert kept.model_dump(mode="json") == profile.model_dump(mode="json")
    assert kept.part(TonePart) == TonePart()


def test_the_parts_are_those_that_owners_declare() -> None:
    assert list(profile_parts()) == ["audio", "boxes", "images", "instances", "labels", "masks", "texts", "volumes"]


@pytest.mark.parametrize(
    "parts", [[], {"images": 3}, {"images": {"sizes": "large"}}, {"images": {"height": 3}}, {"labels": None}]
)
def test_a_damaged_part_is_refused_when_the_profile_is_opened(parts: object) -> None:
    with pytest.raises(ValidationError):
        DatasetProfile.model_validate({"task": "t", "parts": parts})


def test_what_input_and_task_know_of_one_side_stands_side_by_side() -> None:
    def known(name: str, task: str) -> DatasetProfile:
        texts = TextPart(lengths={name: TextLengths(counts=((3, 1),), rows=1)})
        histograms = (Histogram(title=name, edges=(0, 1), counts=(1,)),)
        return DatasetProfile(task=task, facts={name: 1.0}, histograms=histograms).with_parts(texts)

    both = known("text", "").joined(known("label", "generation").with_parts(LabelPart(names=("a",))))

    assert set(both.part(TextPart).lengths) == set(both.facts) == {"text", "label"}
    assert both.part(LabelPart).names == ("a",)
    assert both.task == "generation"
    assert [one.title for one in both.histograms] == ["label", "text"]
