"""Rows of texts on their way through the server: tried before a start, with what would be cut."""

from typing import Any

import pandas as pd
import pytest

from studio.bundled_weights import PACKAGED_TEXT_MODELS

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


def preview_of(server: Any, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The example of text classification, and what its rows look like to a model with these settings."""
    made = server.api.post("/api/examples/text_classification").json()
    dataset = server.wait(f"/api/datasets/{made['id']}", {"ready"})
    document = server.api.get("/api/schema/text_classification", params={"dataset": dataset["id"]}).json()
    settings = {**document["values"], "architecture.pretrained": False, **changes}
    answer = server.api.post(
        "/api/settings/preview", json={"problem_type": "text_classification", "settings": settings}
    )
    assert answer.status_code == 200, answer.text
    return dataset, answer.json()


def test_texts_are_tried_as_tokens_with_some_of_them_hidden(server: Any) -> None:
    _, result = preview_of(
        server,
        **{"architecture.backbone": "scratch/bert-mini", "augmentation.token_mask_probability": 0.9},
    )

    shown = {split: [view["texts"][0]["text"] for view in result[split]] for split in ("train", "inference")}
    assert (len(shown["train"]), len(shown["inference"])) == (8, 4)
    assert all("[MASK]" in text for text in shown["train"])
    assert not any("[MASK]" in text for text in shown["inference"])
    assert all(view["media"] is None for view in result["train"])


def test_rows_that_are_cut_are_counted_by_the_models_own_tokenizer(server: Any) -> None:
    from tokenizers import Tokenizer

    weights = PACKAGED_TEXT_MODELS[MINILM].path()
    if weights is None:
        pytest.skip("the package with MiniLM is not installed")
    tokenizer = Tokenizer.from_file(str(weights.with_name("tokenizer.json")))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    dataset, result = preview_of(server, **{"architecture.backbone": MINILM, "tokenizer.max_length": 9})

    folder = server.studio.home.dataset(dataset["id"])
    table = next(one for one in dataset["tables"] if one["role"] == "train")
    texts = pd.read_parquet(next(folder.glob(f"tables/{table['name'].removesuffix('.csv')}*")))["text"]
    cut = sum(len(tokenizer.encode(text).ids) > 9 for text in texts)
    assert 0 < cut < len(texts)
    assert result["notes"] == [
        f"Of {len(texts)} rows, {cut} ({cut / len(texts):.1%}) are longer than the model's maximum: they are truncated."
    ]
