"""DrawnImages: the images of a tool's export on their way into tables of boxes or of masks.

An image with a shape that cannot be read is left out: its other shapes alone would lie. So is one on which nothing of
what is drawn can be used: it is no image without objects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Literal, TypeVar, cast

from studio.datasets.dataset import TableRole
from studio.datasets.importers.drawn.shapes import DrawnImage, Shape
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.image_tables import ImageTables
from studio.datasets.importers.picture_size import Scale, Size, both_sizes, scale_to, size_in_file
from studio.datasets.importers.upload import Upload
from studio.datasets.uploads.roles import role_by_path
from studio.settings.finding import FindingLevel

ImageT = TypeVar("ImageT")
Taken = Literal["used", "passed over", "unreadable"]
_WARNING, _NOTE = FindingLevel.WARNING, FindingLevel.NOTE


@dataclass
class DrawnImages(ABC, Generic[ImageT]):
    """Images with what is drawn on them. A subclass says what it takes of a shape."""

    noun: ClassVar[str]
    """What is taken of a shape: masks."""
    shapes: ClassVar[str]
    """The shapes that can be taken."""

    upload: Upload
    title: str
    """Of the format."""
    tables: ImageTables[ImageT]
    troubles: dict[str, list[str]] = field(default_factory=dict)

    @abstractmethod
    def image(self, path: str, size: Size | None) -> ImageT:
        """An image of the upload, with nothing on it yet."""

    @abstractmethod
    def add(self, image: ImageT, shape: Shape, drawn: Size, scale: Scale) -> Taken:
        """Take a shape that was drawn at a size, and is to be scaled to the picture."""

    @abstractmethod
    def conversion(self) -> Conversion:
        """The tables.

        Raises:
            FindingsError: if no image with anything on it is left.
        """

    def read(self, images: Iterable[DrawnImage]) -> Conversion:
        """The tables of all images, with all findings.

        Raises:
            FindingsError: if no image with anything on it is left.
        """
        for one in images:
            self._take(one)
        for code, words, fix, expected, level in self._reports():
            examples = self.troubles.get(code, [])
            self.tables.report(code, self.title, f"{len(examples)} {words}", fix, examples, level, expected=expected)
        return self.conversion()

    def note(self, code: str, example: str) -> None:
        """One case of a kind of trouble."""
        self.troubles.setdefault(code, []).append(example)

    def _take(self, one: DrawnImage) -> None:
        if one.state != "annotated":
            self.note(one.state, one.name)
            return
        path, several = self.upload.images.find(one.name, one.near)
        if path is None:
            self.note("several_images" if several else "no_image", one.name)
            return
        if one.annotations > 1:
            self.note("other_annotators", path)
        real = size_in_file(self.upload.files / path)
        scale = scale_to(one.size, real) if one.shapes else (1.0, 1.0)
        drawn = one.size or real
        if scale is None and one.size and real:
            self.note("mask_size", f"{path}: {both_sizes(one.size, real)}")
            return
        image = self.image(path, real or drawn)
        taken = self._add_all(image, path, one.shapes, drawn, scale or (1.0, 1.0))
        if "unreadable" in taken:
            return
        if taken and "used" not in taken:
            self.note("nothing_used", f"{path}: {', '.join(dict.fromkeys(shape.word for shape in one.shapes))}")
            return
        if scale != (1.0, 1.0) and one.size and real:
            self.note("scaled", f"{path}: {both_sizes(one.size, real)}")
        self.tables.add(cast(TableRole, one.role or role_by_path(path) or "train"), image)

    def _add_all(
        self, image: ImageT, path: str, shapes: Iterable[Shape], drawn: Size | None, scale: Scale
    ) -> list[Taken]:
        """Take every shape, up to the first that cannot be read."""
        found: list[Taken] = []
        for shape in shapes:
            problem = shape.problem
            if not problem and shape.outline is None and shape.runs is None:
                taken: Taken = "passed over"
            elif problem or drawn is None:
                taken = "unreadable"
            elif not shape.label:
                self.note("no_class", path)
                return [*found, "unreadable"]
            else:
                taken = self.add(image, shape, drawn, scale)
            if taken == "unreadable":
                self.note("drawn_mask", f"{path}: {shape.word} of {shape.label[:40] or 'no class'} {problem}".strip())
                return [*found, taken]
            if taken == "passed over":
                self.note("other_shapes", f"{path}: {shape.word}")
            found.append(taken)
        return found

    def _reports(self) -> tuple[tuple[str, str, str, str, FindingLevel], ...]:
        """Code, message, fix, expected, level of everything that can be said."""
        return (
            (
                "drawn_mask",
                "shapes cannot be read; their images are left out.",
                "Draw them again, or leave them out.",
                "polygons of 3 points or more, or run lengths that fill their box",
                _WARNING,
            ),
            (
                "mask_size",
                "images have another size than annotations were drawn at, and other sides; they are left out.",
                "Export the annotations for the images as they are.",
                "the size of the image, or one with the same ratio of sides",
                _WARNING,
            ),
            (
                "scaled",
                f"images have another size than annotations were drawn at; their {self.noun} are scaled to the image.",
                "",
                "the size of the image",
                _NOTE,
            ),
            (
                "no_image",
                "images are named and not in the upload; they are left out.",
                "Add the images.",
                "an image of this name",
                _WARNING,
            ),
            (
                "several_images",
                "images are left out because several files of the upload have their name.",
                "Rename the files, or export names with their folders.",
                "names that tell one file",
                _WARNING,
            ),
            (
                "no_class",
                f"{self.noun} have no class; their images are left out.",
                "Name the class of every shape.",
                "a class for every shape",
                _WARNING,
            ),
            (
                "nothing_used",
                f"images hold only shapes that give no {self.noun}; they are left out, as they are not empty.",
                f"Draw {self.shapes}.",
                self.shapes,
                _WARNING,
            ),
            (
                "other_shapes",
                f"shapes give no {self.noun} and are left out.",
                f"Draw them as {self.shapes} if they matter.",
                self.shapes,
                _NOTE,
            ),
            (
                "rejected",
                "images were skipped or cancelled by their annotator and are left out.",
                "",
                "images whose annotation was submitted",
                _NOTE,
            ),
            (
                "unannotated",
                "images were not annotated and are left out.",
                "Annotate them, or submit them as empty.",
                "an annotation, which may be empty",
                _WARNING,
            ),
            (
                "other_annotators",
                "images were annotated more than once; the first annotation is taken.",
                "Export one annotation an image.",
                "one annotation an image",
                _NOTE,
            ),
        )
