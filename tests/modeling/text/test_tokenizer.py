"""Texts to tokens and back."""

from collections.abc import Mapping

from studio.modeling.text.sources.assets import text_assets
from studio.modeling.text.tokens.tokenizer import TextTokenizer


def test_every_text_comes_back_as_it_was(tokenizer: TextTokenizer, sentences: tuple[str, ...]) -> None:
    texts = [*sentences, "unseen Ωmega ✓ characters\tand tabs"]

    encodings = tokenizer.encode(texts)

    assert [tokenizer.decode(one.ids) for one in encodings] == texts


def test_a_tokenizer_trained_twice_on_the_same_texts_is_the_same(
    assets: Mapping[str, bytes], sentences: tuple[str, ...]
) -> None:
    again = text_assets("scratch/bert-mini", lambda: sentences)

    assert again == assets


def test_words_that_look_like_special_tokens_are_text(tokenizer: TextTokenizer) -> None:
    (encoding,) = tokenizer.encode(["[SEP] and [MASK] and [CLS]"])

    assert not set(encoding.ids) & {tokenizer.special.separator, tokenizer.special.mask, tokenizer.special.first}
    assert tokenizer.decode(encoding.ids) == "[SEP] and [MASK] and [CLS]"


def test_lowercase_changes_tokens_and_keeps_offsets(assets: Mapping[str, bytes]) -> None:
    tokenizer = TextTokenizer.of(assets, lowercase=True)
    text = "CLOSE 👩‍🍳 My Card"

    (encoding,) = tokenizer.encode([text])

    assert tokenizer.decode(encoding.ids) == text.lower()
    assert encoding.offsets[-1][1] == len(text)
    (plain,) = TextTokenizer.of(assets, lowercase=False).encode([text])
    assert plain.ids != encoding.ids


def test_offsets_count_code_points(tokenizer: TextTokenizer) -> None:
    text = "👩‍🍳 close"

    (encoding,) = tokenizer.encode([text])

    start, end = encoding.offsets[-1]
    assert text[start:end].strip() == "close"[-(end - start) :].strip() or text[:end] == text
    assert text[encoding.offsets[0][0] : encoding.offsets[-1][1]] == text


def test_room_leaves_place_for_special_tokens(tokenizer: TextTokenizer) -> None:
    assert (tokenizer.prefix, tokenizer.suffix) == ((tokenizer.special.first,), (tokenizer.special.separator,))
    assert tokenizer.room(16) == 14
