"""MediaReader: what the studio does with files of one medium. Import, training, pages and scoring use it alone.

A medium is one file in `readers/`, whose `READER` the registry finds. Nothing here loads a library that decodes: a
scoring pipeline of texts has none.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from studio.errors import StudioError
from studio.results.sample_view import MediaRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.datasets.dataset import TableRole
    from studio.datasets.inspection import Inspection

Origin = Literal["dataset", "run"]
Facts = TypeVar("Facts")


class MediaError(StudioError):
    """A file that cannot be read as its medium; the code says in which way. Has `found` and `expected`."""

    code = "media"


class MediaReader(ABC, Generic[Facts]):
    """How files of one medium are recognised, read, checked and shown. `Facts` is what is known about one file.

    Raises:
        MediaError: from whatever opens a file, if it is empty, foreign, damaged, cut off or too large.
    """

    name: ClassVar[str]
    """Problem types name the medium by it."""
    noun: ClassVar[str]
    """One of its kind, with the article: an image."""
    plural: ClassVar[str]
    kinds: ClassVar[str]
    """Kinds of files to send, in words: a PNG or JPEG."""
    endings: ClassVar[tuple[str, ...]]
    """Lower case, with the dot."""
    smaller: ClassVar[str]
    """What needs less memory and time: smaller images."""
    larger: ClassVar[str]
    """What gives a model more to see: larger images."""
    is_drawn_by_browsers: ClassVar[bool] = True
    """Whether what browsers show of its files is a picture; where not, a preview stands for them in lists."""

    @abstractmethod
    def suffix_of(self, head: bytes) -> str | None:
        """The ending of files that begin so, without the dot; None where it is no file of this medium."""

    def likelihood(self, head: bytes) -> float:
        """How likely files that begin so are of this medium, 0 to 1, where several media read such files."""
        return 1.0 if self.suffix_of(head) else 0.0

    def reads_folder(self, folder: Path) -> bool:
        """Whether a folder as a whole is one of its kind, so that a table may name it like a file."""
        return False

    def is_converted(self, path: Path) -> bool:
        """Whether a dataset keeps another file in place of this: of folders, of what tells of a person, of what takes
        another program to read.
        """
        return False

    def conversion_bytes(self, path: Path) -> int:
        """The memory that making such a file takes at most, about."""
        return self.decoding_bytes(self.read_facts(path))

    def convert(self, path: Path, target: Path) -> None:
        """Write the file that a dataset keeps in place of another; it decodes to the same values."""
        raise NotImplementedError

    @abstractmethod
    def browser_type(self, head: bytes) -> str | None:
        """The MIME type where browsers show such files themselves; None where they need a preview."""

    @abstractmethod
    def read_facts(self, path: Path) -> Facts:
        """What a file's header says, without decoding it."""

    @abstractmethod
    def decoding_bytes(self, facts: Facts) -> int:
        """The memory that decoding a file takes at most, about."""

    @abstractmethod
    def decode(self, path: Path, channels: int) -> "NDArray[np.generic]":
        """The whole file, to its last byte, with this number of channels (the last axis)."""

    @abstractmethod
    def inspect(self, path: Path, preview: Path | None = None, *, with_thumbnail: bool = True) -> Facts:
        """Decode a file to its last byte, once, and write a small JPEG of it if asked.

        Files that browsers do not show themselves get one in any case.
        """

    @abstractmethod
    def columns(self, facts: Sequence[Facts | None]) -> Mapping[str, Sequence[Any]]:
        """Hidden columns of a dataset's table, from the facts of each row's file (None: not decoded).

        Names begin with `studio.results.prediction.MEDIA_PREFIX`, or stand in its `HIDDEN_COLUMNS`.
        """

    @abstractmethod
    def reference(self, path: str, row: Mapping[str, Any], origin: Origin = "dataset") -> MediaRef:
        """A file as a page shows it; `row` has the hidden columns where the dataset knows them."""

    def drop_misfits(self, inspection: "Inspection", column: str) -> None:
        """Leave out files that do not go together with the rest."""

    def note_table(self, inspection: "Inspection", role: "TableRole", column: str) -> None:
        """Say which rows of a table have files that were decided about."""

    def note_all(self, inspection: "Inspection", column: str) -> None:
        """Say what is odd about the files as a whole."""

    def said(self, settings: Mapping[str, Mapping[str, Any]]) -> str:
        """How large the inputs are that a model reads by these settings, in words; empty where they do not say."""
        return ""
