"""Fine-tuning Whisper against transformers.Seq2SeqTrainer, and transcription against `generate` one clip at a time.

    python -m benchmarks.speech [--rounds 1] [--share 0.5] [--clips 16] [--threads 2] [--only training|transcription]

Real recordings of one reader (`STUDIO_SHARED_DATA`) and the packaged tiny.en. The library is used as its documentation
shows: features computed once, before the clock starts; labels padded; windows of 30 seconds. Ours reads and computes
features in every epoch. Both of our windows are measured: 30 seconds, and the shorter one that is suggested here.
The trainer wants the package `accelerate`, which the studio does not.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments, WhisperForConditionalGeneration

from benchmarks.epoch_time import ours, told
from benchmarks.library_trainer import ARGUMENTS, Stopwatch
from benchmarks.quality import DATA
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset, make_run
from studio.datasets.dataset import Dataset
from studio.modeling.audio.whisper_features import SAMPLE_RATE, WhisperFeatures
from studio.modeling.hub_models.files import find_model_files
from studio.modeling.recipe import SampleIndex
from studio.modeling.scoring import score_table
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.settings.sections.networks.whisper import TINY
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import SilentReporter
from studio.training.run_context import RunContext, make_context

EPOCHS = 3
WINDOWS = (30.0, 13.0)
BATCH = 8
BINS = 80


def library_model() -> WhisperForConditionalGeneration:
    """The same weights as the library loads them."""
    folder = find_model_files(TINY, {"whisper"}, "Install offline-speech.").folder
    return WhisperForConditionalGeneration.from_pretrained(folder)


def features_of(context: RunContext, rows: int) -> list[dict[str, Any]]:
    """The library's inputs of the first training rows: spectrograms of 30 seconds, and labels."""
    samples = context.recipe.samples(context.split.train, context.media, training=True)
    spectrogram = WhisperFeatures(BINS, 30 * SAMPLE_RATE)
    items = [samples[SampleIndex(row, 0)] for row in range(min(rows, len(samples)))]
    with torch.no_grad():
        return [
            {"input_features": spectrogram(torch.from_numpy(item.windows[0])[None])[0], "labels": item.target.tolist()}
            for item in items
        ]


def trainer_seconds(context: RunContext, folder: Path) -> float:
    """Seconds an epoch of Seq2SeqTrainer."""
    rows = features_of(context, len(context.split.train))

    def collate(batch: list[dict[str, Any]]) -> dict[str, Tensor]:
        labels = [torch.tensor(one["labels"]) for one in batch]
        padded = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-100)
        return {"input_features": torch.stack([one["input_features"] for one in batch]), "labels": padded}

    watch = Stopwatch()
    Seq2SeqTrainer(
        model=library_model(),
        args=Seq2SeqTrainingArguments(
            output_dir=str(folder),
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=BATCH,
            learning_rate=1e-5,
            **ARGUMENTS,
        ),
        train_dataset=rows,  # type: ignore[arg-type]
        data_collator=collate,
        callbacks=[watch],
    ).train()
    return watch.seconds / (EPOCHS - 1)


def settings(share: float, window: float) -> dict[str, Any]:
    """Of our side."""
    return {
        "architecture.backbone": TINY,
        "audio.window_seconds": window,
        "training.batch_size": BATCH,
        "training.epochs": EPOCHS,
        **TRAINING_ONLY,
        "training.evaluate_before_training": False,
        "dataset.data_sample": share,
    }


def context_of(folder: Path) -> RunContext:
    """The context of a run that is not worked on."""
    run = RunFolder(folder)
    return make_context(run, RunSpec.read(folder), 1, SilentReporter(), StopSignal(run))


def compare_training(root: Path, dataset: Dataset, share: float, rounds: int, threads: int) -> None:
    """Print seconds an epoch of both sides, and the median ratios."""
    ratios: dict[float, list[float]] = {window: [] for window in WINDOWS}
    for index in range(rounds):
        by_hand = make_run(root / f"trainer{index}", dataset, settings(share, WINDOWS[0]), threads=threads)
        theirs = trainer_seconds(context_of(by_hand), root / "trainer")
        for window in WINDOWS:
            mine = make_run(root / f"ours{index}-{window:g}", dataset, settings(share, window), threads=threads)
            own = ours(mine)
            ratios[window].append(theirs / own)
            print(f"training: Seq2SeqTrainer {theirs:.1f}, ours {own:.1f} s an epoch in {window:g} s", flush=True)
            print("\n".join(told(mine)), flush=True)
    for window, found in ratios.items():
        ratio = statistics.median(found)
        print(f"training in {window:g} s: {ratio:.2f} times as fast as Seq2SeqTrainer; target 1.2")


def compare_transcription(root: Path, dataset: Dataset, clips: int, threads: int) -> None:
    """Print seconds a clip of both sides, and their ratios."""
    context = context_of(make_run(root / "plain", dataset, settings(1.0, WINDOWS[0]), threads=threads))
    features = [one["input_features"][None] for one in features_of(context, clips)]
    model = library_model().eval()
    began = time.perf_counter()
    with torch.inference_mode():
        for one in features:
            model.generate(one, max_new_tokens=224)
    theirs = (time.perf_counter() - began) / len(features)
    for window in WINDOWS:
        run = context_of(make_run(root / f"batches-{window:g}", dataset, settings(1.0, window), threads=threads))
        network = run.recipe.model(run.recipe.find_weights(TINY)).eval()
        # Without transcripts, since the library computes no loss here.
        table = run.split.train.head(clips).reset_index(drop=True).drop(columns="text")
        began = time.perf_counter()
        score_table(run.recipe, network, table, run.media, device=run.device, precision="float32", batch_size=BATCH)
        own = (time.perf_counter() - began) / len(table)
        words = f"generate {theirs:.2f}, ours {own:.2f} s a clip in {window:g} s"
        print(f"transcription: {words}, ratio {theirs / own:.2f}; target 2", flush=True)


def main() -> None:
    """Print both sides and their ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=["training", "transcription"])
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    source = Source(
        "speech_recognition",
        DATA / "speech_recognition__ljspeech",
        {"audio_column": "audio", "label_columns": "text"},
        media_folder="audios",
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_dataset(source, root / "data")
        if chosen.only != "transcription":
            compare_training(root, dataset, chosen.share, chosen.rounds, chosen.threads)
        if chosen.only != "training":
            compare_transcription(root, dataset, chosen.clips, chosen.threads)


if __name__ == "__main__":
    main()
