"""The pictures of the first batch: what the model sees, mixtures included."""

from typing import Any

import pytest

from studio.files import read_json


@pytest.mark.parametrize("mix", ["Mixup", "Cutmix"])
def test_mixed_images_show_their_soft_labels(work: Any, mix: str) -> None:
    done = work("mixed", {"augmentation.mix_image": mix, "training.epochs": 0, "logging.number_of_images": 6})

    samples = read_json(done.folder / "insights" / "train-batch.json")["payload"]["samples"]

    scores = [label["score"] for sample in samples for label in sample["truth"]["labels"]]
    assert len(samples) == 6
    assert any(score is not None and 0 < score < 1 for score in scores)
    assert all((done.folder / sample["media"]["path"]).is_file() for sample in samples)


def test_a_mixed_run_repeats_to_the_bit(work: Any) -> None:
    changes = {"augmentation.mix_image": "Cutmix", "training.epochs": 1, "environment.seed": 3}

    first, second = work("first", changes), work("second", changes)

    assert first.series("train.loss") == second.series("train.loss")
