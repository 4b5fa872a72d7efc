"""Row E101 of the bad input catalogue: a tokenizer that does not belong to the model is refused before the start."""

import json
import shutil
from pathlib import Path

import pytest

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.errors import WeightsError
from studio.modeling.text.sources.assets import text_assets

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture
def minilm() -> Path:
    path = PACKAGED_TEXT_MODELS[MINILM].path()
    if path is None:
        pytest.skip("the packaged MiniLM is not installed")
    return path.parent


def test_a_tokenizer_with_more_ids_than_the_model_has_vectors_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minilm: Path
) -> None:
    folder = tmp_path / "weights" / "me" / "mixed"
    folder.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(minilm / name, folder / name)
    config = json.loads((minilm / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 1000}))
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))

    with pytest.raises(WeightsError, match="up to 30521, and the model knows 1000 tokens") as error:
        text_assets("me/mixed", lambda: ["a text"])

    assert error.value.code == "tokenizer_mismatch"
    assert error.value.hint
