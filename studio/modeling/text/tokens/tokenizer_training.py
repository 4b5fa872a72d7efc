"""A tokenizer for a model trained from scratch, learned from the texts of the dataset.

Byte pairs (Sennrich et al. 2016, arXiv:1508.07909; over bytes, so that no character is unknown and every text comes
back as it was), with the special tokens that the architecture expects.
"""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from studio.modeling.text.tokens.tokenizer import SpecialTokens

VOCABULARY = 8000
LEAST_TIMES = 2
MAX_CHARACTERS = 20_000_000
"""Read for the vocabulary; more texts change it little."""
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNKNOWN, FIRST, LAST, MASK = range(len(SPECIAL))


def train_tokenizer(texts: Iterable[str], *, marks_first: bool) -> tuple[Tokenizer, SpecialTokens]:
    """A tokenizer with at most `VOCABULARY` tokens; `marks_first` puts [CLS] before every text."""
    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=LEAST_TIMES,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_some(texts), trainer)
    cls = f"{SPECIAL[FIRST]} " if marks_first else ""
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls}$A {SPECIAL[LAST]}",
        pair=f"{cls}$A {SPECIAL[LAST]} $B:1 {SPECIAL[LAST]}:1",
        special_tokens=[(SPECIAL[FIRST], FIRST), (SPECIAL[LAST], LAST)],
    )
    special = SpecialTokens(pad=PAD, mask=MASK, separator=LAST, unknown=UNKNOWN, first=FIRST, last=LAST)
    return tokenizer, special


def _some(texts: Iterable[str]) -> Iterable[str]:
    read = 0
    for text in texts:
        if read > MAX_CHARACTERS:
            return
        read += len(text)
        yield text
