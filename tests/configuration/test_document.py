import json
from pathlib import Path

import pytest

from studio.configuration.document import settings_document
from studio.configuration.generate import generated_files
from studio.configuration.reference import reference_markdown
from studio.datasets.profile import DatasetProfile
from studio.problems.contract import SuggestionContext
from studio.problems.registry import problem_types
from studio.settings.choices import ChoiceContext, Column

TYPES = list(problem_types().values())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.id)
def test_the_document_is_plain_json_with_every_setting(kind: object) -> None:
    document = settings_document(kind, None, ChoiceContext())  # type: ignore[arg-type]
    data = json.loads(document.model_dump_json())

    keys = {entry["key"] for entry in data["settings"]}
    assert set(kind.model_types[0].settings.fields()) <= keys  # type: ignore[attr-defined]
    assert {"general.problem_type", "general.problem_category"} <= keys
    assert all(entry["section"] in {one["id"] for one in data["sections"]} for entry in data["settings"])


def test_columns_of_the_dataset_become_choices() -> None:
    context = ChoiceContext(columns=(Column("photo", "file"), Column("kind", "text")))
    document = settings_document(problem_types()["image_classification"], None, context)

    entry = next(one for one in document.settings if one.key == "dataset.image_column")

    assert entry.choices == (("photo", "photo"), ("kind", "kind"))


def test_the_hash_changes_with_the_choices_only() -> None:
    kind = problem_types()["image_classification"]
    empty = settings_document(kind, None, ChoiceContext())

    assert empty.hash == settings_document(kind, None, ChoiceContext()).hash
    assert empty.hash != settings_document(kind, None, ChoiceContext(tables=("a.csv",))).hash


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.id)
def test_suggestions_are_valid_settings_with_reasons(kind: object) -> None:
    schema = kind.model_types[0].settings  # type: ignore[attr-defined]
    for gpus in (0, 2):
        for rows in (40, 100_000):
            context = SuggestionContext(DatasetProfile(), rows, gpus, 2, ("tf_efficientnet_lite0",), False)
            changes = kind.suggest(schema(), context)  # type: ignore[attr-defined]
            schema().replaced({change.key: change.value for change in changes})
            assert all(change.reason for change in changes)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.id)
def test_the_reference_names_every_key(kind: object) -> None:
    text = reference_markdown(kind)  # type: ignore[arg-type]

    for key in kind.model_types[0].settings.fields():  # type: ignore[attr-defined]
        assert f"`{key}`" in text


def test_generated_docs_and_configs_are_up_to_date() -> None:
    root = Path(__file__).resolve().parents[2]

    stale = [str(path) for path, text in generated_files().items() if (root / path).read_text() != text]

    assert stale == [], "run make schema"
