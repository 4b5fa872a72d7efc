"""Texts are written the same in every batch, tied tensors are kept once, and two encoders make a translator."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.modeling.generation.task import TEXT
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, Recipe, SampleIndex
from studio.modeling.text.sources.assets import config_of
from studio.modeling.text.text_writer import TextWriter
from studio.modeling.token_targets import IGNORED
from studio.problems.registry import problem_type
from studio.problems.text_sequence_to_sequence.recipe import TextSequenceToSequenceRecipe
from studio.results.insight import Table

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
TABLE = pd.DataFrame(
    {
        "source": ["one two three", "four", "five six seven eight nine 😀", ""],
        "written": ["three two one", "four", "nine eight seven six five 😀", "nothing"],
    }
)

MEDIA = Media(root=None)  # type: ignore[arg-type]


def make_recipe(**changes: Any) -> TextSequenceToSequenceRecipe:
    kind = problem_type("text_sequence_to_sequence")
    values = {
        "dataset.train_dataframe": "train",
        "dataset.text_column": "source",
        "dataset.label_columns": "written",
        "tokenizer.max_length": 32,
        "prediction.max_length": 12,
        "architecture.backbone": "scratch/t5-mini",
        "environment.seed": 3,
        **changes,
    }
    settings = kind.model_types[0].settings.from_mapping(values)
    assets = TextSequenceToSequenceRecipe.assets_of(settings, TABLE)
    target = TextSequenceToSequenceRecipe.target_of(settings, TABLE)
    return TextSequenceToSequenceRecipe(settings, target, kind.metrics, assets)


def make_model(recipe: Recipe[Any]) -> TextWriter:
    torch.manual_seed(0)
    name = recipe.weights_name()
    model = recipe.model(recipe.find_weights(name) if name else None).eval()
    assert isinstance(model, TextWriter)
    return model


def written(recipe: TextSequenceToSequenceRecipe, model: TextWriter, rows: list[int]) -> list[str]:
    samples = recipe.samples(TABLE, Media(root=None), training=False)  # type: ignore[arg-type]
    with torch.inference_mode():
        scored = recipe.score(model, recipe.collate([samples[SampleIndex(row)] for row in rows]))
    return [str(raw[TEXT]) for raw in scored.raw]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prediction.num_beams": 3},
        {"prediction.do_sample": True, "prediction.temperature": 1.5},
        {"prediction.do_sample": True, "prediction.num_beams": 2},
    ],
    ids=["greedy", "beams", "draws", "draws of beams"],
)
def test_a_text_is_written_the_same_in_every_batch(changes: dict[str, Any]) -> None:
    recipe = make_recipe(**changes)
    model = make_model(recipe)

    together = written(recipe, model, [0, 1, 2, 3])

    assert together == [written(recipe, model, [row])[0] for row in range(4)]


def test_another_seed_draws_other_texts_and_texts_draw_by_themselves() -> None:
    options = {"prediction.do_sample": True, "prediction.max_length": 20}
    model = make_model(make_recipe(**options))

    first = written(make_recipe(**options), model, [0, 1, 2])
    other = written(make_recipe(**options, **{"environment.seed": 4}), model, [0, 1, 2])

    assert len({*first, *other}) == 6


def test_draws_come_as_often_as_their_probability_says() -> None:
    from studio.modeling.text.sampling import GumbelDraws

    logits = torch.log(torch.tensor([0.1, 0.2, 0.7])).expand(4000, 3)

    drawn = GumbelDraws(range(4000), 1.0)(torch.zeros(4000, 1), logits).argmax(1)
    bold = GumbelDraws(range(4000), 1e6)(torch.zeros(4000, 1), logits).argmax(1)

    np.testing.assert_allclose(np.bincount(drawn) / 4000, [0.1, 0.2, 0.7], atol=0.02, equal_nan=False)
    np.testing.assert_allclose(np.bincount(bold) / 4000, [1 / 3] * 3, atol=0.02, equal_nan=False)


def test_tied_tensors_are_kept_once_and_come_back_tied() -> None:
    recipe = make_recipe()
    model, again = make_model(recipe), recipe.model(None)

    state = model.state_dict()
    again.load_state_dict({name: value.clone() for name, value in state.items()})

    pointers = [value.data_ptr() for value in state.values()]
    assert len(set(pointers)) == len(pointers)
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    assert isinstance(again, TextWriter)
    assert again.network.get_input_embeddings().weight is again.network.get_encoder().get_input_embeddings().weight


def test_targets_end_with_the_last_token_and_losses_are_those_of_the_library() -> None:
    recipe = make_recipe()
    model = make_model(recipe)
    samples = recipe.samples(TABLE, Media(root=None), training=True)  # type: ignore[arg-type]
    batch = recipe.collate([samples[SampleIndex(row, 1)] for row in range(4)])
    assert batch.targets is not None

    expected = model.network(input_ids=batch.ids, attention_mask=batch.mask, labels=batch.targets).loss

    assert recipe.loss(model, batch).item() == pytest.approx(expected.item(), rel=1e-5)
    for row in batch.targets:
        kept = row[row != IGNORED].tolist()
        assert kept[-1] == recipe.input.tokenizer.special.last
    assert recipe.input.tokenizer.decode(batch.targets[2][batch.targets[2] != IGNORED].tolist()) == TABLE["written"][2]


def test_an_encoder_becomes_reader_and_writer_with_its_weights_in_both() -> None:
    recipe = make_recipe(**{"architecture.backbone": MINILM})

    model = make_model(recipe)
    groups = recipe.layer_groups(model)

    assert config_of(recipe.assets)["model_type"] == "encoder-decoder"
    encoder, decoder = model.network.encoder, model.network.decoder.bert.encoder
    first, other = encoder.encoder.layer[0].attention.self.query, decoder.layer[0].attention.self.query
    torch.testing.assert_close(first.weight, other.weight)
    assert any("crossattention" in name for name, _ in model.network.decoder.named_parameters())
    every = [id(one) for group in groups.values() for one in group]
    assert sorted(every) == sorted(id(one) for one in model.parameters())


def test_a_translator_of_two_encoders_learns_from_what_it_reads() -> None:
    recipe = make_recipe(**{"architecture.backbone": "scratch/bert-mini", "architecture.pretrained": False})
    model = make_model(recipe)
    samples = recipe.samples(TABLE, Media(root=None), training=True)  # type: ignore[arg-type]
    batch = recipe.collate([samples[SampleIndex(row, 1)] for row in range(4)])
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3)

    for _ in range(60):
        optimizer.zero_grad()
        recipe.loss(model.train(), batch).backward()
        optimizer.step()

    assert written(recipe, model.eval(), [0, 1, 2, 3]) == TABLE["written"].tolist()


def test_rows_without_a_text_to_write_are_predicted_and_not_scored() -> None:
    recipe = make_recipe()
    texts = tuple({TEXT: np.array(text, dtype=np.str_)} for text in ("three two one", "", "other", ""))
    table = TABLE.assign(written=["three two one", None, None, None])
    scored = ScoredTable(table, texts, None)

    rows = list(recipe.sample_rows(scored, MEDIA))

    assert recipe.metrics(scored)["TER"] == 0.0
    assert [row.correct for row in rows] == [True, None, None, None]
    assert [row.view.truth is None for row in rows] == [False, True, True, True]
    panels = {one.key: one.payload for one in recipe.insights(scored, "test")}
    figures = panels["test-figures"]
    assert isinstance(figures, Table)
    assert figures.rows[0] == ("Texts", 1)
    unknown = ScoredTable(table.assign(written=None), texts, None)
    assert all(math.isnan(value) for value in recipe.metrics(unknown).values())
    assert [one.key for one in recipe.insights(unknown, "test")] == ["test-lengths"]
