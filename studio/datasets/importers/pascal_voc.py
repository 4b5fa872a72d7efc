"""Pascal VOC: one XML file an image, with the name, the size and a list of objects.

Corners are taken as they are written. The challenge of 2012 counted pixels from 1; the tools people draw boxes with
count from 0, and no file says which. The difference is one pixel; shifting files that count from 0 would be wrong.
A split is in `ImageSets/Main/*.txt`, else in a folder's name. Document types and entities are refused.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import shortened
from studio.datasets.importers.box_tables import BoxesXYXY, BoxTables, ImageBoxes
from studio.datasets.importers.drawn.shapes import centred_rectangle, numbers
from studio.datasets.importers.file_names import FileNames, stem_of
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.picture_size import ONE, Scale, Size, both_sizes, scale_to, size_in_file
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.xml_file import MAX_BYTES, UnsafeXmlError, XmlError, parse_xml
from studio.datasets.uploads.roles import role_by_name, role_by_path
from studio.errors import DatasetError
from studio.files import read_head
from studio.settings.finding import Finding, FindingsError

_ROOT = re.compile(rb"<annotation[\s>]")
_SAMPLE = 20
_FLAG = re.compile(r"\s+-?[01]\s*$")
_ENDING = re.compile(r"\.(xml|jpe?g|png|bmp|tiff?|webp)$", re.IGNORECASE)
_ROLES: tuple[TableRole, ...] = ("train", "validation", "test")
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def recognise(upload: Upload) -> Recognition | None:
    """XML files whose root is `annotation`."""
    files = upload.with_ending(".xml")
    found = [path for path in files[:_SAMPLE] if _ROOT.search(read_head(upload.files / path, 4096))]
    if not found:
        return None
    reasons = [f"{len(files)} XML files with one annotation each, such as {found[0]}"]
    if _split_lists(upload):
        reasons.append("splits in ImageSets")
    return Recognition(0.92, tuple(reasons))


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        FindingsError: if a file declares a document type, or no image is left.
        DatasetError: if there is no XML file.
    """
    files = upload.with_ending(".xml")
    if not files:
        raise DatasetError(
            "There is no XML file in the upload.",
            hint="Add one XML annotation per image.",
            code="no_voc",
            found="no .xml file",
            expected="one XML file per image",
        )
    reader = _Reader(upload, _split_lists(upload))
    for path in files:
        reader.read(path)
    return reader.finished()


PASCAL_VOC = DatasetFormat(
    "pascal_voc",
    "Pascal VOC",
    "One XML file per image, with ImageSets/Main for the splits.",
    recognise,
    read,
    written_by="LabelImg, roLabelImg, Roboflow, CVAT, Datumaro",
    corrected="names in any spelling; copies that keep the old name inside; turned boxes and polygons become their "
    "hull; boxes drawn at another size of the same ratio are scaled",
    left_out="absent images; sizes of another ratio; files in no list; objects without name or corners",
)


def _split_lists(upload: Upload) -> dict[str, TableRole]:
    """XML file -> split, from the lists in ImageSets; `trainval` counts where there is no `train`.

    Lists of one class (`car_train.txt`) are none.
    """
    lists = [path for path in upload.with_ending(".txt") if "imagesets" in path.lower()]
    by_role: dict[TableRole, list[str]] = {}
    for path in lists:
        words = stem_of(path.rpartition("/")[2]).lower()
        role = role_by_name(words) if words.isalpha() else None
        if role is not None:
            by_role.setdefault(role, []).append(path)
    if "train" not in by_role:
        by_role["train"] = [path for path in lists if path.rpartition("/")[2].lower() == "trainval.txt"]
    files = FileNames(upload.with_ending(".xml"))
    splits: dict[str, TableRole] = {}
    for role in _ROLES:
        for path in by_role.get(role, []):
            for line in (upload.files / path).read_text("utf-8-sig", errors="replace").splitlines():
                if (file := _listed(files, line)) is not None:
                    splits.setdefault(file, role)
    return splits


def _listed(files: FileNames, line: str) -> str | None:
    """The XML file that a line of a list means: a name or a path, quoted or not, perhaps with an ending and a flag."""
    text = line.strip()
    for name in (text, _FLAG.sub("", text)):
        bare = _ENDING.sub("", name.strip().strip("\"'"))
        if bare and (found := files.find_stem(f"{bare}.").path) is not None:
            return found
    return None


@dataclass
class _Reader:
    """XML files on their way into tables."""

    upload: Upload
    splits: dict[str, TableRole]
    tables: BoxTables = field(default_factory=BoxTables)
    damaged: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    several: list[str] = field(default_factory=list)
    other_sizes: list[str] = field(default_factory=list)
    scaled: list[str] = field(default_factory=list)

    def read(self, path: str) -> None:
        """One file; an image with an object that cannot be read is left out."""
        try:
            root = parse_xml(self.upload.files / path)
        except UnsafeXmlError as error:
            self.unsafe.append(f"{path}: {error}")
            return
        except XmlError as error:
            self.damaged.append(f"{path}: {error}")
            return
        if root.tag != "annotation":
            return
        stem = PurePosixPath(path).stem
        role = self.splits.get(path) if self.splits else role_by_path(_folder(path)) or "train"
        if role is None:
            self.unlisted.append(path)
            return
        found = self._image(root, stem, path)
        if found is None:
            return
        image = ImageBoxes(found)
        objects = root.findall("object")
        scale = self._scale(root, image.path) if objects else ONE
        if scale is None:
            return
        for number, one in enumerate(objects, start=1):
            name, corners = (one.findtext("name") or "").strip(), _corners(one)
            if not name or corners is None:
                self.objects.append(f"{path}: object {number}")
                return
            (across, down), (left, top, right, bottom) = scale, corners
            image.add(name, (left * across, top * down, right * across, bottom * down))
        self.tables.add(role, image)

    def _scale(self, root: Element, path: str) -> Scale | None:
        """From the size that a file states to that of its picture; None, and noted, if its sides have another ratio."""
        stated, real = _stated_size(root), size_in_file(self.upload.files / path)
        scale = scale_to(stated, real)
        if stated and real and stated != real:
            sizes = self.other_sizes if scale is None else self.scaled
            sizes.append(f"{path}: {both_sizes(stated, real)}")
        return scale

    def _image(self, root: Element, stem: str, path: str) -> str | None:
        """The image that is named as the file, or else that it names: tools that copy images forget the name inside."""
        name = (root.findtext("filename") or "").strip()
        found, several = self.upload.images.find_stem(path)
        if found is None and name:
            found, other = self.upload.images.find(name, path)
            several = several or other
        if found is None:
            (self.several if several else self.missing).append(name or stem)
        return found

    def finished(self) -> Conversion:
        """The tables with all findings.

        Raises:
            FindingsError: as `read`.
        """
        if self.unsafe:
            raise FindingsError(
                [
                    Finding(
                        code="unsafe_xml",
                        path=self.unsafe[0].split(":")[0],
                        message=f"{len(self.unsafe)} XML files declare a document type, which is never read.",
                        found=shortened(self.unsafe[0]),
                        expected="a plain <annotation>",
                        fix="Remove the DOCTYPE line.",
                        count=len(self.unsafe),
                        examples=tuple(self.unsafe[:20]),
                    )
                ]
            )
        for code, examples, words, fix, expected in (
            (
                "voc_damaged",
                self.damaged,
                "XML files cannot be read; their images are left out.",
                "Export them again.",
                f"whole XML of at most {MAX_BYTES >> 20} MiB",
            ),
            (
                "voc_object",
                self.objects,
                "XML files have an object without name or corners; their images are left out.",
                "Complete the object.",
                f"a name and finite {', '.join(_SIDES)} for every object",
            ),
            (
                "voc_unlisted",
                self.unlisted,
                "XML files are in no list of ImageSets and are left out.",
                "List them.",
                "every file in a list of ImageSets",
            ),
            (
                "voc_missing",
                self.missing,
                "images are not in the upload and are left out.",
                "Add these files.",
                "the picture of every XML file",
            ),
            (
                "voc_several",
                self.several,
                "images are left out because several files of the upload have their name.",
                "Rename the files, or keep each XML file beside its picture.",
                "names that tell one file",
            ),
            (
                "voc_size",
                self.other_sizes,
                "images have another size than their XML file states, and other sides; they are left out.",
                "Export the annotations for the pictures as they are.",
                "the size of the picture, or one with the same ratio of sides",
            ),
            (
                "voc_scaled",
                self.scaled,
                "images have another size than their XML file states; their boxes are scaled to the picture.",
                "Check some of them.",
                "the size of the picture",
            ),
        ):
            self.tables.report(code, "Pascal VOC", f"{len(examples)} {words}", fix, examples, expected=expected)
        return self.tables.conversion("Pascal VOC")


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _corners(one: Element) -> BoxesXYXY | None:
    """The corners of an object's box; of what lies around its polygon or its turned box, where it has no other."""
    found = _numbers(one.find("bndbox"), _SIDES)
    if found is not None:
        return found[0], found[1], found[2], found[3]
    turned = _numbers(one.find("robndbox"), ("cx", "cy", "w", "h", "angle"))
    if turned is not None:
        x, y, width, height, radians = turned
        outline = centred_rectangle(x, y, width, height, math.degrees(radians))
    else:
        polygon = one.find("polygon")
        keys = [f"{axis}{number}" for number in range(1, len(polygon) // 2 + 1) for axis in "xy"] if polygon else []
        corners = _numbers(polygon, keys)
        if not corners:
            return None
        outline = tuple(corners)
    return min(outline[0::2]), min(outline[1::2]), max(outline[0::2]), max(outline[1::2])


def _numbers(element: Element | None, keys: Sequence[str]) -> list[float] | None:
    return None if element is None else numbers(element.findtext(key) for key in keys)


def _stated_size(root: Element) -> Size | None:
    """The size in a file; programs that do not know it write 0."""
    found = _numbers(root.find("size"), ("width", "height"))
    return (int(found[0]), int(found[1])) if found is not None and min(found) >= 1 else None
