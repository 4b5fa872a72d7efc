"""Spectrograms a second against librosa, and seconds an epoch of audio classification against a loop by hand.

    python -m benchmarks.audio [--backbone resnet18] [--rounds 3]

Spoken digits (`STUDIO_SHARED_DATA`). The loop reads its recordings through librosa and computes their spectrograms with
it, as most do; ours keeps decoded recordings from the first epoch on and computes spectrograms of whole batches. The
targets are 5 times as many spectrograms, and epochs 1.3 times as fast from the second on.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import timm
import torch

from benchmarks.epoch_time import LEARNING_RATE, compare, one_round
from benchmarks.quality import DATA
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset
from studio.modeling.audio.features import MelSpectrogram
from studio.modeling.audio.parameters import AudioParameters
from studio.training.run_context import RunContext

EPOCHS = 10
"""Enough batches that the worker measures which way of computing is fastest, as it does in any longer run."""
DIGITS = DATA / "audio_classification__spoken_digits"
ROLES = {"audio_column": "audio", "label_columns": ["label"]}
SPEECH = AudioParameters(
    sample_rate=16_000, mel_bins=128, lowest_hertz=50, highest_hertz=8000, hop=256, window=1024, chunk_seconds=5
)
CLIPS = 64
REPEATS = 5


def clips_a_second(compute: Callable[[], object], clips: int) -> float:
    """The median of several tries, after one that warms up."""
    compute()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        compute()
        seconds.append(time.perf_counter() - began)
    return clips / statistics.median(seconds)


def compare_features(threads: int) -> None:
    """Log-mel of the same clips: ours in one batch, librosa's one by one, as it goes."""
    torch.set_num_threads(threads)
    generator = np.random.default_rng(0)
    audio = generator.standard_normal((CLIPS, SPEECH.chunk_samples), dtype=np.float32)
    spectrogram, batch = MelSpectrogram(SPEECH, "Log-mel"), torch.from_numpy(audio)
    with torch.inference_mode():
        ours = clips_a_second(lambda: spectrogram(batch), CLIPS)
    theirs = clips_a_second(lambda: [log_mel(clip) for clip in audio], CLIPS)
    print(f"log-mel of {SPEECH.chunk_seconds:g} s: librosa {theirs:.0f}, ours {ours:.0f} clips a second")
    print(f"log-mel: {ours / theirs:.2f} times as many as librosa; target 5", flush=True)


def log_mel(samples: Any, numbers: AudioParameters = SPEECH) -> Any:
    """The spectrogram as one makes it with librosa."""
    energies = librosa.feature.melspectrogram(
        y=samples, sr=numbers.sample_rate, n_fft=numbers.window, hop_length=numbers.hop, n_mels=numbers.mel_bins,
        fmin=numbers.lowest_hertz, fmax=numbers.highest_hertz,
    )  # fmt: skip
    return librosa.power_to_db(energies)


class Spectrograms(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """Recordings read and turned into spectrograms by librosa, each as long as a chunk."""

    def __init__(self, paths: list[Path], labels: list[int], numbers: AudioParameters) -> None:
        self.paths, self.labels, self.numbers = paths, labels, numbers

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        samples, _ = librosa.load(self.paths[row], sr=self.numbers.sample_rate)
        samples = librosa.util.fix_length(samples, size=self.numbers.chunk_samples)
        return torch.from_numpy(log_mel(samples, self.numbers))[None], self.labels[row]


def bare_seconds(context: RunContext, backbone: str) -> float:
    """Seconds an epoch of the shortest loop one would write, from the second on."""
    torch.manual_seed(0)
    table, names = context.split.train, list(context.recipe.target.labels)
    recordings = Spectrograms(
        [context.media.path(str(name)) for name in table["audio"]],
        [names.index(str(label)) for label in table["label"]],
        context.recipe.input.parameters,  # type: ignore[attr-defined]
    )
    batches = torch.utils.data.DataLoader(
        recordings,
        context.settings.training.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=context.workers,
        persistent_workers=context.workers > 0,
    )
    network = timm.create_model(backbone, pretrained=False, in_chans=1, num_classes=len(names)).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE)
    began = 0.0
    for epoch in range(EPOCHS):
        if epoch == 1:
            began = time.perf_counter()
        for images, labels in batches:
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
    return (time.perf_counter() - began) / (EPOCHS - 1)


def settings(backbone: str) -> dict[str, Any]:
    """Of both sides."""
    return {
        "architecture.backbone": backbone,
        "architecture.pretrained": False,
        "training.batch_size": 16,
        "training.epochs": EPOCHS,
        **TRAINING_ONLY,
    }


def main() -> None:
    """Compare as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    compare_features(arguments.threads)
    with tempfile.TemporaryDirectory() as name:
        source = Source("audio_classification", DIGITS, ROLES, media_folder="audios")
        dataset = import_dataset(source, Path(name) / "datasets" / "digits")
        values = settings(arguments.backbone)
        measured = partial(one_round, Path(name), dataset, values, arguments.threads, bare_seconds)
        compare(f"spectrograms with {arguments.backbone}", arguments.rounds, measured)


if __name__ == "__main__":
    main()
