"""MaskVolumes: volumes in one folder and label maps in another, which share their names.

imagesTr/case_0000.nii.gz   labelsTr/case.nii.gz   dataset.json    nnU-Net and the Medical Segmentation Decathlon
images/case.nii.gz          masks/case.nii.gz                      a folder of each, also as .npy, .npz
case.nii.gz                 case_seg.nii.gz                        side by side

Voxels of a label map are numbers of classes, 0 for none. Names of classes are those of dataset.json, else the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.mask_files import runs_of_values
from studio.datasets.masks.run_lengths import united
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.volume import READER
from studio.datasets.media.registry import reader_of
from studio.datasets.uploads.roles import role_by_path
from studio.errors import DatasetError
from studio.json_text import parse_json
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs

SURE, BESIDE_TABLES = 0.92, 0.5
MAX_JSON_BYTES = 1 << 20
MOST_LABEL = 1 << 16
BYTE_TRUE = 255.0
_FOLDER = re.compile(r"(seg(mentation)?s?|masks?|labels?|annotations?|gts?|ground[-_ ]?truths?)[-_ ]?(tr|ts|va)?", re.I)
_ENDING = re.compile(r"[-_](masks?|labels?|seg(mentation)?s?|gt)$", re.I)
_CHANNEL = re.compile(r"_(\d{4})$")
_NO_CLASS = re.compile(r"_*(background|unlabell?ed|void|none|bg|ignore)_*", re.I)
_ROLES = {"tr": "train", "ts": "test", "va": "validation"}


@dataclass(frozen=True)
class _Case:
    """A volume with its label map, if it has one."""

    volume: str
    mask: str | None
    channels: int = 1
    """How many files there are of the volume, one a channel; the first is read."""


@dataclass(frozen=True)
class _Names:
    """What values of label maps mean."""

    values: Mapping[str, frozenset[int]] | None
    """Class -> its values; None where every value but 0 is a class of its own."""

    def runs(self, numbers_DHW: NDArray[np.integer], path: str) -> tuple[dict[str, list[Runs]], set[int]]:
        """The runs of every class, and values that are of none."""
        by_value = runs_of_values(numbers_DHW, path)
        if self.values is None:
            return {str(value): [runs] for value, runs in by_value.items()}, set()
        known = frozenset({0}).union(*self.values.values())
        found = {
            name: [by_value[value] for value in sorted(values) if value in by_value]
            for name, values in self.values.items()
            if not _NO_CLASS.fullmatch(name)
        }
        return {name: runs for name, runs in found.items() if runs}, set(by_value) - known


def recognise(upload: Upload) -> Recognition | None:
    """Volumes and label maps that are called alike."""
    index = _Index(upload)
    paired = [case for case in index.cases if case.mask]
    if not paired or 2 * len(paired) < len(index.masks):
        return None
    reader = reader_of(upload.files / paired[0].volume)
    if reader is None or reader.name != READER.name:
        return None
    folders = ", ".join(sorted({case.mask.rpartition("/")[0] or "the upload" for case in paired if case.mask})[:4])
    reason = f"{counted(len(paired), 'label map')} in {folders} called like volumes"
    return Recognition(BESIDE_TABLES if upload.tables else SURE, (reason,))


def read(upload: Upload) -> Conversion:
    """One table a split with lists of run lengths.

    Raises:
        DatasetError: if there is no label map.
        FindingsError: if no volume with a mask is left.
    """
    index = _Index(upload)
    if not index.masks:
        raise DatasetError(
            "There is no folder of label maps in the upload.",
            hint="Put label maps into a folder called masks or labelsTr, named like their volumes.",
            code="no_masks",
            found=counted(len(index.volumes), "volume"),
            expected="a folder of label maps beside one of volumes",
        )
    return _Reading(upload, index, _names(upload)).conversion()


MASK_VOLUMES = DatasetFormat(
    "mask_volumes",
    "Folder of label maps",
    "A folder of volumes and a folder of label maps with the same names, such as imagesTr and labelsTr of nnU-Net.",
    recognise,
    read,
    medium=READER.name,
    accounts_for_media=True,
    written_by="nnU-Net, Medical Segmentation Decathlon",
    corrected="names of `dataset.json`",
    left_out="volumes with a label map of another shape or orientation",
)


def _stem(path: str) -> str:
    """The name of a file without its ending."""
    name = path.rpartition("/")[2]
    ending = max((one for one in READER.endings if name.lower().endswith(one)), key=len, default="")
    return name[: len(name) - len(ending)]


class _Index:
    """Which files are volumes, which label maps, and which belong together."""

    def __init__(self, upload: Upload) -> None:
        paths = [path for path in upload.with_ending(*READER.endings) if not path.rpartition("/")[2].startswith("._")]
        stems = {_stem(path) for path in paths}
        self.masks = [path for path in paths if _is_mask(path, stems)]
        self.volumes = sorted(set(paths) - set(self.masks))

    @cached_property
    def cases(self) -> list[_Case]:
        """Every volume, in order; of several files a volume, the first."""
        masks = {(_side(path), _ENDING.sub("", _stem(path))): path for path in self.masks}
        by_stem = {_ENDING.sub("", _stem(path)): path for path in self.masks}
        grouped: dict[tuple[str, str], list[str]] = {}
        for path in self.volumes:
            stem = _stem(path)
            bare = _CHANNEL.sub("", stem)
            case = bare if bare in by_stem or _side(path) else stem
            grouped.setdefault((path.rpartition("/")[0], case), []).append(path)
        return [
            _Case(files[0], masks.get((_side(files[0]), case)) or (by_stem.get(case) if not _side(files[0]) else None),
                  len(files))
            for (_, case), files in sorted(grouped.items())
        ]  # fmt: skip

    @property
    def lost(self) -> list[str]:
        """Label maps without a volume."""
        used = {case.mask for case in self.cases}
        return [path for path in self.masks if path not in used]


def _is_mask(path: str, stems: set[str]) -> bool:
    folders = path.split("/")[:-1]
    stem = _stem(path)
    return any(_FOLDER.fullmatch(one) for one in folders) or (
        bool(_ENDING.search(stem)) and _ENDING.sub("", stem) in stems
    )


def _side(path: str) -> str:
    """The end of an nnU-Net folder: tr, ts, va; empty elsewhere."""
    folder = path.rpartition("/")[0].rpartition("/")[2].lower()
    return folder[-2:] if re.fullmatch(r"(images|labels)(tr|ts|va)", folder) else ""


def _role(path: str) -> TableRole:
    return cast(TableRole, _ROLES.get(_side(path)) or role_by_path(path) or "train")


def _names(upload: Upload) -> _Names:
    """What dataset.json says: {"tumour": 1}, a region {"whole": [1, 2]}, or {"1": "tumour"} in older files."""
    for path in upload.with_ending("dataset.json"):
        file = upload.files / path
        if path.rpartition("/")[2].lower() != "dataset.json" or file.stat().st_size > MAX_JSON_BYTES:
            continue
        try:
            content = parse_json(file.read_bytes())
        except ValueError:
            continue
        labels = content.get("labels") if isinstance(content, dict) else None
        if isinstance(labels, dict) and labels:
            pairs = (_pair(key, value) for key, value in labels.items())
            return _Names({name: values for name, values in pairs if values})
    return _Names(None)


def _pair(key: str, value: Any) -> tuple[str, frozenset[int]]:
    if isinstance(value, str):
        return value, frozenset({int(key)}) if key.isdigit() else frozenset()
    values = value if isinstance(value, list) else [value]
    return key, frozenset(one for one in values if isinstance(one, int) and not isinstance(one, bool))


@dataclass
class _Reading:
    """Label maps on their way into tables. What is wrong is gathered by kind and reported once."""

    upload: Upload
    index: _Index
    names: _Names
    tables: MaskTables = field(default_factory=MaskTables)
    troubles: dict[str, list[tuple[str, str, str, str, str]]] = field(default_factory=dict)
    """Code -> (path, message, what to do, found, expected)."""

    def conversion(self) -> Conversion:
        roles_with_masks = {_role(case.volume) for case in self.index.cases if case.mask}
        for case in self.index.cases:
            role = _role(case.volume)
            if case.channels > 1:
                self._note(case.volume, _MORE_CHANNELS, counted(case.channels, "file"))
            if case.mask is not None:
                self._add(role, case.volume, case.mask)
            elif role in roles_with_masks or role not in ("test", "unlabeled"):
                self._note(case.volume, _NO_MASK, "a volume without a label map")
            else:
                self.tables.add(role, ImageMasks(case.volume, masks=None))
        for path in self.index.lost:
            self._note(path, _NO_VOLUME, "a label map without a volume")
        for code, found in self.troubles.items():
            path, message, fix, seen, expected = found[0]
            self.tables.report(code, path, message, fix, [one[0] for one in found], expected=expected, found=seen)
        return self.tables.conversion("label maps")

    def _add(self, role: TableRole, volume: str, mask: str) -> None:
        try:
            runs, unknown = self._runs(volume, mask)
        except MediaError as error:
            trouble = (error.code, error.message, error.hint, error.expected or "a label map")
            self._note(mask, trouble, error.found or "")
            return
        if unknown:
            self._note(mask, _UNKNOWN_VALUE, f"the value {min(unknown)}")
        image = ImageMasks(volume)
        for name, parts in runs.items():
            if parts:
                image.add(name, united(np.concatenate(parts)))
        self.tables.add(role, image)

    def _runs(self, volume: str, mask: str) -> tuple[dict[str, list[Runs]], set[int]]:
        of_volume = READER.read_facts(self.upload.files / volume)
        of_mask = READER.read_facts(self.upload.files / mask)
        if of_mask.shape != of_volume.shape:
            shapes = (" x ".join(map(str, one.shape)) for one in (of_mask, of_volume))
            raise MediaError(
                "The label map has another shape than its volume.",
                hint="Make label maps of the shape of the volume.",
                code="mask_size",
                found=" for ".join(shapes) + " voxels",
                expected="the shape of the volume",
            )
        codes = of_mask.geometry.orientation, of_volume.geometry.orientation
        if all(codes) and codes[0] != codes[1]:
            raise MediaError(
                "The label map is turned in another way than its volume.",
                hint="Save both in one orientation.",
                code="mask_orientation",
                found=f"{codes[0]} for {codes[1]}",
                expected="the orientation of the volume",
            )
        return self.names.runs(_numbers(READER.decode(self.upload.files / mask)[..., 0]), mask)

    def _note(self, path: str, trouble: Sequence[str], found: str) -> None:
        code, message, fix, expected = trouble
        self.troubles.setdefault(code, []).append((path, message, fix, found, expected))


_NO_VOLUME = ("mask_without_picture", "No volume is called like the label map.", "Add it.", "a volume of the same name")
_NO_MASK = (
    "no_mask",
    "The volume has no label map and is left out.",
    "Add a label map; one of 0 if it is empty.",
    "a label map of the same name",
)
_MORE_CHANNELS = (
    "channel_files",
    "The volume comes as several files, one a channel, and only the first is read.",
    "Save the channels in one file of four axes.",
    "one file a volume",
)
_UNKNOWN_VALUE = (
    "mask_unknown_value",
    "A value of the label map is of no listed class.",
    "List it in dataset.json.",
    "values of the listed classes",
)


def _numbers(values_DHW: NDArray[Any]) -> NDArray[np.integer]:
    """Whole numbers of classes; False and True, which are read as 0 and 255, become 0 and 1.

    Raises:
        MediaError: if there are others.
    """
    values = values_DHW.astype(np.float32)
    numbers = np.rint(values)
    if not np.array_equal(numbers, values) or numbers.min() < 0 or numbers.max() > MOST_LABEL:
        raise MediaError(
            "The label map holds something else than numbers of classes.",
            hint="Write a whole number from 0 on for each voxel.",
            code="mask_values",
            found=f"values from {float(values_DHW.min()):g} to {float(values_DHW.max()):g}",
            expected=f"whole numbers from 0 to {MOST_LABEL:,}",
        )
    if set(np.unique(numbers).tolist()) <= {0.0, BYTE_TRUE}:
        numbers = numbers > 0
    return np.asarray(numbers.astype(np.int32))
