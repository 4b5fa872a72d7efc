"""Training on validation rows too: what only they hold is learned like everything else."""

import math
from pathlib import Path

from benchmarks.workspace import import_example, make_run
from studio.files import read_json
from studio.runs.events import decode
from studio.training.worker import run_worker

SMALL = {
    "architecture.backbone": "scratch/bert-mini",
    "architecture.pretrained": False,
    "architecture.embedding_size": 8,
    "tokenizer.max_length": 16,
    "dataset.validation_strategy": "group_kfold",
    "dataset.group_fold_column": "label",
    "dataset.test_dataframe": None,
    "training.epochs": 1,
    "training.save_best_checkpoint": False,
    "training.train_validation_data": True,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 0,
}


def test_labels_of_validation_rows_are_learned_when_these_rows_are(tmp_path: Path) -> None:
    questions = import_example("text_metric_learning", tmp_path / "questions")
    folder = make_run(tmp_path / "run", questions, SMALL, threads=1, seed=3)

    code = run_worker(folder)

    events = [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
    losses = [point[1] for event in events if event.kind == "metrics" for point in event.points.get("train.loss", ())]
    assert code == 0
    assert losses
    assert all(math.isfinite(loss) for loss in losses)
    assert len(read_json(folder / "bundle" / "bundle.json")["target"]["labels"]) == 6
