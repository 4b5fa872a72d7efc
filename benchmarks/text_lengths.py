"""What batches by length and the padding quantile do to learning: test figures with and without, several seeds.

    python -m benchmarks.text_lengths [--seeds 3] [--epochs 3] [--threads 2] [--share 1.0]

banking77 (`STUDIO_SHARED_DATA`) with the packaged MiniLM. Prints accuracy, log loss and seconds of every run, then
means and deviations. Differences within the deviation over seeds are noise.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.epoch_time import read_events
from benchmarks.quality import DATA
from benchmarks.workspace import Source, import_dataset, make_run, run_worker
from studio.runs.events import Finished
from studio.settings.sections.text import MINILM

VARIANTS: dict[str, dict[str, Any]] = {
    "random batches, padded to the longest": {"tokenizer.batches_by_length": False},
    "batches by length": {"tokenizer.batches_by_length": True},
    "random batches, padding quantile 0.9": {
        "tokenizer.batches_by_length": False,
        "tokenizer.padding_quantile": 0.9,
    },
}
FIGURES = ("Accuracy", "LogLoss")


def settings(epochs: int, share: float) -> dict[str, Any]:
    """Of every variant."""
    return {
        "architecture.backbone": MINILM,
        "architecture.pool": "Average",
        "training.differential_learning_rate_layers": ["Backbone"],
        "training.differential_learning_rate": 2e-4,
        "training.learning_rate": 2e-3,
        "training.warmup_epochs": 0.5,
        "training.epochs": epochs,
        "training.evaluation_epochs": 1000.0,
        "training.run_interpretations": False,
        "training.build_scoring_pipelines": False,
        "environment.precision": "float32",
        "dataset.validation_strategy": "automatic",
        "dataset.validation_size": 0.05,
        "dataset.data_sample": share,
    }


def main() -> None:
    """Print every run, and each variant's means."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0)
    chosen = parser.parse_args()
    roles = {"text_column": ("text",), "label_columns": ("label",)}
    source = Source("text_classification", DATA / "text_classification__banking77", roles, media_folder=".")
    with tempfile.TemporaryDirectory() as name:
        dataset = import_dataset(source, Path(name) / "banking77")
        for variant, changes in VARIANTS.items():
            found: list[dict[str, float]] = []
            for seed in range(1, chosen.seeds + 1):
                values = {**settings(chosen.epochs, chosen.share), **changes}
                folder = make_run(Path(name) / "run", dataset, values, threads=chosen.threads, seed=seed)
                if run_worker(folder) != 0:
                    raise SystemExit((folder / "worker.log").read_text())
                events = read_events(folder)
                finished = next(one for one in events if isinstance(one, Finished))
                found.append(finished.metrics["test"])
                print(f"{variant}: {finished.metrics['test']}, {events[-1].time - events[0].time:.0f} s", flush=True)
            for figure in FIGURES:
                values_of = [one[figure] for one in found]
                spread = statistics.stdev(values_of) if len(values_of) > 1 else 0.0
                print(f"{variant}: {figure} {statistics.mean(values_of):.4f} ± {spread:.4f}")


if __name__ == "__main__":
    main()
