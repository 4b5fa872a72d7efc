"""Real settings files of Hydrogen Torch run on datasets of their kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from studio.problems.registry import problem_types

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]

LEFT_TO_THE_DATASET = {
    "dataset.train_dataframe",
    "dataset.test_dataframe",
    "dataset.validation_dataframe",
    "dataset.data_folder",
    "dataset.data_folder_test",
    "environment.gpus",
}
QUICK = {
    "architecture.pretrained": "false",
    "image.image_width": 96,
    "image.image_height": 96,
    "training.epochs": 1,
    "environment.number_of_workers": 0,
}
"""What a test on two cores cannot spare the time for; everything else is as the file says."""
OF_VOLUMES = {
    "image.image_width": 32,
    "image.image_height": 32,
    "image.image_depth": 16,
    "architecture.number_of_blocks": 2,
}
OF_SOUNDS = {key: value for key, value in QUICK.items() if not key.startswith("image.")}


def example(studio: Studio, problem_type: str, folder: Path) -> None:
    """The problem type's example dataset, imported as `matching`."""
    studio("example", problem_type, "-o", folder)
    studio("dataset", "import", folder, "--name", "matching")


def trains(studio: Studio, path: Path, kept: dict[str, Any], changes: dict[str, Any]) -> None:
    """The settings file loads whole, and an experiment with it and a few changes finishes on the dataset `matching`."""
    changed = {"general.dataset": "matching", **changes}
    options = [part for key, value in changed.items() for part in ("--set", f"{key}={value}")]

    loaded = studio("config", "load", path)
    shown = studio("run", path, *options, "--name", "as-there", "--wait")

    assert {one["key"] for one in loaded["not_applicable"]} <= LEFT_TO_THE_DATASET
    assert loaded["findings"] == []
    assert shown["state"] == "finished", shown["runs"][0]["error"]
    assert {key: loaded["settings"][key] for key in kept} == kept
    assert shown["runs"][0]["metrics"]["validation"]


REPRESENTATIVE = (
    "image_object_detection__face_mask_detection",
    "image_semantic_segmentation__brain_mri_segmentation",
    "speech_recognition__commands_speech_recognition",
    "text_classification__amazon_reviews",
)
"""Trained with every change; `make figures` trains the others, and the tests of settings read them all."""


def parameters(*files: tuple[Any, ...]) -> list[Any]:
    """One a settings file, whose name is the first."""
    return [
        pytest.param(*one, id=one[0], marks=() if one[0] in REPRESENTATIVE else pytest.mark.figures) for one in files
    ]


@pytest.mark.parametrize(
    ("file", "problem_type", "kept"),
    parameters(
        (
            "image_object_detection__face_mask_detection",
            "image_object_detection",
            {"architecture.anchor_aspect_ratios": [1.0, 2.0, 0.5], "training.box_loss_weight": 50.0},
        ),
        (
            "image_classification__asl_alphabet_detection",
            "image_classification",
            {"training.loss_function": "BCE", "prediction.metric": "ROC_AUC", "augmentation.mix_target": "Ratio"},
        ),
        (
            "image_3d_semantic_segmentation__covid19_ct_scans",
            "image_3d_semantic_segmentation",
            {
                "architecture.encoder": "resnet18d",
                "architecture.decoder": "Unet",
                "architecture.number_of_blocks": 5,
                "training.dice_weight": 1.0,
                "image.image_depth": 128,
            },
        ),
        (
            "image_semantic_segmentation__brain_mri_segmentation",
            "image_semantic_segmentation",
            {"architecture.backbone": "resnet34", "training.loss_function": "BCEDice", "prediction.metric": "IoU"},
        ),
    ),
)
def test_a_real_file_trains_on_a_dataset_of_its_kind(
    studio: Studio, shared_data: Path, tmp_path: Path, file: str, problem_type: str, kept: dict[str, Any]
) -> None:
    example(studio, problem_type, tmp_path / "example")
    changes = {**QUICK, **(OF_VOLUMES if "_3d_" in problem_type else {})}

    trains(studio, shared_data / "hydrogen_torch_configs" / f"{file}.yaml", kept, changes)


SOUNDS: tuple[tuple[str, dict[str, str], dict[str, Any]], ...] = (
    (
        "audio_classification__anomaly_detection_using_audio___all",
        {},
        {"audio.audio_parameters": "Manual", "audio.minimum_frequency": 50, "architecture.pool": "GeM"},
    ),
    (
        "audio_regression__covid19_cough_audio_classification",
        {"audio": "filename", "semitones": "cough_detected"},
        {"audio.training_chunk_seconds": 60.0, "training.batch_size": 13},
    ),
    (
        "speech_recognition__commands_speech_recognition",
        {"audio": "file"},
        {"architecture.backbone": "openai/whisper-base.en", "prediction.normalize_text": True},
    ),
)


@pytest.mark.parametrize(("file", "names", "kept"), parameters(*SOUNDS))
def test_a_real_file_of_sounds_trains_on_a_dataset_with_its_columns(
    studio: Studio, shared_data: Path, tmp_path: Path, file: str, names: dict[str, str], kept: dict[str, Any]
) -> None:
    kind = file.partition("__")[0]
    problem_types()[kind].make_example(tmp_path / "example")
    for path in (tmp_path / "example").glob("*.csv"):
        pd.read_csv(path).rename(columns=names).to_csv(path, index=False)
    studio("dataset", "import", tmp_path / "example", "--problem-type", kind, "--name", "matching")
    small = {"architecture.backbone": "scratch/whisper-mini"} if kind == "speech_recognition" else {}

    trains(studio, shared_data / "hydrogen_torch_configs" / f"{file}.yaml", kept, {**OF_SOUNDS, **small})


SAME: dict[str, str] = {}
TEXTS = (
    ("text_classification__amazon_reviews", SAME, {"tokenizer.max_length": 240, "training.batch_size": 12}),
    ("text_classification__bank_emotion_detection", SAME, {"training.loss_function": "BCE"}),
    ("text_metric_learning__askubuntu_questions", SAME, {"training.arcface_scale": 45.0}),
    (
        "text_regression__book_rating_text_regression",
        {"text": "Description", "stars": "Avg_Rating"},
        {"dataset.text_column": ["Book", "Description", "Genres", "Num_Ratings", "Author"]},
    ),
    ("text_sequence_to_sequence__cnn_and_daily_mail_news_stories", SAME, {"prediction.num_beams": 1}),
    ("text_span_prediction__adversarialqa", {"answer": "answers"}, {"dataset.number_of_predicted_answers": 3}),
    (
        "text_token_classification__physical_objects_name_specified_texts",
        {"label": "ner_tags"},
        {"logging.ignore_classes": "O,NOT_WORD_START"},
    ),
)
SMALL = {"text_sequence_to_sequence": "scratch/t5-mini"}
"""What stands for a backbone of the hub, which tests cannot reach."""


def matching_texts(kind: str, folder: Path, names: dict[str, str]) -> Path:
    """The problem type's example under the column names of a settings file; what it lacks is made up."""
    problem_types()[kind].make_example(folder)
    for path in folder.iterdir():
        frame = pd.read_json(path, lines=True) if path.suffix == ".jsonl" else pd.read_csv(path)
        frame = frame.rename(columns=names)
        if "Description" in names.values():
            frame = frame.assign(Book="A book", Genres="Travel", Num_Ratings=range(len(frame)), Author="A. Berg")
        path.unlink()
        frame.to_parquet(path.with_suffix(".parquet"))
    if kind in ("text_sequence_to_sequence", "text_token_classification"):
        pd.read_parquet(folder / "test.parquet").to_parquet(folder / "validation.parquet")
    return folder


@pytest.mark.parametrize(("file", "names", "kept"), parameters(*TEXTS))
def test_a_real_file_of_texts_trains_on_a_dataset_with_its_columns(
    studio: Studio, shared_data: Path, tmp_path: Path, file: str, names: dict[str, str], kept: dict[str, Any]
) -> None:
    kind = file.partition("__")[0]
    source = matching_texts(kind, tmp_path / "example", names)
    studio("dataset", "import", source, "--problem-type", kind, "--name", "matching")
    changes: dict[str, Any] = {
        "architecture.pretrained": "false",
        "architecture.backbone": SMALL.get(kind, "scratch/bert-mini"),
        "training.epochs": 1,
        "environment.number_of_workers": 0,
    }
    if (source / "validation.parquet").exists():
        changes["dataset.validation_dataframe"] = "validation.parquet"

    trains(studio, shared_data / "hydrogen_torch_configs" / f"{file}.yaml", kept, changes)
