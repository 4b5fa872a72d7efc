"""Annotations: one class a kind, and views that earlier versions wrote."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from studio.results.insight import Insight, Samples
from studio.results.sample_view import (
    Annotation,
    BoxAnnotation,
    LabelAnnotation,
    NeighbourAnnotation,
    SampleView,
    SpanAnnotation,
    TextAnnotation,
    ValueAnnotation,
)

UNTAGGED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "views_of_0_1_0.json").read_text())
KINDS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "image_classification": (LabelAnnotation, LabelAnnotation),
    "image_metric_learning": (LabelAnnotation, NeighbourAnnotation),
    "image_object_detection": (BoxAnnotation, BoxAnnotation),
    "image_regression": (ValueAnnotation, ValueAnnotation),
    "text_classification": (LabelAnnotation, LabelAnnotation),
    "text_metric_learning": (LabelAnnotation, NeighbourAnnotation),
    "text_regression": (ValueAnnotation, ValueAnnotation),
    "text_sequence_to_sequence": (TextAnnotation, TextAnnotation),
    "text_span_prediction": (SpanAnnotation, SpanAnnotation),
    "text_token_classification": (SpanAnnotation, SpanAnnotation),
}


def read(view: dict[str, Any], **changes: Any) -> SampleView:
    return SampleView.model_validate_json(json.dumps(view | changes))


def untagged(**parts: Any) -> dict[str, Any]:
    return {"labels": [], "boxes": [], "text": None, "values": {}, **parts}


def test_every_kind_is_told_by_its_tag() -> None:
    union = get_args(Annotation)[0]

    for one in get_args(union):
        kind = one.model_fields["kind"].default
        filled = {"text": "a"} if kind in ("text", "transcript") else {}
        assert isinstance(TypeAdapter(Annotation).validate_python({"kind": kind, **filled}), one)


@pytest.mark.parametrize("wrong", [{"kind": "smell"}, {"labels": []}, {"kind": "labels", "boxes": []}])
def test_what_is_of_no_kind_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Annotation).validate_python(wrong)


@pytest.mark.parametrize("problem_type", sorted(UNTAGGED))
def test_a_view_of_an_earlier_version_opens_with_its_kinds(problem_type: str) -> None:
    view = read(UNTAGGED[problem_type])

    assert (type(view.truth), type(view.prediction)) == KINDS[problem_type]
    assert SampleView.model_validate_json(view.model_dump_json()) == view


def test_everything_of_an_earlier_view_is_kept() -> None:
    boxes = read(UNTAGGED["image_object_detection"])
    entities = read(UNTAGGED["text_token_classification"])
    answers = read(UNTAGGED["text_span_prediction"])
    written = read(UNTAGGED["text_sequence_to_sequence"])
    similar = read(UNTAGGED["image_metric_learning"])

    assert isinstance(boxes.truth, BoxAnnotation)
    assert isinstance(boxes.prediction, BoxAnnotation)
    assert [box.match for box in boxes.truth.boxes] == ["false_negative"] * 2
    assert [box.match for box in boxes.prediction.boxes] == ["false_positive"] * 3
    assert isinstance(entities.truth, SpanAnnotation)
    assert isinstance(entities.prediction, SpanAnnotation)
    assert entities.texts[0].marks == ()
    assert [one.match for one in entities.truth.spans] == ["false_negative", "correct"]
    matches = {str(one.match) for one in entities.prediction.spans}
    assert matches == {"wrong_class", "false_positive", "correct"}
    assert isinstance(answers.truth, SpanAnnotation)
    assert isinstance(answers.prediction, SpanAnnotation)
    assert (answers.truth.answer, answers.prediction.answer) == ("1921", "In 1921")
    assert {(one.block, one.match) for one in answers.prediction.spans} == {(1, "false_positive")}
    assert isinstance(written.truth, TextAnnotation)
    assert (written.truth.text, written.truth.marks[0].role) == ("the white owl sleeps in the garden", "missing")
    assert [block.name for block in written.texts] == ["text"]
    assert isinstance(similar.prediction, NeighbourAnnotation)
    assert [(one.row, one.is_match) for one in similar.prediction.neighbours] == [(27, False), (49, True)]


@pytest.mark.parametrize(
    ("media", "truth", "prediction", "kind"),
    [
        # Multi-label rows without a label, images without an object, texts without an entity, unknown numbers.
        (True, untagged(), untagged(labels=[{"label": "a", "score": 0.1}]), "labels"),
        (True, untagged(), untagged(), "boxes"),
        (False, untagged(), untagged(), "spans"),
        (False, untagged(), untagged(values={"stars": 2.5}), "values"),
    ],
)
def test_an_empty_side_of_an_earlier_view_has_the_kind_of_the_other(
    *, media: bool, truth: dict[str, Any], prediction: dict[str, Any], kind: str
) -> None:
    base = UNTAGGED["image_classification" if media else "text_classification"]

    view = read(base, truth=truth, prediction=prediction)

    assert [side and side.kind for side in (view.truth, view.prediction)] == [kind, kind]


def test_an_earlier_answer_without_a_place_and_an_earlier_text_to_write_are_told_apart() -> None:
    question = read(UNTAGGED["text_span_prediction"], truth=untagged(text=""), prediction=None)
    target = read(UNTAGGED["text_classification"], truth=untagged(text="to write"), prediction=None)

    assert isinstance(question.truth, SpanAnnotation)
    assert question.truth.answer == ""
    assert target.truth == TextAnnotation(text="to write")


def test_an_earlier_batch_of_a_panel_keeps_its_marks_and_has_no_prediction() -> None:
    mark = {"start": 0, "end": 4, "label": "PER", "role": "truth", "score": None, "match": None}
    weight = {"start": 0, "end": 4, "label": "", "role": "importance", "score": 0.5, "match": None}
    block = {"name": "Words", "text": "Anna", "marks": [mark, weight], "is_cut": False}
    sample = UNTAGGED["text_token_classification"] | {"texts": [block], "truth": None, "prediction": None}
    payload = {"kind": "samples", "samples": [sample], "confidence": None}
    told = {"key": "train-batch", "group": "train", "title": "Train batch", "how_to_read": "", "payload": payload}

    insight = Insight.model_validate_json(json.dumps(told))

    assert isinstance(insight.payload, Samples)
    [view] = insight.payload.samples
    assert view.prediction is None
    assert isinstance(view.truth, SpanAnnotation)
    assert [(one.label, one.end) for one in view.truth.spans] == [("PER", 4)]
    assert [(one.role, one.score) for one in view.texts[0].marks] == [("importance", 0.5)]
