"""JSON of spaCy 2: documents with paragraphs, sentences and tokens, each token with its word and its entity tag.

    [{"id": 0, "paragraphs": [{"sentences": [{"tokens": [{"orth": "Anna", "ner": "U-PER"}, ...]}]}]}]

The scheme is BILUO; `-` is a tag that is not known, which leaves its sentence out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.json_file import holds_keys, read_document
from studio.datasets.importers.text_tables import TextTables, joined_files, tagged_texts, with_roles
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.errors import DatasetError

MAX_BYTES = 256 << 20
EXCERPT = 60
_KEYS = (b'"paragraphs"', b'"sentences"', b'"tokens"', b'"orth"', b'"ner"')


def recognise(upload: Upload) -> Recognition | None:
    """JSON files with paragraphs, sentences, tokens and tags."""
    files = with_roles(_candidates(upload))
    if not files:
        return None
    return Recognition(0.97, (f"{listed(path for _, path in files)}: JSON of spaCy with sentences, tokens and tags",))


def read(upload: Upload) -> Conversion:
    """One table a split with a list of words and a list of tags a sentence.

    Raises:
        DatasetError: if there is no such file, or one is damaged.
        FindingsError: if no sentence is left.
    """
    files = with_roles(_candidates(upload))
    if not files:
        raise DatasetError(
            "There is no JSON file of spaCy in the upload.",
            hint="Add the JSON that spaCy 2 trains from.",
            code="no_spacy",
            found=listed(upload.with_ending(".json")) or "no JSON file",
            expected="a JSON file with paragraphs, sentences and tokens (orth, ner)",
        )
    tables = tagged_texts()
    for role, path in files:
        _read_file(upload, path, role, tables)
    tables.findings += joined_files(files)
    return tables.conversion("spaCy")


SPACY_JSON = DatasetFormat(
    "spacy",
    "spaCy JSON",
    "JSON with documents, sentences and tokens, each with its word and its tag.",
    recognise,
    read,
    (".json",),
    written_by="spaCy 2 JSON (`spacy convert`)",
    left_out="sentences with a token without word or tag",
)


def _candidates(upload: Upload) -> list[str]:
    return sorted(path for path in upload.with_ending(".json") if holds_keys(upload.files / path, _KEYS))


def _read_file(upload: Upload, path: str, role: TableRole, tables: TextTables) -> None:
    document = read_document(upload, path, "spacy", MAX_BYTES, "split the file")
    wrong: list[str] = []
    for tokens in _inner(document, ("paragraphs", "sentences", "tokens")):
        words = [token.get("orth") if isinstance(token, dict) else None for token in tokens]
        tags = [token.get("ner") if isinstance(token, dict) else None for token in tokens]
        if all(isinstance(one, str) and one.strip() for one in words) and all(
            isinstance(one, str) and one not in ("", "-") for one in tags
        ):
            tables.add(role, {"text": words, "label": tags})
        else:
            wrong.append(" ".join(map(str, words))[:EXCERPT])
    tables.findings += trouble(
        "spacy_sentence",
        path,
        f"{len(wrong)} sentences have a token without word or tag and are left out.",
        "Write orth and ner for every token.",
        wrong,
        expected="a word (orth) and a tag (ner) for every token",
    )


def _inner(value: Any, keys: tuple[str, ...]) -> Iterator[list[Any]]:
    """The lists below a chain of keys, through the lists between them."""
    for one in value if isinstance(value, list) else [value]:
        inner = one.get(keys[0]) if isinstance(one, dict) else None
        if not isinstance(inner, list):
            continue
        if len(keys) == 1:
            yield inner
        else:
            yield from _inner(inner, keys[1:])
