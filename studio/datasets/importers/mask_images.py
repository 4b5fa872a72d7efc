"""MaskImages: pictures in one folder and masks in another, which share their names.

images/1.jpg   masks/1.png            class numbers, grey or of a palette: 0 background, 255 unlabelled
images/1.jpg   masks/cat/1.png        one black and white picture a class
1/images/1.jpg 1/masks/...png         a folder an image
train/images/  train/masks/  val/...  folders for the splits, above or below
labelmap.txt                          name:red,green,blue:: where masks are drawn in colours
classes.txt                           a name a line, from 0 on; without the background, from 1 on
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from studio.datasets.importers.file_names import FileNames
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.picture_size import Size, scale_to
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.mask_files import colour_number, read_mask, runs_of_values
from studio.datasets.masks.resizing import resized_values
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.datasets.uploads.roles import role_by_name, role_by_path
from studio.errors import DatasetError
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs

FOREGROUND = "foreground"
UNLABELLED = 255
SURE, BESIDE_TABLES = 0.9, 0.5
MAX_NAMES_BYTES = 1 << 20
_FOLDERS = re.compile(r"(seg(mentation)?)?[-_ ]?(masks?|labels?|annotations?|annots?|gts?|ground[-_ ]?truths?)"
                      r"|segmentations?|segmentationclass(es)?(raw)?|segs?")  # fmt: skip
_ENDING = re.compile(r"[-_ ](masks?|labels?|seg(mentation)?s?|gt|annot(ation)?s?|ground[-_]?truth|labelids)$", re.I)
_OBJECTS = re.compile(r"(^|/)segmentationobjects?/", re.I)
"""Folders of Pascal VOC and CVAT with the numbers of objects, whose classes stand in SegmentationClass."""
BACKGROUND = re.compile(r"_*(background|unlabell?ed|void|none|bg)_*", re.I)
_COLOUR_LINE = re.compile(r"([^:#][^:]*):\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(:.*)?")


@dataclass(frozen=True)
class MaskFile:
    """A picture of a mask, and what its place says."""

    path: str
    picture: str | None
    """The picture of the same name; None where there is none."""
    label: str
    """The class that its folder or name speaks of; empty where its values do."""


@dataclass(frozen=True)
class MaskPairs:
    pictures: tuple[str, ...]
    masks: tuple[MaskFile, ...]


def recognise(upload: Upload) -> Recognition | None:
    """A folder of masks whose pictures are called like those of another."""
    pairs = mask_pairs(upload)
    paired = [mask for mask in pairs.masks if mask.picture]
    if not paired or 2 * len(paired) < len(pairs.masks):
        return None
    folders = ", ".join(sorted({mask.path.rpartition("/")[0] for mask in paired})[:4])
    reason = f"{len(paired)} masks in {folders} are called like pictures"
    return Recognition(BESIDE_TABLES if upload.tables else SURE, (reason,))


def read(upload: Upload) -> Conversion:
    """One table a split with lists of run lengths.

    Raises:
        DatasetError: if there is no folder of masks.
        FindingsError: if no image with a mask is left.
    """
    return MaskReading(upload, require_masks(upload)).conversion()


MASK_IMAGES = DatasetFormat(
    "mask_images",
    "Folder of masks",
    "A folder of pictures and a folder of masks with the same names.",
    recognise,
    read,
    medium="image",
    accounts_for_media=True,
    written_by="CVAT Segmentation mask 1.1, CamVid, Cityscapes-like folders",
    corrected="colours of `labelmap.txt`; 255 as unlabelled; masks of another size of the same ratio are scaled",
    left_out="masks without image, images without mask, masks of another ratio or as JPEG",
)


def require_masks(upload: Upload) -> MaskPairs:
    """Which pictures are masks, and of what.

    Raises:
        DatasetError: if none is.
    """
    pairs = mask_pairs(upload)
    if not pairs.masks:
        raise DatasetError(
            "There is no folder of masks in the upload.",
            hint="Put masks into a folder called masks, named like their pictures.",
            code="no_masks",
            found=f"{len(pairs.pictures)} pictures",
            expected="a folder called masks beside one of pictures",
        )
    return pairs


def mask_pairs(upload: Upload) -> MaskPairs:
    """Which pictures are masks, and of what."""
    masks = [path for path in upload.images.paths if _mask_folder(path) is not None]
    others = [path for path in upload.images.paths if _mask_folder(path) is None and not _OBJECTS.search(path)]
    stems = {PurePosixPath(path).stem for path in others}
    named = [path for path in others if (stem := _bare_stem(path)) != PurePosixPath(path).stem and stem in stems]
    pictures = sorted(set(others) - set(named))
    index = FileNames(pictures)
    found = [_placed(path, index, pictures) for path in sorted([*masks, *named])]
    return MaskPairs(tuple(pictures), tuple(found))


def _mask_folder(path: str) -> int | None:
    """Where in the folders of a path the one of masks is."""
    folders = path.split("/")[:-1]
    return next((i for i in range(len(folders) - 1, -1, -1) if _FOLDERS.fullmatch(folders[i].lower())), None)


def _bare_stem(path: str) -> str:
    return _ENDING.sub("", PurePosixPath(path).stem)


def _placed(path: str, index: FileNames, pictures: list[str]) -> MaskFile:
    at = _mask_folder(path)
    below = [] if at is None else path.split("/")[at + 1 : -1]
    label = next((folder for folder in reversed(below) if role_by_name(folder) is None), "")
    stem = PurePosixPath(path).stem
    if label and index.has_stem(label):
        return MaskFile(path, index.with_stem(label, path), "")
    picture = index.with_stem(stem, path) or index.with_stem(_bare_stem(path), path)
    if picture is None and not label:
        if at is not None and (beside := _only_picture_beside(path, at, pictures)):
            return MaskFile(path, beside, "")
        for match in re.finditer(r"[-_]", stem):
            picture = index.with_stem(stem[: match.start()], path)
            if picture is not None:
                return MaskFile(path, picture, stem[match.end() :])
    return MaskFile(path, picture, label)


def _only_picture_beside(path: str, at: int, pictures: list[str]) -> str | None:
    """The picture of a folder that is an image's own: its picture in one folder, its masks in another."""
    folder = "/".join(path.split("/")[:at])
    first = bisect_left(pictures, f"{folder}/")
    found = list(takewhile(lambda one: one.startswith(f"{folder}/"), pictures[first : first + 2])) if folder else []
    return found[0] if len(found) == 1 else None


@dataclass
class MaskReading:
    """The masks on their way into tables. Troubles are gathered by kind and reported once."""

    upload: Upload
    pairs: MaskPairs
    tables: MaskTables = field(default_factory=MaskTables)
    troubles: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)
    """Code -> (path, message, what to do, what was found and expected)."""
    bad: set[str] = field(default_factory=set)
    """Pictures that are left out."""

    def conversion(self) -> Conversion:
        colours = _colours(self.upload)
        found: dict[str, list[tuple[str, dict[int, Runs]]]] = {}
        for mask in self.pairs.masks:
            if mask.picture is None:
                self._note("mask_without_picture", mask.path, "No picture is called like the mask.", "Add it.")
            elif (runs := self._runs(mask, as_colours=bool(colours))) is not None:
                found.setdefault(mask.picture, []).append((self.class_of(mask), runs))
        names = self.names(colours, {v for parts in found.values() for label, runs in parts for v in runs if not label})
        images = {path: self._image(path, parts, names) for path, parts in found.items() if path not in self.bad}
        with_masks = {role_by_path(path) or "train" for path in images}
        for path in self.pairs.pictures:
            role = role_by_path(path) or "train"
            if path in images:
                self.tables.add(role, images[path])
            elif path not in self.bad and role not in with_masks and role in ("test", "unlabeled"):
                self.tables.add(role, ImageMasks(path, masks=None))
            elif path not in self.bad:
                self._note(
                    "no_mask", path, "The picture has no mask and is left out.", "Add a mask; of 0 if it is empty."
                )
        self._report()
        return self.tables.conversion("masks")

    def _runs(self, mask: MaskFile, *, as_colours: bool) -> dict[int, Runs] | None:
        assert mask.picture is not None
        try:
            numbers = read_mask(self.upload.files / mask.path, as_colours=as_colours and not mask.label)
            facts = READER.read_facts(self.upload.files / mask.picture)
            numbers = self._at_size(numbers, (facts.width, facts.height), mask.path)
            return self.runs_of(numbers, mask)
        except MediaError as error:
            self.bad.add(mask.picture)
            self.troubles.setdefault(error.code, []).append((mask.path, error.message, error.hint, error.found or ""))
            return None

    def _at_size(self, numbers_HW: NDArray[np.integer], size: Size, path: str) -> NDArray[np.integer]:
        """A mask at the size of its picture.

        Raises:
            MediaError: if its sides have another ratio.
        """
        height, width = numbers_HW.shape
        if (width, height) == size:
            return numbers_HW
        sizes = f"{width} x {height} for {size[0]} x {size[1]} pixels"
        if scale_to((width, height), size) is None:
            raise MediaError(
                "The mask has another size than its picture, and other sides.",
                hint="Make masks at the size of the picture.",
                code="mask_size",
                found=sizes,
                expected="the size of the picture, or one with the same ratio of sides",
            )
        words = "The mask has another size than its picture; it is scaled to it by the nearest pixel."
        self.troubles.setdefault("mask_scaled", []).append(
            (path, words, "Make masks at the size of the picture.", sizes)
        )
        return resized_values(numbers_HW, size)

    def runs_of(self, numbers_HW: NDArray[np.integer], mask: MaskFile) -> dict[int, Runs]:
        """The runs of every value of a mask.

        Raises:
            MediaError: if there are more than it can have.
        """
        return runs_of_values((numbers_HW > 0).astype(np.uint8) if mask.label else numbers_HW, mask.path)

    def class_of(self, mask: MaskFile) -> str:
        """The class that the place of a mask speaks of; empty where its values do."""
        return mask.label

    def names(self, colours: Mapping[int, str], values: set[int]) -> dict[int, str]:
        """The class of every value; values without one are of no class."""
        if colours:
            for value in sorted(values - set(colours)):
                red, green, blue = value >> 16, (value >> 8) & 255, value & 255
                self._note(
                    "mask_unknown_value", f"colour {red},{green},{blue}", "A colour is of no listed class.", "List it."
                )
            return {value: name for value, name in colours.items() if not BACKGROUND.fullmatch(name)}
        listed = listed_names(self.upload)
        if values == {UNLABELLED}:
            return {UNLABELLED: listed[-1] if len(listed) in (1, 2) else FOREGROUND}
        if UNLABELLED in values:
            words = "Pixels of the value 255 are taken as unlabelled."
            self._note("mask_unlabelled", "255", words, "Give the class another number if it is one.")
            values = values - {UNLABELLED}
        if not listed:
            return {value: str(value) for value in values}
        from_one = not BACKGROUND.fullmatch(listed[0])
        names = {number + from_one: name for number, name in enumerate(listed)}
        for value in sorted(values - set(names)):
            self._note(
                "mask_unknown_value", f"value {value}", "A value is of no listed class.", "List it in classes.txt."
            )
        return {value: name for value, name in names.items() if not BACKGROUND.fullmatch(name)}

    def _image(self, path: str, parts: list[tuple[str, dict[int, Runs]]], names: Mapping[int, str]) -> ImageMasks:
        image = ImageMasks(path)
        for label, runs in parts:
            for value, one in runs.items():
                name = label or names.get(value)
                if name:
                    image.add(name, one)
        return image

    def _note(self, code: str, path: str, message: str, fix: str) -> None:
        self.troubles.setdefault(code, []).append((path, message, fix, path))

    def _report(self) -> None:
        for code, found in self.troubles.items():
            path, message, fix, seen = found[0]
            self.tables.report(
                code, path, message, fix, [one[0] for one in found], expected=_EXPECTED.get(code, ""), found=seen
            )


_EXPECTED = {
    "mask_without_picture": "a picture with the same name",
    "no_mask": "a mask with the same name",
    "mask_unknown_value": "values of the listed classes",
    "mask_unlabelled": "numbers of classes",
    "mask_size": "the size of the picture, or one with the same ratio of sides",
    "mask_scaled": "the size of the picture",
    "mask_jpeg": "a PNG, which keeps every value",
    "mask_damaged": "a whole picture",
    "mask_colours": "class numbers, or a labelmap.txt",
    "mask_values": "one number a class",
}


def _colours(upload: Upload) -> dict[int, str]:
    """The class of every colour, from a labelmap.txt as CVAT writes it."""
    found = {}
    for line in _lines(upload, "labelmap.txt"):
        match = _COLOUR_LINE.fullmatch(line)
        if match:
            red, green, blue = (np.array(int(match[place]), dtype=np.int64) for place in (2, 3, 4))
            found[int(colour_number(red, green, blue))] = match[1].strip()
    return found


def listed_names(upload: Upload) -> list[str]:
    return _lines(upload, "classes.txt") or _lines(upload, "labels.txt")


def _lines(upload: Upload, name: str) -> list[str]:
    """The lines of the first file of this name."""
    for path in upload.with_ending(name):
        file = upload.files / path
        if path.rpartition("/")[2].lower() == name and file.stat().st_size <= MAX_NAMES_BYTES:
            text = file.read_bytes().decode("utf-8-sig", errors="replace")
            return [line.strip() for line in text.splitlines() if line.strip()]
    return []
