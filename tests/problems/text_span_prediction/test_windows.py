"""Answers stand at exact characters, every window trains, and a trained model answers without training."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, SampleIndex
from studio.modeling.text.question_answerer import QuestionAnswerer
from studio.modeling.text.sources.assets import text_assets
from studio.modeling.text.tokens.pairs import pair_frame
from studio.modeling.text.tokens.question_windows import QuestionSamples, question_batch
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.text.tokens.windows import Span
from studio.problems.registry import problem_type
from studio.problems.text_span_prediction.recipe import TextSpanPredictionRecipe

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
EMOJI = "  😀 Zoë's “café” — 日本 opened in 1999, and None knows why."
LONG = " ".join(f"word{number}" for number in range(90)) + " the treasure lies here at last"
TABLE = pd.DataFrame(
    {
        "q": ["When?", "Who knows?", "Where?", "What?", "How?"],
        "c": [EMOJI, EMOJI, EMOJI, LONG, LONG],
        "a": ["1999", "None", "“café” — 日本", "treasure", ""],
        "s": ["32", None, "11", None, None],
    }
)
MEDIA = Media(root=None)  # type: ignore[arg-type]


def make_recipe(backbone: str = "scratch/bert-mini", **changes: Any) -> TextSpanPredictionRecipe:
    kind = problem_type("text_span_prediction")
    values = {
        "dataset.train_dataframe": "train",
        "dataset.question_column": "q",
        "dataset.context_column": "c",
        "dataset.answer_column": "a",
        "dataset.answer_start_column": "s",
        "tokenizer.max_length": 48,
        "tokenizer.doc_stride": 12,
        "architecture.backbone": backbone,
        **changes,
    }
    settings = kind.model_types[0].settings.from_mapping(values)
    assets = TextSpanPredictionRecipe.assets_of(settings, TABLE)
    return TextSpanPredictionRecipe(settings, TextSpanPredictionRecipe.target_of(settings, TABLE), kind.metrics, assets)


@pytest.mark.parametrize("backbone", [MINILM, "scratch/bert-mini"])
def test_targets_are_the_tokens_of_the_answer_with_emoji_and_leading_blanks(backbone: str) -> None:
    recipe = make_recipe(backbone, **{"tokenizer.max_length": 200})
    samples = recipe.samples(TABLE, MEDIA, training=True)

    batch = recipe.collate([samples[SampleIndex(row, 1)] for row in range(3)])

    assert batch.targets is not None
    for row, (window,) in enumerate(batch.windows):
        first, last = batch.targets[row].tolist()
        text = EMOJI[window.offsets[first, 0] : window.offsets[last, 1]]
        assert text.strip() == TABLE["a"][row]


def test_every_window_trains_and_those_without_the_answer_point_to_the_first_token() -> None:
    recipe = make_recipe()
    samples = recipe.samples(TABLE, MEDIA, training=True)

    batch = recipe.collate([samples[SampleIndex(number, 1)] for number in range(len(samples))])

    assert batch.rows[:5] == [0, 1, 2, 3, 4]
    assert batch.targets is not None
    of_treasure = [batch.targets[number].tolist() for number, row in enumerate(batch.rows) if row == 3]
    assert len(of_treasure) > 2
    assert [0, 0] in of_treasure
    holding = [one for one in of_treasure if one != [0, 0]]
    assert 1 <= len(holding) <= 2
    assert all(batch.targets[number].tolist() == [0, 0] for number, row in enumerate(batch.rows) if row == 4)
    assert batch.ids.shape[1] <= 48


def test_windows_together_hold_the_whole_context_and_the_question_each() -> None:
    recipe = make_recipe()
    samples = recipe.samples(TABLE, MEDIA, training=False)

    item = samples[SampleIndex(3)]

    covered = np.zeros(len(LONG), dtype=bool)
    question = recipe.input.tokenizer.encode(["What?"])[0].ids
    for window in item.windows:
        for start, end in window.offsets[window.offsets[:, 1] > 0]:
            covered[start:end] = True
        assert window.ids[1 : 1 + len(question)].tolist() == question
    assert all(covered[place] for place, letter in enumerate(LONG) if not letter.isspace())


def test_answers_do_not_depend_on_the_batch_and_lie_where_they_say() -> None:
    recipe = make_recipe()
    torch.manual_seed(0)
    model = recipe.model(None).eval()
    samples = recipe.samples(TABLE, MEDIA, training=False)

    with torch.inference_mode():
        together = recipe.score(model, recipe.collate([samples[SampleIndex(row)] for row in range(5)]))
        alone = [recipe.score(model, recipe.collate([samples[SampleIndex(row)]])) for row in range(5)]

    for row in range(5):
        raw, single = together.raw[row], alone[row].raw[0]
        assert raw["answers"].tolist() == single["answers"].tolist()
        np.testing.assert_allclose(raw["scores"], single["scores"], atol=1e-6, equal_nan=False)
        for text, start, end in zip(raw["answers"], raw["starts"], raw["ends"], strict=True):
            assert text == (TABLE["c"][row][start:end] if text else "")
    assert together.losses is not None
    assert np.isfinite(together.losses).all()


def test_the_word_none_is_an_answer_and_fewer_answers_leave_columns_empty() -> None:
    recipe = make_recipe(**{"dataset.number_of_predicted_answers": 2})
    raw = {
        "answers": np.array(["None"]),
        "scores": np.array([0.5]),
        "starts": np.array([EMOJI.index("None")]),
        "ends": np.array([EMOJI.index("None") + 4]),
    }
    scored = ScoredTable(TABLE.iloc[[1]].reset_index(drop=True), (raw,), None)

    columns = recipe.columns(scored)

    assert recipe.metrics(scored)["Accuracy"] == 1
    assert columns.loc[0].to_dict() == {
        "pred_answer_1": "None",
        "pred_score_1": 0.5,
        "pred_start_1": EMOJI.index("None"),
        "pred_end_1": EMOJI.index("None") + 4,
        "pred_answer_2": "",
        "pred_score_2": 0.0,
        "pred_start_2": -1,
        "pred_end_2": -1,
    }


def test_a_trained_model_answers_the_same_without_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    monkeypatch.delenv("STUDIO_WEIGHTS", raising=False)
    recipe = make_recipe()
    torch.manual_seed(0)
    trained = recipe.model(None).eval()
    assert isinstance(trained, QuestionAnswerer)
    folder = tmp_path / "weights" / "mine" / "answerer"
    trained.answerer.save_pretrained(folder)
    for name, content in recipe.assets.items():
        if name == "tokenizer.json":
            (folder / name).write_bytes(content)
    roles = {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
    }
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **roles}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))

    again = make_recipe("mine/answerer", **{"architecture.pretrained": True})
    loaded = again.model(again.find_weights("mine/answerer")).eval()

    for (name, one), other in zip(trained.named_parameters(), loaded.parameters(), strict=True):
        torch.testing.assert_close(one, other, msg=name)
    samples = again.samples(TABLE, MEDIA, training=False)
    with torch.inference_mode():
        batch = again.collate([samples[SampleIndex(row)] for row in range(5)])
        assert (again.score(loaded, batch).losses == recipe.score(trained, batch).losses).all()


def test_a_tokenizer_that_ends_with_its_first_token_reads_the_context_first() -> None:
    from tokenizers import processors

    tokenizer = TextTokenizer.of(text_assets("scratch/bert-mini", lambda: [EMOJI, LONG]), lowercase=False)
    tokenizer.raw.post_processor = processors.TemplateProcessing(
        single="$A [SEP] [CLS]", pair="$A [SEP] $B:1 [SEP]:1 [CLS]:2", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )

    samples = QuestionSamples(["When?"], [EMOJI], [Span(32, 36)], tokenizer, 200, 20, training=True)
    batch = question_batch([samples[SampleIndex(0, 1)]], pad=0)

    assert pair_frame(tokenizer).types == (0, 0, 0, 1, 2)
    window = batch.windows[0][0]
    assert window.offsets[0].tolist() != [-1, -1]
    assert window.nowhere == len(window.ids) - 1
    assert batch.targets is not None
    first, last = batch.targets[0].tolist()
    assert EMOJI[window.offsets[first, 0] : window.offsets[last, 1]].strip() == "1999"


def test_questions_that_are_cut_are_counted_and_told() -> None:
    recipe = make_recipe()
    long = TABLE.assign(q=["why " * 100, *TABLE["q"][1:]])

    told = [note.text for note in recipe.notes(long, None)]

    assert recipe.samples(TABLE, MEDIA, training=False).cut_count() == 0
    assert recipe.samples(long, MEDIA, training=False).cut_count() == 1
    assert any(text.startswith(f"1 of {len(long)} validation questions") for text in told)


@pytest.mark.parametrize(("may_be_empty", "is_known"), [(False, False), (True, True)])
def test_a_table_of_empty_answers_is_unanswered_or_unanswerable(may_be_empty: bool, is_known: bool) -> None:
    recipe = make_recipe()
    recipe.task.target = replace(recipe.target, facts={**recipe.target.facts, "may_have_no_answer": may_be_empty})

    assert recipe.has_truth(TABLE.assign(a=None)) == is_known
    assert recipe.has_truth(TABLE)
