"""Every word has a token and gets a tag: words the tokenizer drops, very long ones, and texts of many windows."""

import numpy as np
import pandas as pd
import pytest
import torch

from studio.datasets.texts.entity_spans import entity_spans
from studio.modeling.recipe import Media, SampleIndex
from studio.modeling.text.sources.assets import text_assets
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.text.tokens.words import encode_words
from studio.modeling.token_classification.task import PROBABILITIES
from studio.modeling.token_targets import IGNORED
from studio.problems.registry import problem_type
from studio.problems.text_token_classification.recipe import TextTokenClassificationRecipe

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
WORDS = ["Zoë", "loves", "\u200d", "😀👍🏽", "un-believable", "", "x" * 100, "ﬁn", "日本語", "."]
LONG = [f"word{number % 17}" for number in range(120)]


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, TextTokenizer]:
    texts = [" ".join(LONG), "a b c"] * 3
    names = (MINILM, "scratch/bert-mini")
    return {name: TextTokenizer.of(text_assets(name, lambda: texts), lowercase=False) for name in names}


@pytest.fixture(scope="module")
def recipe() -> TextTokenClassificationRecipe:
    kind = problem_type("text_token_classification")
    settings = kind.model_types[0].settings.from_mapping(
        {
            "dataset.train_dataframe": "train",
            "dataset.text_column": "words",
            "dataset.label_columns": "tags",
            "tokenizer.max_length": 32,
            "architecture.backbone": "scratch/bert-mini",
        }
    )
    target = TextTokenClassificationRecipe.target_of(settings, table())
    assets = TextTokenClassificationRecipe.assets_of(settings, table())
    return TextTokenClassificationRecipe(settings, target, kind.metrics, assets)


def table() -> pd.DataFrame:
    tags = [["B-odd" if word == "word3" else "O" for word in words] for words in (LONG, LONG[:5], [])]
    return pd.DataFrame({"words": [LONG, LONG[:5], []], "tags": tags})


@pytest.mark.parametrize("name", [MINILM, "scratch/bert-mini"])
def test_every_word_has_its_tokens_and_no_other(tokenizers: dict[str, TextTokenizer], name: str) -> None:
    tokenizer = tokenizers[name]

    encoded, nothing = encode_words(tokenizer, [WORDS, []], 12)

    assert len(encoded.sizes) == len(WORDS)
    assert encoded.sizes.min() == 1
    assert encoded.sizes.max() == 12
    assert encoded.sizes.sum() == len(encoded.ids)
    of_words = np.split(encoded.ids, encoded.starts[1:])
    if name == MINILM:
        assert [of_words[number].tolist() for number in (2, 5)] == [[tokenizer.special.unknown]] * 2
        for number in (0, 1, 3, 4, 6, 7, 9):
            assert of_words[number].tolist() == tokenizer.encode([WORDS[number]])[0].ids[:12]
    else:
        for number in (0, 1, 7, 8, 9):
            assert tokenizer.decode(of_words[number].tolist()).strip() == WORDS[number]
    assert len(nothing.ids) == len(nothing.sizes) == 0


def test_long_texts_train_in_windows_that_ask_for_every_word_once(recipe: TextTokenClassificationRecipe) -> None:
    samples = recipe.samples(table(), Media(root=None), training=True)  # type: ignore[arg-type]

    batch = recipe.collate([samples[SampleIndex(number, 1)] for number in range(len(samples))])

    assert batch.rows[:3] == [0, 1, 2]
    assert set(batch.rows[3:]) == {0}
    assert batch.ids.shape[1] <= 32
    assert batch.targets is not None
    asked = batch.targets != IGNORED
    assert asked.sum() == 125
    positive = recipe.target.labels.index("B-odd")
    assert (batch.targets == positive).sum() == LONG.count("word3") + LONG[:5].count("word3")


def test_scores_come_in_the_order_of_the_words_whatever_the_batch(recipe: TextTokenClassificationRecipe) -> None:
    torch.manual_seed(0)
    model = recipe.model(None).eval()
    samples = recipe.samples(table(), Media(root=None), training=False)  # type: ignore[arg-type]

    with torch.inference_mode():
        together = recipe.score(model, recipe.collate([samples[SampleIndex(row)] for row in range(3)]))
        alone = recipe.score(model, recipe.collate([samples[SampleIndex(0)]]))

    assert [len(raw[PROBABILITIES]) for raw in together.raw] == [120, 5, 0]
    np.testing.assert_allclose(together.raw[0][PROBABILITIES], alone.raw[0][PROBABILITIES], atol=1e-5, equal_nan=False)
    assert together.losses is not None
    assert np.isnan(together.losses).tolist() == [False, False, True]
    right = [LONG[number] == "word3" for number in range(120)]
    column = recipe.target.labels.index("B-odd")
    probabilities = together.raw[0][PROBABILITIES].astype(float)
    expected = -np.log(np.where(right, probabilities[:, column], probabilities[:, 1 - column])).mean()
    assert together.losses[0] == pytest.approx(expected, rel=1e-4)


def test_spans_say_where_entities_are_and_which_are_right() -> None:
    words = ["😀", "Anna", "Berg", "met", "Ben", "in", "New", "Oslo"]
    truth = ["O", "B-PER", "I-PER", "O", "B-PER", "O", "B-LOC", "I-LOC"]
    answer = ["B-PER", "B-PER", "I-PER", "O", "B-LOC", "O", "O", "B-LOC"]
    sureness = np.array([0.9, 0.8, 0.7, 0.9, 0.6, 0.9, 0.9, 0.5])

    true, found = entity_spans(words, truth, answer, sureness, frozenset({"O", "NOT_WORD_START"}))

    text = " ".join(words)
    assert [(text[one.start : one.end], one.label, one.match) for one in true] == [
        ("Anna Berg", "PER", "correct"),
        ("Ben", "PER", "false_negative"),
        ("New Oslo", "LOC", "false_negative"),
    ]
    assert [(text[one.start : one.end], one.label, one.match) for one in found] == [
        ("😀", "PER", "false_positive"),
        ("Anna Berg", "PER", "correct"),
        ("Ben", "LOC", "wrong_class"),
        ("Oslo", "LOC", "false_positive"),
    ]
    assert found[1].score == 0.7
    assert [one.label for one in entity_spans(words, truth, None, None, frozenset({"B-PER"}))[0]] == ["LOC"]
