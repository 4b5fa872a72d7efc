"""Whether the text settings fit the dataset: columns, and how many texts are longer than what the model sees."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studio.errors import in_quotes
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding, FindingLevel
from studio.settings.schema import SettingsSchema
from studio.settings.sections.text import SCRATCH
from studio.settings.value_checks import warning

LENGTHS_FACT = "dataset.text_lengths"
"""The fact that says how long texts are: part (`text`, `label`, ...) -> `counts`, pairs of tokens and rows, and
`tokenizer`, empty for an estimate. See `TextLengths` in `studio/datasets/texts/text_part.py`."""
WORTH_A_WARNING = 0.01
LIBERAL = 0.99
STEPS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


def text_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """What every problem type with a text column and a transformer refuses or warns about."""
    texts = _names(settings.value("dataset.text_column"))
    labels = _names(settings.value("dataset.label_columns"))
    if context.columns and not texts:
        yield missing_column("dataset.text_column", "No text column is chosen.", "Choose the column with the texts.")
    if context.columns and not labels and settings.value("dataset.train_dataframe") is not None:
        yield missing_column(
            "dataset.label_columns", "No label column is chosen.", "Choose the column with the labels."
        )
    for name in texts:
        if name in labels:
            yield Finding(
                code="contradiction",
                path="dataset.text_column",
                message=f"{in_quotes(name)} is an input column and also the column to predict.",
                found=name,
                expected="different columns",
                fix="Remove it from one of the two.",
            )
    yield from backbone_contradictions(settings)


def backbone_contradictions(settings: SettingsSchema) -> Iterator[Finding]:
    """A warning where pretrained weights are asked for that do not exist."""
    backbone = settings.value("architecture.backbone")
    if backbone.startswith(SCRATCH) and settings.value("architecture.pretrained"):
        yield warning(
            "architecture.pretrained",
            "no_weights",
            f"{backbone} has no pretrained weights, so it trains from random weights on your rows only.",
            "Turn Pretrained off, or choose a pretrained backbone.",
            found=f"Pretrained with {backbone}",
            expected="a backbone that has pretrained weights",
        )


def truncation(context: ChoiceContext, part: str, key: str, max_length: int) -> Iterator[Finding]:
    """How many texts of a part are cut at `max_length` tokens, and what length would keep nearly all."""
    lengths = _lengths(context, part)
    share = share_of_long(context, part, max_length)
    if not share:
        return
    counts: Sequence[tuple[int, int]] = lengths["counts"]
    words = f"{percent(share)} of the texts are longer than {max_length} tokens; they are truncated."
    if not lengths["tokenizer"]:
        words += " The number of tokens is estimated from words and punctuation."
    enough = next((step for step in STEPS if step > max_length and share_longer(counts, step) <= 1 - LIBERAL), None)
    yield Finding(
        level=FindingLevel.WARNING if share >= WORTH_A_WARNING else FindingLevel.NOTE,
        code="truncated_texts",
        path=key,
        message=words,
        found=f"{max_length} tokens; the longest text has {max(tokens for tokens, _ in counts)}",
        expected=f"{enough} keeps {percent(1 - share_longer(counts, enough))}" if enough else "room for most texts",
        fix="Raise it if the ends of the texts matter; it takes more memory and time.",
    )


def missing_column(path: str, message: str, fix: str) -> Finding:
    """The finding for a role that no column plays."""
    code = "no_label" if path == "dataset.label_columns" else "no_column"
    return Finding(code=code, path=path, message=message, found="none", expected="a column of the table", fix=fix)


def share_of_long(context: ChoiceContext, part: str, max_length: int) -> float:
    """The share of a part's texts with more tokens than this, 0 to 1; 0 where nothing is known."""
    return share_longer(_lengths(context, part).get("counts", ()), max_length)


def _lengths(context: ChoiceContext, part: str) -> Mapping[str, Any]:
    facts = context.facts.get(LENGTHS_FACT)
    return (facts.get(part) or {}) if isinstance(facts, Mapping) else {}


def share_longer(counts: Sequence[tuple[int, int]], max_length: int) -> float:
    """The share of rows with more tokens than this, 0 to 1."""
    rows = sum(count for _, count in counts)
    return sum(count for tokens, count in counts if tokens > max_length) / rows if rows else 0.0


def percent(share: float) -> str:
    """A share in words; what is there is never shown as 0 %, nor what is missing as all."""
    if 0 < share < 0.001:
        return "Less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def _names(value: Any) -> tuple[str, ...]:
    return ((value,) if value else ()) if isinstance(value, str) else tuple(value)
