"""Images by table with what a converted format says of each, whether boxes or masks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from studio.datasets.dataset import TableRole
from studio.datasets.importers.troubles import trouble
from studio.settings.finding import Finding, FindingLevel

ImageT = TypeVar("ImageT")


@dataclass
class ImageTables(Generic[ImageT]):
    """Images by table, in the order of their annotations, and what was noticed on the way."""

    images: dict[TableRole, list[ImageT]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, role: TableRole, image: ImageT) -> None:
        """One more row."""
        self.images.setdefault(role, []).append(image)

    def report(
        self,
        code: str,
        path: str,
        message: str,
        fix: str,
        examples: Sequence[str],
        level: FindingLevel = FindingLevel.WARNING,
        *,
        expected: str,
        found: str = "",
    ) -> None:
        """Report one kind of trouble once, with its count; nothing if there are no examples."""
        self.findings.extend(trouble(code, path, message, fix, examples, level, expected=expected, found=found))
