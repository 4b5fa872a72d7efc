"""How fine masks are is known at import, and decides on the decoder that is suggested."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from studio.datasets.masks.mask_part import MaskPart
from studio.datasets.masks.run_lengths import encode, to_text
from studio.problems.contract import SuggestionContext
from studio.problems.registry import problem_types

HEIGHT, WIDTH, ROWS = 100, 60, 6


def write_squares(folder: Path, side: int) -> Path:
    (folder / "images").mkdir(parents=True)
    random = np.random.default_rng(0)
    texts = []
    for number in range(ROWS):
        mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
        mask[5 : 5 + side, 3 : 3 + side] = mask[55 : 55 + side, 3 : 3 + side] = True
        pixels = random.integers(0, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        pixels[mask] += 150
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        texts.append([to_text(encode(mask))])
    names = [f"{number}.png" for number in range(ROWS)]
    table = pd.DataFrame({"image": names, "class_id": [["square"]] * ROWS, "rle_mask": texts})
    table.to_parquet(folder / "train.parquet", index=False)
    return folder


@pytest.mark.parametrize(("side", "decoder"), [(8, "Unet"), (20, "FPN")])
def test_small_masks_get_a_decoder_that_keeps_their_borders(
    side: int, decoder: str, import_files: Callable[..., Any], tmp_path: Path
) -> None:
    data = import_files(write_squares(tmp_path / "squares", side), {"problem_type": "image_semantic_segmentation"})

    profile = data.profile()
    kind = problem_types()["image_semantic_segmentation"]
    settings = kind.model_types[0].settings()
    context = SuggestionContext(profile, ROWS, gpu_count=0, cores=2)
    changes = {change.key: change.value for change in kind.suggest(settings, context)}
    assert profile.part(MaskPart).mean_extent == pytest.approx(side / HEIGHT)
    assert changes.get("architecture.architecture", settings.value("architecture.architecture")) == decoder
