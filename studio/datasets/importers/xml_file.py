"""XML files of others: plain elements to a stated depth and size; document types and entities are refused."""

from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

MAX_BYTES = 8 << 20
MAX_DEPTH = 32
"""Levels of elements; an annotation of Pascal VOC has five."""


class XmlError(ValueError):
    """A file that is no plain XML annotation; the text says why."""


class UnsafeXmlError(XmlError):
    """A file that declares a document type, as entity bombs do."""


def parse_xml(path: Path, max_bytes: int = MAX_BYTES) -> Element:
    """The root of an XML file.

    Raises:
        UnsafeXmlError: if it declares a document type or an entity.
        XmlError: if it is too large or damaged.
    """
    if path.stat().st_size > max_bytes:
        raise XmlError(f"{path.stat().st_size:,} bytes")
    builder = TreeBuilder()
    levels = _Levels(builder)
    parser = expat.ParserCreate()
    parser.StartElementHandler = levels.start
    parser.EndElementHandler = levels.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.buffer_text = True
    try:
        parser.Parse(path.read_bytes(), True)
        return builder.close()
    except (expat.ExpatError, ParseError, RecursionError, AssertionError) as error:
        raise XmlError(str(error)) from None


class _Levels:
    """Passes elements on to a builder, down to a stated depth."""

    def __init__(self, builder: TreeBuilder) -> None:
        self._builder = builder
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XmlError(f"nested more than {MAX_DEPTH} deep")
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)


def _refuse_doctype(*declaration: object) -> NoReturn:
    raise UnsafeXmlError(f"a document type {declaration[0]!r} is declared")
