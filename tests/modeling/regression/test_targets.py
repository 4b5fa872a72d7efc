"""Numeric labels as targets: missing cells, standardization, the way into a bundle and back."""

import numpy as np
import pandas as pd
import pytest
import torch

from studio.errors import DatasetError
from studio.modeling.recipe import Target
from studio.modeling.regression.targets import RegressionTargets

TABLE = pd.DataFrame({"a": [1.0, 3.0, None], "b": ["2", "x", "4"], "same": [7.1, 7.1, 7.1]})


def test_what_is_no_number_is_missing() -> None:
    targets = RegressionTargets.of(TABLE, ("a", "b"))

    truth = targets.truth(TABLE)

    assert truth is not None
    np.testing.assert_array_equal(truth, [[1, 2], [3, np.nan], [np.nan, 4]])
    assert targets.means == (2.0, 3.0)
    assert targets.deviations == (1.0, 1.0)


def test_infinity_is_missing() -> None:
    table = pd.DataFrame({"a": [1.0, np.inf, 3.0]})

    assert RegressionTargets.of(table, ("a",)).means == (2.0,)


def test_standardized_values_come_back_also_those_of_a_constant_column() -> None:
    targets = RegressionTargets.of(TABLE, ("a", "same"))
    values = np.array([[1.0, 7.1], [3.0, 7.1]])

    standardized = targets.standardized(values)

    np.testing.assert_allclose(standardized, [[-1, 0], [1, 0]], atol=1e-9, equal_nan=False)
    np.testing.assert_allclose(targets.restored(standardized), values, equal_nan=False)


def test_targets_survive_the_json_of_a_bundle() -> None:
    targets = RegressionTargets.of(TABLE, ("a", "same"))

    again = RegressionTargets.from_target(Target.from_json(targets.to_target().to_json()))

    assert again == targets


def test_without_label_columns_there_is_no_truth() -> None:
    assert RegressionTargets.of(TABLE, ("a",)).truth(pd.DataFrame({"text": ["x"]})) is None


@pytest.mark.parametrize(("columns", "code"), [(("c",), "missing_column"), (("word",), "no_labels")])
def test_unusable_label_columns_are_named(columns: tuple[str, ...], code: str) -> None:
    with pytest.raises(DatasetError) as raised:
        RegressionTargets.of(TABLE.assign(word="x"), columns)

    assert raised.value.code == code
    assert columns[0] in raised.value.message


def test_a_head_says_the_same_under_the_standardization_of_other_rows() -> None:
    generator = np.random.default_rng(0)
    old = RegressionTargets(("a", "b"), (5.0, -2.0), (2.0, 0.5))
    new = RegressionTargets(("b", "c"), (1.0, 9.0), (4.0, 1.0))
    weight, bias, features = generator.normal(size=(2, 3)), generator.normal(size=2), generator.normal(size=(7, 3))

    moved_weight, moved_bias = new.restated(torch.from_numpy(weight), torch.from_numpy(bias), old)

    before = old.restored(features @ weight.T + bias)[:, 1]
    standardized = features @ moved_weight.numpy()[1] + moved_bias.numpy()[1]
    assert standardized * new.deviations[0] + new.means[0] == pytest.approx(before, abs=1e-12)
    assert moved_weight[0].tolist() == weight[0].tolist()
