"""What in a text moves an answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from studio.modeling.text.attributions import importance_marks, integrated_gradients, steps_for
from tests.modeling.text.models import text_model


def test_importance_adds_up_to_the_change_of_the_output(architecture: Any, assets: Mapping[str, bytes]) -> None:
    """Completeness, axiom of Sundararajan et al. 2017, proposition 1."""
    torch.manual_seed(1)
    model = text_model(architecture, assets, 1, None).eval()
    ids = torch.tensor([[2, 40, 41, 42, 43, 3]])
    kept = torch.tensor([[0, 1, 1, 1, 1, 0]])
    mask = torch.ones_like(ids)
    blank = torch.where(kept.bool(), torch.zeros_like(ids), ids)

    scores = integrated_gradients(
        model.backbone.encoder.embeddings(), ids, kept, 0, lambda: model(ids, mask)[:, 0], steps=64
    )

    with torch.no_grad():
        change = (model(ids, mask) - model(blank, mask)).item()
    assert abs(scores.sum().item() - change) <= 0.02 * max(abs(change), scores.abs().sum().item())
    assert scores[0, 0] == scores[0, -1] == 0


def test_the_model_is_left_as_it_was(architecture: Any, assets: Mapping[str, bytes]) -> None:
    model = text_model(architecture, assets, 1, None).eval()
    ids = torch.tensor([[2, 40, 41, 3]])
    before = model(ids, torch.ones_like(ids)).item()

    integrated_gradients(
        model.backbone.encoder.embeddings(),
        ids,
        torch.ones_like(ids),
        0,
        lambda: model(ids, torch.ones_like(ids))[:, 0],
    )

    assert model(ids, torch.ones_like(ids)).item() == before
    assert all(one.grad is None for one in model.parameters())


def test_pieces_of_a_word_are_one_mark_and_the_strongest_word_has_one() -> None:
    text = "un" + "known 👩‍🍳 word."
    spans = [None, (0, 2), (2, 7), (7, 11), (11, 16), (16, 17), None]

    marks = importance_marks(np.array([9.0, 1.0, 2.0, -0.5, -1.5, 0.01, 9.0]), (text,), spans)

    assert [(text[one.start : one.end], one.score) for one in marks] == [
        ("unknown", 1.0),
        ("👩‍🍳", -0.5 / 3),
        ("word", -0.5),
    ]
    assert {one.role for one in marks} == {"importance"}


def test_marks_never_overlap_where_bytes_of_a_character_are_tokens_of_their_own() -> None:
    text = "fox 👩‍🍳 okay"
    spans = [(0, 3), (3, 5), (4, 5), (4, 5), (5, 6), (6, 7), (6, 7), (7, 12)]

    marks = importance_marks(np.array([1.0, 0.5, 0.5, 0.5, 0.1, 0.5, 0.5, -2.0]), (text,), spans)

    assert [(text[one.start : one.end], one.score) for one in marks] == [
        ("fox", 0.5),
        ("👩", 0.75),
        ("\u200d", 0.05),
        ("🍳", 0.5),
        ("okay", -1.0),
    ]


def test_scripts_without_blanks_are_marked_piece_by_piece() -> None:
    text = "我想取消订单 now"
    spans = [(0, 1), (1, 2), (2, 4), (4, 6), (7, 8), (8, 10)]

    marks = importance_marks(np.array([1.0, 2.0, 3.0, 4.0, 1.0, 1.0]), (text,), spans)

    assert [text[one.start : one.end] for one in marks] == ["我", "想", "取消", "订单", "now"]


def test_long_texts_get_fewer_points_and_never_fewer_than_eight() -> None:
    assert [steps_for(length) for length in (1, 128, 256, 512, 4096)] == [24, 24, 12, 8, 8]
