"""Tones: a medium that only tests know, in one file. A header of 12 bytes, then 16-bit values."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.datasets.inspection import Inspection
from studio.datasets.media.reader import MediaError, MediaReader, Origin
from studio.results.sample_view import MediaRef
from studio.settings.finding import FindingLevel

MAGIC = b"TONE"
HEADER = struct.Struct("<4sII")
SECONDS = "__media_seconds"


@dataclass(frozen=True)
class ToneFacts:
    """What a tone's header says."""

    rate: int
    values: int


class ToneReader(MediaReader[ToneFacts]):
    """Magic bytes, values a second, number of values, values."""

    name = "tone"
    noun = "a tone"
    plural = "tones"
    kinds = "a tone"
    endings = (".tone",)
    smaller = "shorter tones"
    larger = "longer tones"

    def suffix_of(self, head: bytes) -> str | None:
        return "tone" if head.startswith(MAGIC) else None

    def browser_type(self, head: bytes) -> str | None:
        return None

    def read_facts(self, path: Path) -> ToneFacts:
        head = path.read_bytes()[: HEADER.size]
        if not head.startswith(MAGIC) or len(head) < HEADER.size:
            raise MediaError(
                "The file is no tone.",
                hint="Record it again.",
                code="tone_unsupported",
                found="other bytes",
                expected="a tone",
            )
        _, rate, values = HEADER.unpack(head)
        return ToneFacts(rate, values)

    def decoding_bytes(self, facts: ToneFacts) -> int:
        return 2 * facts.values

    def decode(self, path: Path, channels: int = 1) -> NDArray[np.int16]:
        facts = self.read_facts(path)
        data = path.read_bytes()[HEADER.size :]
        if len(data) < 2 * facts.values:
            raise MediaError(
                "The tone is cut off.",
                hint="Copy the file again.",
                code="tone_truncated",
                found=f"{len(data)} bytes",
                expected=f"{2 * facts.values} bytes",
            )
        return np.frombuffer(data, "<i2", facts.values)[:, None].repeat(channels, axis=1)

    def inspect(self, path: Path, preview: Path | None = None, *, with_thumbnail: bool = True) -> ToneFacts:
        values = self.decode(path)
        if preview is not None:
            preview.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((values[:, 0][None].repeat(8, axis=0) >> 8).astype(np.uint8)).save(preview, "JPEG")
        return self.read_facts(path)

    def columns(self, facts: Sequence[ToneFacts | None]) -> Mapping[str, Sequence[float]]:
        return {SECONDS: [one.values / one.rate if one else 0.0 for one in facts]}

    def reference(self, path: str, row: Mapping[str, Any], origin: Origin = "dataset") -> MediaRef:
        return MediaRef(kind=self.name, path=path, origin=origin)  # its preview is a picture

    def note_all(self, inspection: Inspection, column: str) -> None:
        rates = sorted({one.rate for one in inspection.media.values()})
        if len(rates) > 1:
            inspection.note(
                next(iter(inspection.frames)),
                FindingLevel.WARNING,
                "tone_rates",
                column,
                "Tones have different rates.",
                found=", ".join(map(str, rates)),
                expected="one rate",
            )

    def said(self, settings: Mapping[str, Mapping[str, Any]]) -> str:
        return "tones of a second"


READER = ToneReader()


def write_tone(path: Path, *, rate: int = 100, values: int = 50) -> None:
    """A tone that rises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEADER.pack(MAGIC, rate, values) + np.arange(values, dtype="<i2").tobytes())
