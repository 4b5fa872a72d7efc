"""Samples a second of text classification against transformers.Trainer: same network, texts, batches and threads.

    python -m benchmarks.text [--data banking77 email_spam] [--rounds 2] [--share 1.0] [--threads 2]

Real texts (`STUDIO_SHARED_DATA`) and the packaged MiniLM. Trainer runs twice a round: with its default padding, which
is random batches padded to their longest text, and with its batches grouped by length. Counted from the second epoch
on. `--precision float32` keeps our probe from choosing 16-bit numbers, which Trainer does not do by itself.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments

from benchmarks.epoch_time import ours, told
from benchmarks.library_trainer import ARGUMENTS, Stopwatch
from benchmarks.quality import DATA
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset, make_run
from studio.datasets.dataset import Dataset
from studio.modeling.recipe import SampleIndex
from studio.modeling.text.tokens.sequences import padded
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.settings.sections.text import MINILM
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import SilentReporter
from studio.training.run_context import RunContext, make_context

EPOCHS = 3
LABELS = {"banking77": ("label",), "email_spam": ("spam",)}
STRATEGIES = ("random", "group_by_length")


class WithLoss(nn.Module):
    """Our network with the loss inside, as Trainer wants it."""

    def __init__(self, context: RunContext) -> None:
        super().__init__()
        self.recipe: Any = context.recipe
        self.network = context.recipe.model(context.recipe.find_weights(MINILM))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The mean loss of a batch."""
        logits = self.network(input_ids, attention_mask)
        return {"loss": self.recipe.loss_function.per_sample(logits, labels).mean()}


def trainer_seconds(context: RunContext, folder: Path, strategy: str) -> float:
    """Seconds an epoch of Trainer over texts that are tokenized already."""
    torch.manual_seed(0)
    samples = context.recipe.samples(context.split.train, context.media, training=True)
    items = [samples[SampleIndex(row, 0)] for row in range(len(samples))]
    rows = [{"input_ids": item.ids, "labels": item.target, "length": len(item.ids)} for item in items]
    pad = context.recipe.tokenizer.special.pad  # type: ignore[attr-defined]

    def collate(batch: list[dict[str, Any]]) -> dict[str, Tensor]:
        ids, mask = padded([one["input_ids"] for one in batch], pad)
        labels = torch.stack([torch.from_numpy(one["labels"]) for one in batch])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    watch = Stopwatch()
    settings = context.settings.training
    Trainer(
        model=WithLoss(context),
        args=TrainingArguments(
            output_dir=str(folder),
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            train_sampling_strategy=strategy,
            **ARGUMENTS,
        ),
        train_dataset=rows,  # type: ignore[arg-type]
        data_collator=collate,
        callbacks=[watch],
    ).train()
    return watch.seconds / (EPOCHS - 1)


def settings(share: float, precision: str) -> dict[str, Any]:
    """Of both sides."""
    return {
        "architecture.backbone": MINILM,
        "architecture.pool": "Average",
        "training.batch_size": 16,
        "training.epochs": EPOCHS,
        "training.learning_rate": 2e-4,
        "training.gradient_clip": 1.0,
        **TRAINING_ONLY,
        "environment.precision": precision,
        "dataset.data_sample": share,
    }


def measure(name: str, root: Path, rounds: int, values: dict[str, Any], threads: int) -> None:
    """Print every round of one dataset, and the median ratios."""
    folder = DATA / f"text_classification__{name}"
    roles = {"text_column": ("text",), "label_columns": LABELS[name]}
    dataset: Dataset = import_dataset(Source("text_classification", folder, roles, media_folder="."), root / name)
    ratios: dict[str, list[float]] = {strategy: [] for strategy in STRATEGIES}
    for index in range(rounds):
        mine = make_run(root / f"{name}-ours-{index}", dataset, values, threads=threads)
        by_hand = RunFolder(make_run(root / f"{name}-trainer-{index}", dataset, values, threads=threads))
        context = make_context(by_hand, RunSpec.read(by_hand.path), 1, SilentReporter(), StopSignal(by_hand))
        count = len(context.split.train)
        theirs = {strategy: trainer_seconds(context, root / "trainer", strategy) for strategy in STRATEGIES}
        own = ours(mine)
        for strategy, seconds in theirs.items():
            ratios[strategy].append(seconds / own)
            print(f"{name}: Trainer {strategy} {count / seconds:.1f}, ours {count / own:.1f} samples/s", flush=True)
        print("\n".join(told(mine)), flush=True)
    for strategy, target in zip(STRATEGIES, (1.5, 1.0), strict=True):
        ratio = statistics.median(ratios[strategy])
        print(f"{name}: {ratio:.2f} times as fast as Trainer ({strategy}; median of {rounds}); target {target}")


def main() -> None:
    """Print both sides of every dataset, and their ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", default=["banking77", "email_spam"], choices=["banking77", "email_spam"])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="Automatic")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.data:
            measure(name, Path(folder), chosen.rounds, settings(chosen.share, chosen.precision), chosen.threads)


if __name__ == "__main__":
    main()
