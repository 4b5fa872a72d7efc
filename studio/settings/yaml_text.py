"""YAML text to plain values: safe by construction, YAML 1.2 scalars, every key with its line.

The text is composed into nodes and the values are built here, so no tag ever constructs an object. Plain `no`, `yes`
and `on` are words, `1e-4` is a number, dates and `010` are words; only true, false, null and decimal numbers are not.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from studio.errors import YamlError, in_quotes

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "value")
)


@dataclass
class YamlDocument:
    """The mapping of a YAML text, and the line of every key by its path (`training.epochs`)."""

    values: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)


def read_yaml(text: str | bytes) -> YamlDocument:
    """Parse one mapping.

    Raises:
        YamlError: with the line, for anything that is not one plain mapping of scalars, lists and mappings.
    """
    value, lines = read_yaml_value(text)
    if not isinstance(value, dict):
        raise YamlError("The top level must be a mapping of settings.", hint="Start with `problem_type: ...`.", line=1)
    return YamlDocument(value, lines)


def read_yaml_value(text: str | bytes) -> tuple[Any, dict[str, int]]:
    """Parse one value of scalars, lists and mappings, and the line of every key in it.

    Raises:
        YamlError: with the line, for anything else.
    """
    decoded = _decode(text)
    try:
        _require_shallow(decoded)
        nodes = list(yaml.compose_all(decoded, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlError(
            f"The YAML cannot be read: {error.problem or error.context}.",
            hint="Check the indentation and quotes of this line; tabs are not allowed.",
            line=mark.line + 1 if mark else None,
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise YamlError(f"The YAML cannot be read: {str(error)[:200]}.", hint="Check the file.") from None
    if not nodes or nodes[0] is None:
        raise YamlError("The YAML is empty.", hint="Choose a settings file.")
    if len(nodes) > 1:
        line = nodes[1].start_mark.line + 1 if nodes[1] is not None else None
        raise YamlError("The file holds more than one YAML document.", hint="Keep one of them.", line=line)
    builder = _Builder()
    return builder.build(nodes[0], "", 0), builder.lines


def _decode(text: str | bytes) -> str:
    try:
        data = text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError as error:
        line = text[: error.start].count("\n") + 1 if isinstance(text, str) else 1
        raise YamlError("The text contains an unpaired surrogate.", hint="Write it again.", line=line) from None
    if len(data) > MAX_BYTES:
        raise YamlError(f"The file has {len(data):,} bytes.", hint=f"At most {MAX_BYTES:,} bytes are read.")
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise YamlError("The file is not UTF-8 text.", hint="Save it as UTF-8.", line=line) from None
    if "\x00" in decoded:
        raise YamlError("The file contains binary data.", hint="Choose a text file.")
    return decoded


def _require_shallow(text: str) -> None:
    """Count levels as the parser meets them: the composer recurses in C, and a deep text would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(event.start_mark.line + 1 if event.start_mark else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(line: int) -> YamlError:
    return YamlError(f"The YAML is nested more than {MAX_DEPTH} deep.", hint="Settings have two levels.", line=line)


class _Builder:
    """Builds plain values from nodes, counting nodes as they expand (an alias counts every time it is used)."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._count = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: str, depth: int) -> Any:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MAX_NODES:
            raise YamlError(
                "The YAML expands to too many values.", hint="Write repeated parts out, without aliases.", line=line
            )
        if depth > MAX_DEPTH:
            raise _too_deep(line)
        if node.tag not in _PLAIN_TAGS:
            raise YamlError(f"The tag {in_quotes(node.tag)} is not allowed.", hint="Use plain values only.", line=line)
        if id(node) in self._open:
            raise YamlError("An alias refers to itself.", hint="Remove the alias.", line=line)
        self._open.add(id(node))
        try:
            match node:
                case yaml.MappingNode():
                    return self._mapping(node, path, depth)
                case yaml.SequenceNode():
                    return [self.build(one, f"{path}[{index}]", depth + 1) for index, one in enumerate(node.value)]
                case _:
                    return _scalar(node, line)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlError("A key must be a string.", hint="Write `name: value`.", line=line)
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            if key in values:
                raise YamlError(
                    f"The key {in_quotes(inner)} occurs twice, in lines {self.lines[inner]} and {line}.",
                    hint="Keep one of them.",
                    line=line,
                )
            self.lines[inner] = line
            values[key] = self.build(value_node, inner, depth + 1)
        return values


def _scalar(node: yaml.Node, line: int) -> Any:
    text = str(node.value)
    if getattr(node, "style", None):
        return text
    if text in _NULLS:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text) and not re.match(r"[-+]?0[0-9]", text):
        value = float(text)
        if not math.isfinite(value):
            raise YamlError(f"{in_quotes(text)} is too large for a number.", hint="Use a smaller number.", line=line)
        return value
    return text
