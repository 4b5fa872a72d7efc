"""Columns as sequences, sequences as batches."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from studio.modeling.input_cache import open_cache
from studio.modeling.recipe import SampleIndex
from studio.modeling.text.tokens import encoded
from studio.modeling.text.tokens.sequences import TextSamples, TextSequences, padded, spans_of, text_batch
from studio.modeling.text.tokens.tokenizer import SpecialTokens, TextTokenizer

TABLE = pd.DataFrame(
    {
        "title": ["Close", "Why was it declined", ""],
        "body": ["my account", "the card payment of today was declined 👩‍🍳 twice", "None"],
    }
)


def test_several_columns_are_joined_with_the_separator_token(tokenizer: TextTokenizer) -> None:
    special = tokenizer.special

    row = TextSequences(TABLE, ["title", "body"], tokenizer, 64)[0]

    assert row[0] == special.first
    assert row[-1] == special.separator
    assert list(row).count(special.separator) == 2
    assert tokenizer.decode(row.tolist()) == "Closemy account"


def test_a_separator_of_ones_own_is_text(tokenizer: TextTokenizer) -> None:
    row = TextSequences(TABLE, ["title", "body"], tokenizer, 64, separator=" | ")[0]

    assert tokenizer.decode(row.tolist()) == "Close | my account"
    assert list(row).count(tokenizer.special.separator) == 1


def test_the_word_none_is_text(tokenizer: TextTokenizer) -> None:
    row = TextSequences(TABLE, ["body"], tokenizer, 64)[2]

    assert tokenizer.decode(row.tolist()) == "None"


@pytest.mark.parametrize("columns", [["body"], ["title", "body"]])
def test_what_does_not_fit_is_cut_and_counted(tokenizer: TextTokenizer, columns: list[str]) -> None:
    sequences = TextSequences(TABLE, columns, tokenizer, 12)

    assert [len(sequences[row]) for row in range(3)] == sequences.lengths().tolist()
    assert sequences.lengths().max() == 12
    assert sequences[1][-1] == tokenizer.special.separator
    assert sequences.cut_count() == 1
    assert sequences.is_cut(1)


def test_spans_point_into_the_joined_text(tokenizer: TextTokenizer) -> None:
    texts = ("Why was it", "declined 👩‍🍳 twice")
    shown = "\n".join(texts)

    spans = spans_of(tokenizer, texts, 62)

    row = TextSequences(pd.DataFrame([texts], columns=["a", "b"]), ["a", "b"], tokenizer, 64)[0]
    assert len(spans) == len(row)
    words = [shown[span[0] : span[1]] for span in spans if span is not None]
    assert [span for span in spans if span is not None][-1][1] == len(shown)
    assert "".join(words[:3]).replace(" ", "").startswith("Whywas"[:3])


def test_tokens_come_from_the_cache_until_the_texts_change(
    tokenizer: TextTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = open_cache(tmp_path / "dataset", "fingerprint", 1)
    texts = ["today", "", "a second text that is much longer than there is room"]
    first = encoded.encode_texts(tokenizer, texts, 6, cache)
    asked: list[int] = []
    original = TextTokenizer.encode
    monkeypatch.setattr(TextTokenizer, "encode", lambda self, some: asked.append(len(some)) or original(self, some))

    again = encoded.encode_texts(tokenizer, texts, 6, cache)
    other = encoded.encode_texts(tokenizer, [*texts[:2], "changed"], 6, cache)

    assert asked == [3]
    assert [again[row].tolist() for row in range(3)] == [first[row].tolist() for row in range(3)]
    assert again.is_cut.tolist() == first.is_cut.tolist() == [False, False, True]
    assert other[2].tolist() != first[2].tolist()


def test_hidden_tokens_differ_by_draw_and_spare_special_ones(tokenizer: TextTokenizer) -> None:
    samples = TextSamples(TextSequences(TABLE, ["body"], tokenizer, 64), None, mask_probability=0.5)

    plain, one, again, other = (
        samples[draw].ids for draw in (SampleIndex(1), SampleIndex(1, 7), SampleIndex(1, 7), SampleIndex(1, 8))
    )

    assert one.tolist() == again.tolist() != other.tolist()
    changed = one != plain
    assert 0 < changed.sum() < len(one)
    assert set(one[changed].tolist()) == {tokenizer.special.mask}
    assert one[0] == plain[0]
    assert one[-1] == plain[-1]


def test_a_quantile_cuts_training_batches_alone(tokenizer: TextTokenizer) -> None:
    samples = TextSamples(TextSequences(TABLE, ["body"], tokenizer, 64), None)
    lengths = samples.sequences.lengths()

    training = text_batch([samples[SampleIndex(row, 0)] for row in range(3)], tokenizer, 0.5)
    scoring = text_batch([samples[SampleIndex(row)] for row in range(3)], tokenizer, 0.5)

    assert training.ids.shape == (3, int(np.ceil(np.quantile(lengths, 0.5))))
    assert training.ids[1, -1] == tokenizer.special.separator
    assert scoring.ids.shape == (3, lengths.max())
    assert training.mask.sum(1).tolist() == [min(one, training.ids.shape[1]) for one in lengths]


def test_padding_is_no_token() -> None:
    ids, mask = padded([np.array([5, 6, 7], dtype=np.int32), np.array([8], dtype=np.int32)], pad=0)

    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_an_empty_text_is_a_token_where_no_special_ones_frame_it() -> None:
    bare = Tokenizer(models.WordLevel({"[PAD]": 0, "word": 1}, unk_token="[PAD]"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = TextTokenizer(bare, SpecialTokens(pad=0))
    table = pd.DataFrame({"a": ["", "word word"], "b": ["", "word"]})

    sequences = TextSequences(table, ["a", "b"], tokenizer, 8)

    assert [sequences[row].tolist() for row in range(2)] == [[0], [1, 1, 1]]


def test_nothing_is_cut_where_no_token_stands_between_columns() -> None:
    bare = Tokenizer(models.WordLevel({"[PAD]": 0, "word": 1}, unk_token="[PAD]"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = TextTokenizer(bare, SpecialTokens(pad=0))
    table = pd.DataFrame({"a": ["word " * 5], "b": ["word " * 3]})

    sequences = TextSequences(table, ["a", "b"], tokenizer, 8)

    assert (len(sequences[0]), sequences.cut_count()) == (8, 0)
