"""DICOM series for tests, written slice by slice with pydicom."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
PATIENT = "Mustermann^Erika"


def slice_dataset(
    pixels_HW: NDArray[np.generic],
    *,
    series: str,
    number: int,
    position: Sequence[float] | None,
    directions: Sequence[float] | None = AXIAL,
    step: Sequence[float] | None = (0.7, 0.8),
    scaling: tuple[float, float] | None = None,
    syntax: str = ExplicitVRLittleEndian,
) -> FileDataset:
    """One slice of a CT; `step` is between rows and between columns."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    made = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    made.PatientName, made.PatientID = PATIENT, "4711"
    made.SeriesInstanceUID, made.InstanceNumber = series, number
    made.Rows, made.Columns = pixels_HW.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = 8 * pixels_HW.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.PixelRepresentation = int(pixels_HW.dtype.kind == "i")
    if position is not None:
        made.ImagePositionPatient = list(position)
    if directions is not None:
        made.ImageOrientationPatient = list(directions)
    if step is not None:
        made.PixelSpacing = list(step)
    if scaling is not None:
        made.RescaleSlope, made.RescaleIntercept = scaling
    made.PixelData = pixels_HW.tobytes()
    return made


def write_series(
    folder: Path,
    volume_DHW: NDArray[np.generic],
    *,
    apart: float = 2.5,
    heights: Sequence[float] | None = None,
    scaling: tuple[float, float] | None = None,
    series: str = "1.2.3",
    names: str = "slice_{:03}.dcm",
) -> Path:
    """The slices of an axial series, in files whose names say nothing of their order."""
    folder.mkdir(parents=True, exist_ok=True)
    places = heights or [apart * number for number in range(len(volume_DHW))]
    for number, (pixels, height) in enumerate(zip(volume_DHW, places, strict=True)):
        position = (-10.0, -20.0, height)
        made = slice_dataset(pixels, series=series, number=number + 1, position=position, scaling=scaling)
        made.save_as(folder / names.format((number * 7 + 3) % 101), enforce_file_format=True)
    return folder


def zipped(folder: Path, path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip file of a folder, with an entry for the folder first, as file managers pack it."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.mkdir(folder.name)
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{folder.name}/{file.name}")
    return path
