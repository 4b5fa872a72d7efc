import json
from pathlib import Path
from typing import Any, get_args

import pytest

from studio.settings.condition import Operator, Test, When, visible_keys, when

CASES = json.loads((Path(__file__).parent / "condition_cases.json").read_text())


def rule_of(data: dict[str, Any] | None) -> When | None:
    if data is None:
        return None

    def tests(name: str) -> tuple[Test, ...]:
        return tuple(
            Test(one["key"], operator, one[operator])
            for one in data.get(name, [])
            for operator in get_args(Operator)
            if operator in one
        )

    return When(all=tests("all"), any=tests("any"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_python_agrees_with_the_cases_the_browser_runs(case: dict[str, Any]) -> None:
    rule = rule_of(case["rule"])

    shown = visible_keys({"own": rule}, case["values"])

    assert ("own" in shown) is case["expected"]


@pytest.mark.parametrize("case", [case for case in CASES if case["rule"]], ids=lambda case: case["name"])
def test_rules_survive_the_document(case: dict[str, Any]) -> None:
    assert rule_of(case["rule"]).to_json() == case["rule"]


def test_a_hidden_parent_hides_its_children() -> None:
    rules = {"a": None, "b": when("a", 1), "c": when("b", "x")}

    assert visible_keys(rules, {"a": 0, "b": "x"}) == {"a"}
    assert visible_keys(rules, {"a": 1, "b": "x"}) == {"a", "b", "c"}


def test_settings_that_depend_on_each_other_do_not_loop() -> None:
    rules = {"a": when("b", 1), "b": when("a", 1)}

    assert visible_keys(rules, {"a": 1, "b": 1}) == {"a", "b"}
