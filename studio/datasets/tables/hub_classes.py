"""Names of classes that datasets of the hub carry in the schema of their parquet files, where their labels are numbers.

The library `datasets` writes them as JSON into the schema's metadata, under the key `huggingface`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.formatting import listed, shortened
from studio.datasets.tables.parsed_table import cell_finding
from studio.json_text import parse_json
from studio.on_demand import np, pa, pd
from studio.settings.finding import Finding, FindingLevel

_KEY = b"huggingface"
_UNLABELED = -1


def hub_class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Column -> names of its classes in the order of their numbers; of columns of numbers, and of lists of them."""
    try:
        told = parse_json((schema.metadata or {}).get(_KEY, b"{}"))
        features = told["info"]["features"]
        found = {str(column): _names(feature) for column, feature in features.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {column: names for column, names in found.items() if names}


def named_classes(
    values: pd.Series, kind: ColumnKind, names: Sequence[str], column: str, name: str, findings: list[Finding]
) -> tuple[pd.Series, ColumnKind]:
    """The names in place of numbers, -1 as missing; numbers without a name are left out and said."""
    if kind not in ("integer", "list"):
        return values, kind
    findings.append(
        Finding(
            level=FindingLevel.NOTE,
            code="class_names",
            path=f"{name}: {column}",
            message=f"The file names the {len(names)} classes of its numbers; the names are used.",
            found=shortened(", ".join(names)),
            expected="names of classes",
        )
    )
    wrong = [row for row, value in enumerate(values, start=1) if not all(_is_known(one, names) for one in _each(value))]
    if wrong:
        findings.append(
            cell_finding(
                "class_number",
                name,
                column,
                wrong,
                f"{len(wrong)} cells hold numbers that are of no named class; they count as missing.",
                "Write the numbers of the classes, from 0.",
                found=listed(values.iloc[row - 1] for row in wrong[:20]),
                expected=f"0 to {len(names) - 1}, or -1",
            )
        )
    left_out = set(wrong)
    named = [None if row in left_out else _named(value, names) for row, value in enumerate(values, start=1)]
    return pd.Series(
        named, name=column, dtype=object if kind == "list" else "str"
    ), "list" if kind == "list" else "text"


def _names(feature: Mapping[str, Any]) -> tuple[str, ...]:
    inner = feature.get("feature", feature)
    names = inner.get("names") if isinstance(inner, Mapping) and inner.get("_type") == "ClassLabel" else None
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | np.ndarray) else [value]


def _is_known(number: Any, names: Sequence[str]) -> bool:
    if isinstance(number, int | np.integer):
        return bool(_UNLABELED <= number < len(names))
    return number is None or number is pd.NA


def _named(value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, list | np.ndarray):
        return [_named(one, names) for one in value]
    return None if value is None or value is pd.NA or value == _UNLABELED else names[value]
