"""Visibility rules as data, so that Python and the browser evaluate the same ones.

The twin of `holds` is `frontend/src/form/schema.ts`; both run the cases in `tests/settings/condition_cases.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["in", "not_in", "lt", "gt", "longer", "contains", "not_contains"]


@dataclass(frozen=True)
class Test:
    """One comparison of a setting's value (or of a fact such as `machine.gpu_count`)."""

    key: str
    operator: Operator
    value: Any

    __test__ = False  # not a pytest class

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the comparison is true; an absent key is like `None`."""
        found = values.get(self.key)
        match self.operator:
            case "in":
                return any(_same(found, one) for one in self.value)
            case "not_in":
                return not any(_same(found, one) for one in self.value)
            case "lt":
                return _is_number(found) and found < self.value
            case "gt":
                return _is_number(found) and found > self.value
            case "longer":
                return isinstance(found, list | tuple) and len(found) > self.value
            case "contains":
                return isinstance(found, str) and self.value in found
            case "not_contains":
                return not (isinstance(found, str) and self.value in found)

    def to_json(self) -> dict[str, Any]:
        """`{"key": ..., "<operator>": ...}`."""
        value = list(self.value) if self.operator in ("in", "not_in") else self.value
        return {"key": self.key, self.operator: value}


@dataclass(frozen=True)
class When:
    """A setting is shown when every test of `all` and at least one of `any` (if there are any) hold."""

    all: tuple[Test, ...] = ()
    any: tuple[Test, ...] = ()

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the rule itself is met; what it depends on may still be hidden."""
        return all(test.holds(values) for test in self.all) and (
            not self.any or any(test.holds(values) for test in self.any)
        )

    def depends_on(self) -> tuple[str, ...]:
        """The settings this rule looks at."""
        return tuple(dict.fromkeys(test.key for test in (*self.all, *self.any)))

    def to_json(self) -> dict[str, Any]:
        """The rule as the settings document carries it."""
        rule: dict[str, Any] = {}
        if self.all:
            rule["all"] = [test.to_json() for test in self.all]
        if self.any:
            rule["any"] = [test.to_json() for test in self.any]
        return rule


def when(key: str, *values: Any) -> When:
    """Shown when the setting has one of these values."""
    return When(all=(Test(key, "in", values),))


def when_not(key: str, *values: Any) -> When:
    """Shown when the setting has none of these values."""
    return When(all=(Test(key, "not_in", values),))


def when_more(key: str, than: float) -> When:
    """Shown when the number is greater."""
    return When(all=(Test(key, "gt", than),))


def when_less(key: str, than: float) -> When:
    """Shown when the number is smaller."""
    return When(all=(Test(key, "lt", than),))


def when_longer(key: str, than: int) -> When:
    """Shown when the list has more entries."""
    return When(all=(Test(key, "longer", than),))


def visible_keys(rules: Mapping[str, When | None], values: Mapping[str, Any]) -> frozenset[str]:
    """The settings that are shown: their own rule holds, and everything it depends on is shown too."""
    known: dict[str, bool] = {}

    def is_visible(key: str, seen: frozenset[str]) -> bool:
        if key in known:
            return known[key]
        rule = rules[key]
        shown = rule is None or (
            rule.holds(values)
            and all(
                is_visible(other, seen | {key}) for other in rule.depends_on() if other in rules and other not in seen
            )
        )
        known[key] = shown
        return shown

    return frozenset(key for key in rules if is_visible(key, frozenset({key})))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
