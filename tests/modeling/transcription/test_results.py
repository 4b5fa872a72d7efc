"""What pages and tables say about transcripts: words side by side, confusions, groups, doubts, pseudo labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media
from studio.modeling.speech.trust import COMPRESSION_RATIO, MEAN_LOG_PROBABILITY, NO_SPEECH, TEMPERATURE
from studio.modeling.transcription.normalization import plain
from studio.modeling.transcription.shown_words import aligned_words
from studio.modeling.transcription.task import TranscriptionTask
from studio.modeling.transcription.transcripts import Transcript
from studio.problems.registry import problem_type
from studio.results.insight import Bars, Table
from studio.results.prediction import ROW
from studio.results.sample_view import TranscriptAnnotation
from studio.results.transcription import Panel
from tests.modeling.speech.models import make_recipe, write_recordings

KIND = problem_type("speech_recognition")
REFERENCES = ["the old house", "the old mouse", "a house", "", "one two"]
TEXTS = ["The old mouse.", "the mouse", "a house", "you", "one too two"]


def transcript(
    text: str, seconds: float = 2.0, times: Sequence[tuple[float, float]] = (), **trust: float
) -> Transcript:
    return Transcript(text, seconds, times, {MEAN_LOG_PROBABILITY: -0.1, **trust})


def scored(transcripts: Sequence[Transcript], references: Sequence[str | None], **columns: Any) -> ScoredTable:
    count = len(transcripts)
    table = pd.DataFrame({"audio": ["a.wav"] * count, "transcript": references, ROW: range(1, count + 1), **columns})
    return ScoredTable(table, tuple(one.to_raw() for one in transcripts), np.full(count, 0.5, dtype=np.float32))


def task(**changes: Any) -> TranscriptionTask:
    values = {"dataset.audio_column": "audio", "dataset.label_columns": "transcript", **changes}
    settings = KIND.model_type("wav2vec2").settings.from_mapping(values)
    return TranscriptionTask(settings, TranscriptionTask.target_of(settings, pd.DataFrame()))


def words_of(one: Transcript, reference: str | None, limit: float = 60.0) -> list[tuple[str, str | None, str]]:
    return [(word.text, word.match, word.reference) for word in aligned_words(one, reference, plain, limit)]


def test_words_are_shown_as_written_and_compared_normalized() -> None:
    found = words_of(transcript("The old, mouse stands still"), "the big old house stands")

    assert found == [
        ("The", "correct", ""),
        ("", "deleted", "big"),
        ("old,", "correct", ""),
        ("mouse", "substituted", "house"),
        ("stands", "correct", ""),
        ("still", "inserted", ""),
    ]
    assert words_of(transcript("so it is"), None) == [("so", None, ""), ("it", None, ""), ("is", None, "")]
    assert words_of(transcript(""), "one") == [("", "deleted", "one")]


def test_words_carry_the_seconds_in_which_they_are_said() -> None:
    found = list(aligned_words(transcript("a b", times=[(0.1, 0.4), (0.5, 0.9)]), "a c b", plain, 60.0))

    assert [(word.text, word.start, word.end) for word in found] == [("a", 0.1, 0.4), ("", None, None), ("b", 0.5, 0.9)]


def test_a_long_recording_is_shown_up_to_the_limit() -> None:
    times = [(float(second), second + 0.5) for second in range(10)]
    long = transcript(" ".join("abcdefghij"), 10.0, times)
    untimed = transcript(long.text, 10.0)

    assert [one[0] for one in words_of(long, None, 4.0)] == list("abcd")
    assert [one[0] for one in words_of(untimed, None, 4.0)] == list("abcd")
    assert [one for one in words_of(long, long.text, 4.0) if one[1] != "correct"] == []


def test_rows_say_how_wrong_they_are_and_why_they_are_doubtful() -> None:
    given = [transcript(text) for text in TEXTS[:2]] + [
        transcript("thank you", **{NO_SPEECH: 0.9, COMPRESSION_RATIO: 3.0, TEMPERATURE: 0.4, MEAN_LOG_PROBABILITY: -2})
    ]
    table = scored(given, [*REFERENCES[:2], None])
    shown = iter([type("Row", (), {"view": {"title": "a.wav"}})() for _ in given])

    rows = list(task(**{"prediction.duration_in_visualizations": 1}).sample_rows(table, shown))

    assert [row.correct for row in rows] == [False, False, None]
    assert rows[0].view.scores == pytest.approx({"WER": 1 / 3, "CER": 1 / 13})
    assert rows[2].view.truth is None
    assert isinstance(rows[0].view.prediction, TranscriptAnnotation)
    assert rows[0].view.prediction.shown_seconds == 1
    for words in ("nobody speaks 0.90", "compression ratio 3.0", "temperature 0.4", "mean log probability -2.00"):
        assert words in rows[2].view.note
    assert rows[0].view.note == ""


def test_panels_count_what_happened() -> None:
    table = scored([transcript(text) for text in TEXTS], REFERENCES)

    found = {one.title: one.payload for one in task().insights(table, "validation")}

    assert set(found) == set(Panel) - {Panel.BY_COLUMN}
    errors, confusions = found[Panel.ERRORS], found[Panel.CONFUSIONS]
    assert isinstance(errors, Table)
    assert all(errors.columns), "a column is sorted by a button that has its name"
    words = {row[0]: row[1] for row in errors.rows}
    # The row without a transcript has no reference, and is no error.
    assert (words["Reference"], words["Substitutions"], words["Deletions"], words["Insertions"]) == (10, 1, 1, 1)
    assert words["Error rate"] == pytest.approx(3 / 10)
    assert isinstance(confusions, Table)
    assert set(confusions.rows) == {("house", "mouse", 1), ("old", "(nothing)", 1), ("(nothing)", "too", 1)}
    assert isinstance(found[Panel.SPEED], Bars)
    assert sum(value or 0 for value in found[Panel.SPEED].values) == 4


def test_metrics_are_counted_over_all_recordings_and_undefined_without_any() -> None:
    found = task().metrics(scored([transcript(text) for text in TEXTS], REFERENCES))
    nothing = task().metrics(scored([transcript("a")], [None]))

    assert found["WER"] == pytest.approx(3 / 10)
    assert all(np.isnan(value) for value in nothing.values())
    assert task().metrics(ScoredTable(pd.DataFrame({"audio": ["a"]}), (transcript("a").to_raw(),), None)) == {}


def test_only_sure_transcripts_become_labels() -> None:
    given = [transcript("sure"), transcript("unsure", **{MEAN_LOG_PROBABILITY: -0.9}), transcript(""),
             transcript("again again", **{COMPRESSION_RATIO: 2.9})]  # fmt: skip

    kept = task().pseudo_labels(scored(given, [None] * 4))

    assert kept["transcript"].tolist() == ["sure"]


def test_predictions_have_both_forms_and_what_the_model_trusts() -> None:
    table = scored([transcript("The House!", **{COMPRESSION_RATIO: 1.0})], [None])

    assert list(task().columns(table)) == [
        "pred_text",
        "pred_text_normalized",
        "pred_mean_log_probability",
        "pred_compression_ratio",
    ]
    assert task().columns(table)["pred_text_normalized"].tolist() == ["the house"]
    assert "pred_text_normalized" not in task(**{"prediction.normalize_text": False}).columns(table)


def test_a_training_batch_shows_what_is_to_be_written(tmp_path: Path) -> None:
    table = write_recordings(tmp_path)
    for model in ("whisper", "wav2vec2"):
        recipe = make_recipe(model, table)
        samples = recipe.samples(table, Media(tmp_path), training=True)

        pictures = list(recipe.batch_pictures(recipe.collate([samples[index] for index in draws(2)]), table))

        assert [one.view.truth.text.lower().strip("!") for one in pictures] == ["one two", "three"]  # type: ignore[union-attr]
        assert all(one.pixels is not None and one.pixels.shape[0] == 80 for one in pictures)


def draws(count: int) -> list[Any]:
    from studio.modeling.recipe import SampleIndex

    return [SampleIndex(row, seed=row) for row in range(count)]
