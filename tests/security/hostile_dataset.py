"""A dataset whose class names, cells, column names and, if wanted, file names are hostile, imported as people do."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from tests.security.black_box import BlackBox
from tests.security.hostile import MARKUP, packed, picture

ROWS = 32


def hostile_dataset(box: BlackBox, labels: Sequence[str], file_name: str = "{number}.png") -> dict[str, Any]:
    """The dataset, ready, as image classification."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["image", "label", "note", "score", MARKUP])
    files: dict[str, bytes | str] = {}
    for number in range(ROWS):
        name = file_name.replace("{number}", str(number))
        writer.writerow([name, labels[number % len(labels)], f"@SUM({number})", -3 - number, MARKUP])
        files[f"images/{name}"] = picture(number)
    files["train.csv"] = target.getvalue()
    _, draft = box.looked_at("hostile.zip", packed(files))
    assert draft["state"] == "ready", draft["error"]
    choices = {**draft["choices"], "problem_type": "image_classification", "format": "table", "train": "train.csv"}
    choices |= {"media_folder": "images", "roles": {"image_column": "image", "label_columns": ["label"]}}
    made = box.api("POST", f"/api/imports/{draft['id']}/finish", {"name": "hostile", "choices": choices})
    ready = box.wait(f"/api/datasets/{made['id']}", lambda one: one["state"] in ("ready", "failed"))
    assert ready["state"] == "ready", ready["error"]
    return dict(ready)
