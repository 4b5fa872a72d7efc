"""Values that Python programs have printed into a cell: dictionaries, lists and NumPy arrays, read without evaluation.

`df.to_csv()` writes {'text': array(['a'], dtype=object), 'answer_start': array([16], dtype=int32)} where the table has
an object. Only plain values, and arrays of them, are read; whatever else stands there is refused before it is parsed.
"""

import ast
import re
from collections.abc import Sequence
from typing import Any

from studio.datasets.tables.list_parsing import MAX_CELL_CHARACTERS, STRINGS
from studio.json_text import parse_json

MAX_DEPTH = 8
_SIGNS = re.compile(r"[\s\w,.:=+\-()\[\]{}]*")
_WORDS = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_KNOWN = re.compile(
    r"array|np|numpy|dtype|object|None|True|False|null|true|false|nan|NaN|inf|bool|str|(u?int|float)\d+"
)
_SIGNS_IN_A_ROW = re.compile(r"[-+]\s*[-+]")
_LITERALS: dict[str, object] = {"nan": None, "NaN": None, "inf": None, "null": None, "true": True, "false": False}


def looks_like_object(cell: str) -> bool:
    """Whether a cell begins and ends like a dictionary."""
    return cell.startswith("{") and cell.endswith("}")


def parse_printed(text: str) -> Any:
    """The value that is printed in a text, as JSON has it: NaN is None, and arrays and tuples are lists.

    Raises:
        ValueError: if it is no plain value, is nested more than 8 deep, or is cut short by dots.
    """
    if len(text) > MAX_CELL_CHARACTERS:
        raise ValueError(f"the cell has {len(text):,} characters")
    try:
        return parse_json(text, max_depth=MAX_DEPTH)
    except ValueError:
        _require_plain(text)
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"{text[:40]!r} is no plain value") from error


def lists_of_objects(cells: Sequence[str]) -> list[list[Any] | None] | None:
    """Cells that are lists of objects, such as marked stretches of a text; None where one of them is none."""
    try:
        values = [parse_printed(cell) if cell else None for cell in cells]
    except ValueError:
        return None
    are_objects = all(isinstance(one, list) and all(isinstance(item, dict) for item in one) for one in values if one)
    return values if are_objects else None


def _require_plain(text: str) -> None:
    """Refuse what could make Python's parser go deep: it ends the process on such texts."""
    bare = STRINGS.sub("", text)
    depth = deepest = 0
    for sign in bare:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    is_plain = _SIGNS.fullmatch(bare) and not _SIGNS_IN_A_ROW.search(bare)
    if not is_plain or deepest > 2 * MAX_DEPTH or not all(_KNOWN.fullmatch(word) for word in _WORDS.findall(bare)):
        raise ValueError(f"{text[:40]!r} is no plain value")


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.Name(id=name) if name in _LITERALS:
            return _LITERALS[name]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=values) | ast.Tuple(elts=values):
            return [_value(one) for one in values]
        case ast.Dict(keys=keys, values=values) if all(isinstance(key, ast.Constant) for key in keys):
            return {
                str(key.value): _value(one)
                for key, one in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant)
            }
        case ast.Call(func=ast.Name(id="array") | ast.Attribute(attr="array"), args=[values]):
            return _value(values)
        case _:
            raise ValueError(f"{ast.unparse(node)[:40]!r} is no plain value")
