"""How long a page of a million predicted samples takes: sorted, filtered, far down; and of a dataset's table."""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from studio.results.sample_view import LabelAnnotation, LabelScore, MediaRef, SampleView
from studio.scoring.tables import write_samples
from studio.server.services.viewing.samples import SampleQuery, read_samples

ROWS = 1_000_000
CLASSES = 50
QUERIES = {
    "by loss": SampleQuery(),
    "by row": SampleQuery(sort="row"),
    "page 10,000 by loss": SampleQuery(offset=24 * 9_999),
    "one class, by loss": SampleQuery(truth="class 7"),
    "wrong, by confidence": SampleQuery(correct=False, sort="-confidence"),
    "one cell of the confusion matrix": SampleQuery(truth="class 7", prediction="class 8", correct=False),
    "wrong, page 10,000": SampleQuery(correct=False, offset=24 * 9_999),
}


def samples(rows: int) -> pd.DataFrame:
    """Samples as a run of classification writes them."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, CLASSES, rows)
    answer = np.where(generator.random(rows) < 0.6, truth, generator.integers(0, CLASSES, rows))
    loss, confidence = generator.exponential(1.0, rows), generator.random(rows)
    template = SampleView(
        row=1,
        title="image_0000001.jpg",
        media=MediaRef(kind="image", path="images/image_0000001.jpg", width=640, height=480),
        truth=LabelAnnotation(labels=(LabelScore(label="class 1"),)),
        prediction=LabelAnnotation(labels=tuple(LabelScore(label=f"class {one}", score=0.2) for one in range(5))),
        loss=0.5,
    ).model_dump_json()
    return pd.DataFrame(
        {
            "row": np.arange(1, rows + 1),
            "title": [f"image_{number}.jpg" for number in range(rows)],
            "loss": loss,
            "truth": [f"class {one}" for one in truth],
            "prediction": [f"class {one}" for one in answer],
            "correct": pd.array(truth == answer, dtype="boolean"),
            "confidence": confidence,
            "view": [template.replace('"row":1,', f'"row":{number + 1},') for number in range(rows)],
        }
    )


def main(rows: int) -> None:
    """Write the samples and print the time of each kind of page."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        frame = samples(rows)
        begin = time.perf_counter()
        write_samples(frame, target, "validation")
        size = sum(path.stat().st_size for path in target.iterdir()) / 1e6
        print(f"{rows:,} samples written in {time.perf_counter() - begin:.1f} s, {size:,.0f} MB")
        del frame
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for name, query in QUERIES.items():
            times = []
            for _ in range(3):
                begin = time.perf_counter()
                page = read_samples(target, query)
                times.append(time.perf_counter() - begin)
            shown = f"{1e3 * times[0]:6.0f} ms first, {1e3 * min(times):6.0f} ms best"
            print(f"{name:34} {shown}, {len(page.rows)} of {page.total:,}")
        print(f"peak memory grew by {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3:,.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
