import numpy as np
import pandas as pd
import pytest

from studio.datasets.labels.labels import Task, label_space
from studio.errors import DatasetError


def space(values: list[object], positive: str | None = None) -> object:
    return label_space(pd.DataFrame({"label": values}), ["label"], positive)


@pytest.mark.parametrize(
    ("values", "task", "labels"),
    [
        ([0, 1, 1], Task.BINARY, ("0", "1")),
        (["no", "yes"], Task.BINARY, ("no", "yes")),
        (["yes", "absent"], Task.BINARY, ("absent", "yes")),
        (["b", "a", "c"], Task.MULTI_CLASS, ("a", "b", "c")),
        ([10, 9, 2], Task.MULTI_CLASS, ("2", "9", "10")),
        (["NA", "None", "x"], Task.MULTI_CLASS, ("NA", "None", "x")),
        (["1", "1.0", "01"], Task.MULTI_CLASS, ("01", "1", "1.0")),
    ],
)
def test_the_column_decides_the_task(values: list[object], task: Task, labels: tuple[str, ...]) -> None:
    found = space(values)

    assert found.task is task  # type: ignore[attr-defined]
    assert set(found.labels) == set(labels)  # type: ignore[attr-defined]


def test_the_positive_class_comes_last() -> None:
    assert space(["cat", "dog"]).positive == "dog"  # type: ignore[attr-defined]
    assert space(["cat", "dog"], "cat").labels == ("dog", "cat")  # type: ignore[attr-defined]
    assert space(["true", "zebra"]).positive == "true"  # type: ignore[attr-defined]


def test_exactly_one_in_every_row_is_multi_class() -> None:
    exclusive = pd.DataFrame({"a": [1, 0], "b": [0, 1], "c": [0, 0]})
    overlapping = pd.DataFrame({"a": [1, 0], "b": [1, 1]})

    assert label_space(exclusive, ["a", "b", "c"]).task is Task.MULTI_CLASS
    assert label_space(overlapping, ["a", "b"]).task is Task.MULTI_LABEL


def test_targets_follow_the_label_order() -> None:
    table = pd.DataFrame({"label": ["c", "a", "b"]})

    targets = label_space(table, ["label"]).encode(table)

    assert np.array_equal(targets, [[0, 0, 1], [1, 0, 0], [0, 1, 0]])


def test_a_class_that_training_has_not_seen_is_named() -> None:
    found = label_space(pd.DataFrame({"label": ["a", "b"]}), ["label"])

    with pytest.raises(DatasetError, match="zebra"):
        found.encode(pd.DataFrame({"label": ["zebra"]}))


def test_one_class_is_refused() -> None:
    with pytest.raises(DatasetError, match="holds 1 class"):
        space(["a", "a"])


def test_a_half_is_no_label() -> None:
    with pytest.raises(DatasetError, match="values other than 0 and 1"):
        label_space(pd.DataFrame({"a": [0, 0.5], "b": [1, 0]}), ["a", "b"])
