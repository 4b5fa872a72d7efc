"""What the six text types declare: the settings of the product's reference with the defaults seen in real runs."""

from typing import Any

import pytest

from studio.datasets.profile import DatasetProfile
from studio.datasets.texts.text_part import TextLengths, TextPart
from studio.problems.contract import SuggestionContext
from studio.problems.registry import problem_types
from studio.settings.choices import ChoiceContext, Column
from studio.settings.finding import Finding
from studio.settings.sections.text import MINILM

SHARED = {
    "tokenizer.lowercase": False,
    "tokenizer.max_length": 128,
    "architecture.pretrained": True,
    "architecture.backbone": "bert-base-uncased",
    "architecture.gradient_checkpointing": False,
    "architecture.intermediate_dropout": 0.0,
    "augmentation.token_mask_probability": 0.0,
    "training.optimizer": "AdamW",
    "training.learning_rate": 1e-5,
    "training.differential_learning_rate": 1e-5,
    "training.batch_size": 16,
    "training.epochs": 2,
    "training.evaluate_before_training": False,
    "dataset.data_sample": 1.0,
    "dataset.data_sample_choice": ["Train", "Validation"],
    "logging.number_of_texts": 10,
}
POOLED = {
    "tokenizer.padding_quantile": 1.0,
    "architecture.pool": "[CLS] token",
    "architecture.dropout": 0.0,
    "dataset.text_column": [],
    "dataset.separator": "",
    "dataset.label_columns": [],
    "dataset.unlabeled_dataframe": None,
    "training.run_interpretations": True,
}
OWN: dict[str, dict[str, Any]] = {
    "text_classification": POOLED
    | {
        "training.loss_function": "Automatic",
        "prediction.metric": "ROC_AUC",
        "prediction.probability_threshold": 0.5,
    },
    "text_regression": POOLED | {"training.loss_function": "MAE", "prediction.metric": "MAE"},
    "text_token_classification": {
        "dataset.text_column": "",
        "dataset.label_columns": "",
        "architecture.dropout": 0.0,
        "training.loss_function": "CrossEntropy",
        "prediction.metric": "MICRO_F1_SCORE",
        "logging.ignore_classes": "O,NOT_WORD_START",
    },
    "text_span_prediction": {
        "dataset.question_column": "",
        "dataset.context_column": "",
        "dataset.answer_column": "",
        "dataset.answer_start_column": None,
        "dataset.number_of_predicted_answers": 3,
        "tokenizer.max_length": 256,
        "tokenizer.doc_stride": 64,
        "architecture.backbone": "distilbert-base-cased-distilled-squad",
        "training.loss_function": "CrossEntropy",
        "training.evaluate_before_training": True,
        "prediction.metric": "Jaccard",
    },
    "text_sequence_to_sequence": {
        "dataset.text_column": "",
        "dataset.label_columns": "",
        "tokenizer.label_max_length": 128,
        "architecture.backbone": "sshleifer/distilbart-cnn-12-6",
        "training.batch_size": 4,
        "training.loss_function": "CrossEntropy",
        "training.evaluate_before_training": True,
        "prediction.metric": "BLEU",
        "prediction.max_length": 128,
        "prediction.num_beams": 1,
        "prediction.do_sample": False,
        "prediction.temperature": 1.0,
    },
}
LAYERS = {
    "text_classification": ("Backbone", "Head"),
    "text_regression": ("Backbone", "Head"),
    "text_token_classification": ("Backbone", "Head"),
    "text_span_prediction": ("Backbone", "qa_outputs"),
    "text_sequence_to_sequence": ("Encoder", "Decoder"),
    "text_metric_learning": ("Backbone", "Neck", "Loss"),
}


@pytest.mark.parametrize("kind", OWN)
def test_defaults_are_those_observed_in_real_runs(kind: str) -> None:
    flat = problem_types()[kind].model_types[0].settings().flat()

    expected = SHARED | OWN[kind]
    assert {key: flat.get(key, "absent") for key in expected} == expected


@pytest.mark.parametrize("kind", LAYERS)
def test_layer_groups_are_those_of_the_reference(kind: str) -> None:
    fields = problem_types()[kind].model_types[0].settings.fields()

    assert fields["training.differential_learning_rate_layers"].values == LAYERS[kind]


@pytest.mark.parametrize("kind", LAYERS)
def test_metric_choices_are_the_declared_metrics(kind: str) -> None:
    problem = problem_types()[kind]

    assert problem.model_types[0].settings.fields()["prediction.metric"].values == tuple(
        one.name for one in problem.metrics
    )


def test_only_types_whose_models_answer_untrained_need_no_training() -> None:
    untrained = {kind for kind in LAYERS if problem_types()[kind].model_types[0].settings.is_useful_untrained}

    assert untrained == {"text_span_prediction", "text_sequence_to_sequence"}


def test_temperature_shows_when_texts_are_sampled() -> None:
    schema = problem_types()["text_sequence_to_sequence"].model_types[0].settings

    assert "prediction.temperature" not in schema().visible()
    assert "prediction.temperature" in schema.from_mapping({"prediction.do_sample": True}).visible()


def checked(kind: str, changes: dict[str, Any], **facts: Any) -> dict[str, Finding]:
    columns = (Column("text", "text", 90), Column("label", "text", 3))
    context = ChoiceContext(columns=columns, tables=("train.csv",), facts={f"dataset.{k}": v for k, v in facts.items()})
    schema = problem_types()[kind].model_types[0].settings
    return {one.code: one for one in schema.from_mapping(changes).check(context)}


def lengths(counts: list[tuple[int, int]], tokenizer: str = MINILM) -> dict[str, Any]:
    return TextLengths(counts=tuple(counts), tokenizer=tokenizer, rows=sum(n for _, n in counts)).model_dump(
        mode="json"
    )


@pytest.mark.parametrize("kind", sorted({*LAYERS} - {"text_span_prediction"}))
def test_a_missing_text_or_label_column_is_refused(kind: str) -> None:
    found = checked(kind, {})

    assert found["no_column"].path == "dataset.text_column"
    assert found["no_label"].path == "dataset.label_columns"
    assert found["no_column"].blocks
    assert found["no_label"].blocks


def test_a_column_cannot_be_input_and_target() -> None:
    changes = {"dataset.text_column": ["text", "label"], "dataset.label_columns": ["label"]}

    assert checked("text_classification", changes)["contradiction"].path == "dataset.text_column"


def test_span_prediction_names_the_column_that_is_missing() -> None:
    found = checked("text_span_prediction", {"dataset.question_column": "text", "dataset.answer_column": "label"})

    assert found["no_column"].path == "dataset.context_column"


def test_windows_that_never_move_on_are_refused() -> None:
    found = checked("text_span_prediction", {"tokenizer.doc_stride": 256})

    assert found["contradiction"].path == "tokenizer.doc_stride"
    assert found["contradiction"].blocks


def test_answers_longer_than_the_overlap_of_windows_are_told() -> None:
    found = checked("text_span_prediction", {}, text_lengths={"answer": lengths([(5, 90), (70, 10)])})

    assert "10 %" in found["long_answers"].message
    assert not found["long_answers"].blocks


def test_a_metric_over_more_answers_than_are_predicted_is_refused() -> None:
    found = checked("text_span_prediction", {"prediction.metric": "Top_5_Accuracy"})

    assert found["contradiction"].path == "dataset.number_of_predicted_answers"


def test_cross_entropy_with_several_labels_a_text_is_refused() -> None:
    found = checked("text_classification", {"training.loss_function": "CrossEntropy"}, task="multi-label")

    assert found["contradiction"].path == "training.loss_function"


def test_pretrained_weights_of_an_architecture_without_any_are_told() -> None:
    found = checked("text_regression", {"architecture.backbone": "scratch/bert-mini"})
    untold = checked(
        "text_regression", {"architecture.backbone": "scratch/bert-mini", "architecture.pretrained": False}
    )

    assert not found["no_weights"].blocks
    assert "no_weights" not in untold


@pytest.mark.parametrize(("max_length", "share", "level"), [(128, "25.5 %", "warning"), (256, "0.5 %", "note")])
def test_the_share_of_cut_texts_is_known_before_the_start(max_length: int, share: str, level: str) -> None:
    facts = {"text": lengths([(20, 745), (200, 250), (600, 5)])}

    found = checked("text_classification", {"tokenizer.max_length": max_length}, text_lengths=facts)["truncated_texts"]

    assert share in found.message
    assert found.level == level
    assert found.path == "tokenizer.max_length"
    assert "600" in found.found
    assert "estimated" not in found.message


def test_texts_that_fit_are_not_mentioned_and_estimates_are() -> None:
    facts = {"text": lengths([(20, 10), (600, 5)], tokenizer="")}

    assert "estimated" in checked("text_classification", {}, text_lengths=facts)["truncated_texts"].message
    assert "truncated_texts" not in checked("text_classification", {"tokenizer.max_length": 600}, text_lengths=facts)


def test_cut_targets_are_told_at_their_own_setting() -> None:
    facts = {"text": lengths([(20, 10)]), "label": lengths([(200, 10)])}

    found = checked("text_sequence_to_sequence", {}, text_lengths=facts)

    assert found["truncated_texts"].path == "tokenizer.label_max_length"


def suggested(kind: str, *, packaged: bool, gpus: int = 0, hub: bool = False) -> dict[str, Any]:
    problem = problem_types()[kind]
    lengths = TextLengths(counts=((20, 400),), rows=400)
    profile = DatasetProfile().with_parts(
        TextPart(lengths=dict.fromkeys(("text", "label", "window", "answer"), lengths))
    )
    weights = (MINILM,) if packaged else ()
    context = SuggestionContext(profile, 400, gpus, cores=2, packaged_weights=weights, is_hub_reachable=hub)
    return {change.key: change.value for change in problem.suggest(problem.model_types[0].settings(), context)}


@pytest.mark.parametrize("kind", LAYERS)
def test_suggestions_are_valid_and_start_from_what_is_here(kind: str) -> None:
    schema = problem_types()[kind].model_types[0].settings

    with_package = suggested(kind, packaged=True)
    without = suggested(kind, packaged=False)

    # On a processor, writing texts with a pair of MiniLM takes longer than a small model takes to learn it.
    writes = kind == "text_sequence_to_sequence"
    assert with_package["architecture.backbone"] == ("scratch/t5-mini" if writes else MINILM)
    assert without["architecture.backbone"].startswith("scratch/")
    assert without["architecture.pretrained"] is False
    for changes in (with_package, without):
        assert not [one for one in schema.from_mapping(changes).check(ChoiceContext()) if one.blocks]


@pytest.mark.parametrize("kind", LAYERS)
def test_a_machine_with_a_gpu_and_the_hub_keeps_the_default_backbone(kind: str) -> None:
    assert "architecture.backbone" not in suggested(kind, packaged=True, gpus=1, hub=True)


def test_short_texts_get_a_short_length() -> None:
    assert suggested("text_classification", packaged=True)["tokenizer.max_length"] == 32
