"""The catalogue of bad inputs, rows E1 to E92, as far as images with classes or boxes can have them: one table.

Every case is a real upload that is scanned and, if the scan lets it, imported. A case either is refused (no dataset),
or is found (a dataset and a finding that says what), or is handled (a dataset that holds the right thing).
"""

import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.datasets.media.image_decoding import open_image
from tests.datasets.bad_cases import Case, check_case, classes, found, handled, refused, row_count
from tests.datasets.bad_uploads import (
    HEADER,
    ROWS,
    SIZE,
    TABLE,
    array,
    black_png,
    boxes,
    coco,
    damaged,
    empty_parquet,
    encrypted,
    entries,
    file,
    frames,
    imbalanced,
    labels,
    many_classes,
    many_files,
    noise,
    packed,
    parquet,
    same_images,
    truncated_parquet,
    turned,
    turned_boxes,
    unmarked,
    upload,
    voc,
    with_image,
    yolo,
    zipped,
)

CLASSES = {"problem_type": "image_classification", "roles": {"image_column": "image", "label_columns": ["label"]}}
MULTI = {"problem_type": "image_classification", "roles": {"image_column": "image", "label_columns": ["cat", "dog"]}}


def pixel(data: Dataset, name: str = "bad.png") -> np.ndarray:
    return open_image(data.media_path("images", name))[0, 0]


def table_of(data: Dataset) -> pd.DataFrame:
    return data.table(data.manifest.tables[0].name)


LOGIN = b"<!DOCTYPE html><html>sign in</html>"
E1 = [
    refused("E1", "empty csv", file("train.csv", b""), "empty_file"),
    refused("E1", "empty zip", file("data.zip", b""), "empty_file"),
    refused("E1", "empty parquet", upload(b"", "train.parquet"), "empty_file"),
    found("E1", "empty image", with_image(b""), "image_empty", (7,)),
    refused("E2", "login page as zip", file("data.zip", LOGIN), "not_zip", met="a web page", right="a zip file"),
    refused("E2", "login page as csv", upload(LOGIN), "web_page", met="a web page", right="a table"),
    refused("E3", "truncated zip", zipped(upload(), lambda data: data[: len(data) // 2]), "archive", "incomplete"),
    refused("E4", "encrypted zip", zipped(upload(), encrypted), "archive", "password"),
    refused("E5", "only junk", entries({"__MACOSX/a.csv": b"a", "x/.DS_Store": b"a"}), "archive", "no usable files"),
    handled("E6", "one top folder", zipped(lambda folder: upload()(folder / "a" / "b").parent), row_count(6)),
    handled("E6", "two tables", upload(files={"other.csv": b"x\n1\n"}), lambda data: len(data.manifest.tables) == 1),
    refused(
        "E7",
        "names in another encoding",
        zipped(upload(files={"images/placeholder.png": packed(noise(7))}), unmarked(b"\x82\xa0\x82\xa2\x88\xc8")),
        "name_encoding",
    ),
    handled(
        "E7",
        "UTF-8 names without their mark",
        zipped(
            upload(TABLE + "éééé___.png,a\n", files={"images/placeholder.png": packed(noise(7))}),
            unmarked("éééé___".encode()),
        ),
        row_count(7),
    ),
    handled(
        "E8",
        "odd names",
        upload(TABLE + '"-a #%\'é🙂 .png",a\n', files={"images/-a #%'é🙂 .png": packed(noise(8))}),
        row_count(7),
    ),
    refused(
        "E9", "a name of 300 bytes", entries({"a" * 300 + ".csv": b"a"}), "name_too_long", met="304 bytes", right="255"
    ),
    refused(
        "E9", "2,000 folders", entries({"a/" * 2000 + "x.csv": b"a"}), "name_too_long", met="2,001 folders", right="32"
    ),
    refused("E10", "file and folder", entries([("a", b"1"), ("a/b.csv", b"2")]), "archive", "file and a folder"),
    refused("E10", "names that differ in case", entries({"A.csv": b"1", "a.csv": b"2"}), "archive", "same name"),
    refused("E10", "letters composed and not", entries({"\u00e9.csv": b"1", "e\u0301.csv": b"2"}), "archive", "same"),
    refused("E11", "a damaged entry", zipped(upload(), damaged), "archive", "train.csv"),
    refused(
        "E12", "bzip2", entries({"a.csv": b"a"}, zipfile.ZIP_BZIP2), "archive", "bzip2", met="bzip2", right="deflated"
    ),
    refused("E12", "lzma", entries({"a.csv": b"a"}, zipfile.ZIP_LZMA), "archive", "lzma"),
    refused("E13", "zip in zip", entries({"inner.zip": b"PK\x03\x04"}), "archive", "Unpack it first"),
    refused("E13", "tar", file("data.tar", b"\0" * 257 + b"ustar" + b"\0" * 300), "not_zip", "tar"),
    refused("E13", "7z", file("data.7z", b"7z\xbc\xaf\x27\x1c"), "not_zip", "7z"),
    refused("E13", "rar", file("data.rar", b"Rar!\x1a\x07"), "not_zip", "rar"),
    refused("E13", "a packed table, damaged", file("train.csv.gz", gzip.compress(TABLE.encode())[:30]), "archive"),
    refused(
        "E13",
        "a packed table, unpacked",
        file("train.csv.gz", gzip.compress(TABLE.encode())),
        "no_rows_left",
        choices=CLASSES,
    ),
]
E16 = [
    found("E16", "UTF-16", upload(TABLE.encode("utf-16")), "encoding"),
    found("E16", "Windows-1252", upload((TABLE + "5.png,café\n4.png,café\n").encode("cp1252")), "encoding"),
    handled("E17", "mark at the beginning", upload(TABLE.encode("utf-8-sig")), classes("a", "b")),
    handled("E18", "semicolons", upload(TABLE.replace(",", ";")), classes("a", "b")),
    handled("E18", "tabs", upload(TABLE.replace(",", "\t")), classes("a", "b")),
    handled("E18", "bars", upload(TABLE.replace(",", "|")), classes("a", "b")),
    found(
        "E19",
        "decimal comma",
        upload(TABLE.replace("label\n", "label,size\n").replace("a\n", 'a,"1,5"\n').replace("b\n", 'b,"2,5"\n')),
        "decimal_comma",
        words="size",
    ),
    refused(
        "E20",
        "a first row that is longer",
        upload(HEADER + "0.png,a,x\n" + "\n".join(ROWS[1:])),
        "row_length",
        met="3 values",
        right="2 values",
    ),
    refused("E21", "rows too short and too long", upload(TABLE + "0.png\n1.png,a,b\n"), "row_length", rows=(7, 8)),
    refused("E22", "a quote never closed", upload(HEADER + '0.png,a\n"1.png,b\n2.png,a\n'), "csv", "line 3"),
    handled(
        "E23",
        "a line end in quotes",
        upload(TABLE.replace("0.png,a", '0.png,"a\nx"').replace("2.png,a", '2.png,"a\nx"')),
        row_count(6),
    ),
    refused("E24", "a NUL byte", upload(TABLE.replace("a\n", "a\x00\n", 1)), "binary"),
    found("E24", "a control character", upload(TABLE.replace("2.png,a", "2.png,a\x07")), "control_characters", (3,)),
    refused(
        "E25",
        "one row not UTF-8",
        upload((TABLE + "1.png,ü\n2.png,ü\n").encode() + b"3.png,\xff\xfe\n"),
        "invalid_utf8",
        rows=(9,),
    ),
    refused(
        "E25",
        "unpaired surrogate in JSON",
        upload('{"image": "0.png", "label": "a"}\n{"image": "1.png", "label": "\\ud800"}\n', "train.jsonl"),
        "invalid_utf8",
        rows=(2,),
    ),
    handled("E26", "carriage returns", upload(TABLE.replace("\n", "\r")), row_count(6)),
    handled("E26", "mixed line ends", upload(TABLE.replace("\n", "\r\n", 3)), row_count(6)),
    refused("E27", "a name twice", upload(TABLE.replace("label", "image")), "header"),
    found("E28", "blanks around a name", upload(TABLE.replace("label", " label ")), "header_trimmed"),
    found(
        "E28",
        "names that differ in case",
        upload(TABLE.replace("label\n", "label,Label\n").replace("a\n", "a,x\n").replace("b\n", "b,y\n")),
        "header_alike",
        choices=CLASSES,
    ),
    refused("E28", "an empty name", upload(TABLE.replace("label", "")), "header"),
    found("E28", "a line end in a name", upload(TABLE.replace("image,label", '"image","la\nbel"')), "header_trimmed"),
    refused("E28", "a name of the studio", upload(TABLE.replace("label", "__row")), "header"),
    refused("E29", "header only", upload(HEADER), "no_rows"),
    found(
        "E29",
        "no header",
        upload("\n".join(ROWS) + "\n"),
        "header_like_data",
        choices={
            "problem_type": "image_classification",
            "roles": {"image_column": "column_1", "label_columns": ["column_2"]},
        },
    ),
    refused("E30", "no rows", upload(HEADER), "no_rows"),
    refused("E30", "one row", upload(HEADER + "0.png,a\n"), "one_class", choices=CLASSES),
    refused("E30", "one row with a box", boxes(count=1), "too_few_rows"),
    refused(
        "E31",
        "20,000 columns",
        upload(",".join(f"c{n}" for n in range(20_000)) + "\n1\n"),
        "dataset",
        "columns",
        met="20,000 columns",
        right="10,000 columns",
    ),
    handled(
        "E32", "ids stay as they are", labels("001", "1e5", "0x1F", "001", "1e5", "0x1F"), classes("001", "1e5", "0x1F")
    ),
    handled(
        "E33",
        "words for missing",
        labels("NA", "None", "null", "nan", "NA", "None", "null", "nan"),
        classes("NA", "None", "null", "nan"),
    ),
    found("E33", "an empty label", labels("a", "b", "", "a", "b"), "no_label", (3,)),
    found(
        "E34",
        "1, 1.0 and 01",
        labels("1", "1.0", "01", "1", "1.0", "01"),
        "twin_classes",
        holds=classes("1", "1.0", "01"),
    ),
    found("E34", "1 and 1.0", labels("1", "1.0", "2", "1", "1.0", "2"), "twin_classes", holds=classes("1", "1.0", "2")),
    found(
        "E35",
        "True and 1",
        labels("True", "1", "False", "True", "1", "False"),
        "twin_classes",
        holds=classes("True", "1", "False"),
    ),
    handled(
        "E36",
        "integers beyond 2^53 with a gap",
        labels(*["9007199254740993", "9007199254740992"] * 3, ""),
        classes("9007199254740993", "9007199254740992"),
    ),
    handled(
        "E36",
        "integers beyond 2^63",
        parquet(label=pa.array([2**64 - 1, 5] * 3, pa.uint64())),
        classes(str(2**64 - 1), "5"),
    ),
    handled("E37", "inf as a class stays a word", labels("inf", "1e400", "inf", "1e400"), classes("inf", "1e400")),
    found("E37", "inf as a coordinate", boxes({"x_max": [float("inf")]}), "box_number", (5,)),
    found(
        "E38",
        "numbers with one word",
        labels(*[str(n % 2) for n in range(19)], "x", "x"),
        "number_with_words",
        (20, 21),
    ),
    handled(
        "E39",
        "dates are words",
        labels("01/02/2020", "2020-02-01", "01/02/2020", "2020-02-01"),
        classes("01/02/2020", "2020-02-01"),
    ),
    handled("E40", "categories", parquet(label=pa.array(["a", "b"] * 3).dictionary_encode()), classes("a", "b")),
    handled("E40", "an empty column", parquet(label=["a", "b"] * 3, nothing=pa.nulls(6)), classes("a", "b")),
    handled(
        "E40",
        "time zones",
        parquet(label=["a", "b"] * 3, when=pa.array([0] * 6, pa.timestamp("us", "UTC"))),
        classes("a", "b"),
    ),
    refused(
        "E40",
        "a map",
        parquet(label=pa.array([[("a", 1)]] * 6, pa.map_(pa.string(), pa.int64()))),
        "parquet_type",
        "map",
    ),
    refused("E40", "bytes", parquet(label=pa.array([b"\xff"] * 6)), "parquet_type", "binary"),
    refused("E40", "no rows", empty_parquet, "no_rows"),
    refused("E41", "CSV named parquet", upload(TABLE, "train.parquet"), "not_parquet"),
    refused("E41", "truncated parquet", truncated_parquet, "parquet"),
    handled(
        "E42",
        "columns in another order",
        upload(files={"validation.csv": b"label,image\na,0.png\nb,1.png\n"}),
        row_count(8),
    ),
    refused(
        "E42",
        "a column missing",
        upload(files={"validation.csv": b"image\n0.png\n"}),
        "no_column",
        choices={**CLASSES, "train": "train.csv", "validation": "validation.csv"},
    ),
    refused("E43", "Excel", upload(b"PK\x03\x04xl/workbook.xml"), "not_table", "Excel"),
    found(
        "E43",
        "text wrapped by a spreadsheet",
        labels('="001"', '="002"', '="001"', '="002"'),
        "excel_text",
        holds=classes("001", "002"),
    ),
    found("E44", "a row twice", upload(TABLE + "0.png,a\n"), "repeated_rows", (7,)),
    found("E44", "a file in training and test", upload(files={"test.csv": b"image,label\n0.png,a\n"}), "leak", (1,)),
    found(
        "E44",
        "a copy of a file in training and test",
        upload(files={"test.csv": b"image,label\ncopy.png,a\n", "images/copy.png": packed(noise(0))}),
        "leak",
        (1,),
    ),
    found("E45", "an empty test table", upload(files={"test.csv": b"image,label\n"}), "no_rows"),
    found(
        "E45",
        "a test table that is the train table",
        upload(files={"test.csv": TABLE.encode()}),
        "leak",
        (1, 2, 3, 4, 5, 6),
    ),
]
E46 = [
    found("E46", "some labels missing", labels("a", "", "b", "a", "b"), "no_label", (2,)),
    refused("E46", "all labels missing", labels("", "", "", ""), "one_class", choices=CLASSES),
    refused("E47", "one class", labels("a", "a", "a"), "one_class", met="'a'", right="2 classes", choices=CLASSES),
    found("E48", "a class with one row", labels("a", "a", "b", "b", "c"), "rare_class", choices=CLASSES),
    found(
        "E49",
        "a class that training has not seen",
        upload(files={"test.csv": b"image,label\n0.png,z\n1.png,a\n"}),
        "unseen_label",
        (1,),
    ),
    found(
        "E51",
        "rows without a fold",
        labels("a\t0", "b\t", "a\t1", header="image,label,fold"),
        "no_fold",
        (2,),
        choices=CLASSES,
    ),
    found("E51", "one fold", labels("a\t0", "b\t0", "a\t0", header="image,label,fold"), "one_fold", choices=CLASSES),
    handled(
        "E51",
        "decimal, negative and missing numbers of folds",
        parquet(label=["a", "b"] * 3, fold=[0.0, 2.0, -1.0] * 2),
        lambda data: set(data.choice_context().folds) == {"0", "2", "-1"},
        choices=CLASSES,
    ),
    found("E53", "1,500 classes", many_classes, "many_classes", choices=CLASSES),
    found(
        "E55",
        "half of a label",
        labels("1\t0", "0\t0.5", "0\t1", "1\t0", header="image,cat,dog"),
        "not_zero_or_one",
        (2,),
        choices=MULTI,
    ),
    handled(
        "E55",
        "rows without any label",
        labels("1\t0", "0\t0", "1\t1", "0\t1", header="image,cat,dog"),
        lambda data: data.profile().task == "multi-label",
        choices=MULTI,
    ),
    found("E55", "several labels in a cell", labels("a", "b", "a|b", "a", "b", "a|b"), "joined_labels"),
    refused("E55", "labels as lists", parquet(label=[["a", "b"]] * 6), "label_list", choices=CLASSES),
    found("E57", "letters composed and not", labels("\u00e9", "e\u0301", "\u00e9", "e\u0301"), "twin_classes"),
    found("E57", "a trailing blank", labels("a ", "b", "a", "b"), "blanks_trimmed", (1,), holds=classes("a", "b")),
    found(
        "E57",
        "a trailing blank in parquet",
        parquet(label=["a ", "b", "a", "b", "a", "b"]),
        "blanks_trimmed",
        (1,),
        holds=lambda data: table_of(data)["label"].tolist()[0] == "a",
    ),
    handled("E57", "commas and quotes", labels('x, "y"', "z", 'x, "y"', "z"), classes('x, "y"', "z")),
    found("E58", "1,000 to 1", imbalanced, "imbalance"),
]
E61 = [
    found("E61", "no file", upload(TABLE + "gone.png,a\n"), "no_file", (7,)),
    found("E61", "a file without a row", upload(images=7), "unused_files"),
    found("E61", "another case", upload(TABLE.replace("0.png", "0.PNG")), "file_name_mended", (1,)),
    found("E61", "a leading ./", upload(TABLE.replace("0.png", "./0.png")), "file_name_mended", (1,)),
    found(
        "E61",
        "a backslash",
        upload(
            TABLE.replace("0.png", "images\\0.png")
            .replace("1.png", "images/1.png")
            .replace("2.png", "images/2.png")
            .replace("3.png", "images/3.png")
            .replace("4.png", "images/4.png")
            .replace("5.png", "images/5.png")
        ),
        "file_name_mended",
        (1,),
    ),
    found("E62", "a file with two labels", upload(TABLE + "0.png,b\n"), "repeated_file", (1, 7)),
    found("E63", "a truncated JPEG", with_image(packed(noise(7, (300, 300)), "JPEG")[:9000]), "image_truncated", (7,)),
    found("E64", "HTML as an image", with_image(LOGIN), "image_unsupported", (7,), met="a web page", right="PNG"),
    found("E64", "text as an image", with_image(b"hello"), "image_unsupported", (7,)),
    handled(
        "E65",
        "CMYK",
        with_image(packed(Image.new("CMYK", SIZE, (0, 255, 255, 0)), "JPEG"), "bad.jpg"),
        lambda data: pixel(data, "bad.jpg")[0] > 200 and pixel(data, "bad.jpg")[1] < 60,
    ),
    handled("E66", "grey", with_image(packed(noise(7, mode="L"))), lambda data: len(set(pixel(data))) == 1),
    handled("E66", "palette", with_image(packed(noise(7, mode="P"))), row_count(7)),
    handled("E66", "one bit", with_image(packed(noise(7, mode="1"))), row_count(7)),
    handled(
        "E66",
        "transparent pixels stand on white",
        with_image(packed(Image.new("RGBA", SIZE, (255, 0, 0, 0)))),
        lambda data: pixel(data).tolist() == [255, 255, 255],
    ),
    found(
        "E67",
        "16 bits",
        with_image(packed(Image.fromarray(np.full((30, 40), 0x8000, np.uint16)))),
        "deep_image",
        (7,),
        holds=lambda data: pixel(data).tolist() == [128, 128, 128],
    ),
    found(
        "E68",
        "decimal TIFF from 0 to 1",
        with_image(packed(Image.fromarray(np.full((30, 40), 0.5, np.float32)), "TIFF"), "bad.tif"),
        "float_image",
        (7,),
    ),
    found(
        "E68",
        "decimal TIFF in no known range",
        with_image(packed(Image.fromarray(np.full((30, 40), -5.0, np.float32)), "TIFF"), "bad.tif"),
        "image_range",
        (7,),
    ),
    found(
        "E69",
        "an orientation tag of 90 degrees",
        with_image(turned(6), "bad.jpg"),
        "orientation",
        (7,),
        holds=lambda data: table_of(data)["__width"].tolist()[-1] == SIZE[1],
    ),
    found("E70", "several frames", with_image(frames(), "bad.gif"), "many_frames", (7,)),
    handled("E71", "a JPEG named PNG", with_image(packed(noise(7), "JPEG")), row_count(7)),
    found("E72", "1 x 1", with_image(packed(noise(7, (1, 1)))), "image_too_small", (7,), met="1 x 1", right="2 x 2"),
    found("E72", "1 x 5,000", with_image(packed(noise(7, (1, 5000)))), "image_too_small", (7,)),
    found("E72", "30,000 x 30,000", with_image(black_png(30_000, 30_000)), "image_too_large", (7,), met="900,000,000"),
    found("E73", "one broken file among 300", many_files, "image_unsupported", (300,)),
    found("E74", "DICOM", with_image(b"\0" * 128 + b"DICM" + b"\0" * 100, "bad.dcm"), "image_unsupported", (7,)),
    found("E74", "SVG", with_image(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "bad.svg"), "image_unsupported", (7,)),
    found("E74", "AVIF", with_image(b"\0\0\0\x20ftypavif" + b"\0" * 50, "bad.avif"), "image_unsupported", (7,)),
    found(
        "E74", "an array of objects", with_image(array(np.zeros((4, 4), "U3")), "bad.npy"), "image_unsupported", (7,)
    ),
    found("E75", "grey among colour", with_image(packed(noise(7, mode="L"))), "mixed_channels"),
    found(
        "E75",
        "an array of 5 channels among colour",
        with_image(array(np.zeros((30, 40, 5), np.uint8)), "bad.npy"),
        "image_channels",
        (7,),
    ),
    found("E76", "all images the same", same_images(noise(1)), "identical_images"),
    found("E76", "all images black", same_images(Image.new("RGB", SIZE)), "flat_images"),
]
E77 = [
    found("E77", "lists of different length", boxes({"x_min": [1, 2, 3]}), "box_lengths", (5,), met="3, 1, 1, 1"),
    handled(
        "E78",
        "quotes, printed arrays, tuples",
        boxes(
            {"class_id": "['a']", "x_min": "[5]", "y_min": "(5,)", "x_max": "[20.]", "y_max": "[20]"},
            {"class_id": "[]", "x_min": "[]", "y_min": "[]", "x_max": "[]", "y_max": "[]"},
        ),
        row_count(6),
    ),
    found("E78", "nan in a list", boxes({"x_min": "[nan]"}), "list_cell", (5,), met="[nan]"),
    found("E79", "minimum beyond maximum", boxes({"x_min": [30]}), "box_order", (5,), met="x 30 to 20"),
    found(
        "E80",
        "no area",
        boxes({"x_max": [5]}),
        "box_empty",
        (5,),
        holds=lambda data: len(table_of(data)["class_id"].tolist()[-1]) == 0,
    ),
    found(
        "E81",
        "partly outside",
        boxes({"x_max": [99], "y_min": [-4]}),
        "box_clipped",
        (5,),
        holds=lambda data: [*table_of(data)["x_max"].tolist()[-1]] == [40.0],
    ),
    found("E81", "wholly outside", boxes({"x_min": [50], "x_max": [60]}), "box_outside", (5,), met="40 x 30 pixels"),
    refused(
        "E82",
        "shares of the image",
        boxes(*[{"x_min": [0.1], "y_min": [0.1], "x_max": [0.5], "y_max": [0.5]}] * 4, count=0),
        "relative_boxes",
    ),
    refused(
        "E82",
        "widths and heights",
        boxes(*[{"x_min": [15], "y_min": [12], "x_max": [9], "y_max": [8]}] * 4, count=0),
        "width_and_height",
    ),
    found("E83", "boxes of an unturned image", turned_boxes, "orientation"),
    found("E84", "a class named background", boxes({"class_id": ["background"]}), "background_class", (5,)),
    found("E84", "an index without a name", yolo("7 0.5 0.5 0.2 0.2"), "yolo_class", holds=row_count(3)),
    found(
        "E85",
        "1,001 boxes",
        boxes(
            {
                "class_id": ["a"] * 1001,
                **{
                    side: list(range(value, value + 1001))
                    for side, value in (("x_min", 0), ("y_min", 0), ("x_max", 5), ("y_max", 5))
                },
            },
            size=(1100, 1100),
        ),
        "many_boxes",
        (5,),
    ),
    found(
        "E85",
        "a box twice",
        boxes({"class_id": ["a", "a"], "x_min": [1, 1], "y_min": [1, 1], "x_max": [9, 9], "y_max": [9, 9]}),
        "box_twice",
        (5,),
    ),
    found(
        "E85",
        "a box of two classes",
        boxes({"class_id": ["a", "b"], "x_min": [1, 1], "y_min": [1, 1], "x_max": [9, 9], "y_max": [9, 9]}),
        "box_of_two_classes",
        (5,),
    ),
    handled(
        "E86",
        "an image without boxes",
        boxes({"class_id": [], "x_min": [], "y_min": [], "x_max": [], "y_max": []}),
        row_count(5),
    ),
    refused(
        "E86",
        "no boxes at all",
        boxes(*[{"class_id": "[]", "x_min": "[]", "y_min": "[]", "x_max": "[]", "y_max": "[]"}] * 3, count=0),
        "no_boxes",
    ),
    found(
        "E89",
        "an annotation of no image",
        coco(lambda d: d["annotations"].append({**d["annotations"][0], "id": 9, "image_id": 77})),
        "coco_no_image",
    ),
    found("E89", "an id twice", coco(lambda d: d["annotations"].append(d["annotations"][0])), "coco_twice"),
    found("E89", "an image id twice", coco(lambda d: d["images"].append(d["images"][0])), "coco_image"),
    found(
        "E89",
        "a crowd",
        coco(lambda d: d["annotations"].append({**d["annotations"][0], "id": 9, "iscrowd": 1})),
        "coco_crowd",
        holds=row_count(4),
    ),
    found(
        "E89",
        "a polygon of two points",
        coco(lambda d: d["annotations"][3].update(bbox=None, segmentation=[[1, 1, 2, 2]])),
        "coco_box",
        holds=row_count(3),
    ),
    handled(
        "E89",
        "a polygon in place of a box",
        coco(
            lambda d: (
                d["annotations"][3].pop("bbox"),
                d["annotations"][3].update(segmentation=[[5, 5, 15, 5, 15, 15]]),
            )
        ),
        lambda data: [*table_of(data)["x_max"].tolist()[3]] == [15.0],
    ),
    found("E89", "area 0", coco(lambda d: d["annotations"][3].update(bbox=[5, 5, 0, 9])), "box_empty", (4,)),
    found(
        "E89",
        "an unknown category",
        coco(lambda d: d["annotations"][3].update(category_id=5)),
        "coco_unknown_category",
        holds=row_count(3),
    ),
    refused(
        "E89",
        "no JSON",
        upload('{"images": [], "annotations": [], "categories": [], "bbox": ', "train.json"),
        "coco",
        choices={"format": "coco"},
    ),
    refused(
        "E89",
        "nested 100,000 deep",
        upload('{"images":' + "[" * 100_000 + '"annotations" "categories" "bbox"', "train.json"),
        "coco",
        choices={"format": "coco"},
    ),
    found("E90", "a confidence", yolo("0 0.5 0.5 0.2 0.2 0.9"), "yolo_extra", holds=row_count(4)),
    found("E90", "three numbers", yolo("0 0.5 0.5 0.2"), "yolo_line", holds=row_count(3)),
    found("E90", "a broken class", yolo("0.5 0.5 0.5 0.2 0.2"), "yolo_line", holds=row_count(3)),
    handled("E90", "a decimal class", yolo("0.0 0.5 0.5 0.2 0.2"), row_count(4)),
    found("E90", "a decimal comma", yolo("0 0,5 0,5 0,2 0,2"), "yolo_line", holds=row_count(3)),
    found("E90", "pixels", yolo("0 20 15 8 6"), "yolo_line", holds=row_count(3)),
    found(
        "E90",
        "no class names",
        yolo("1 0.5 0.5 0.2 0.2", names=b"path: .\n"),
        "no_class_names",
        holds=classes("0", "1"),
    ),
    refused(
        "E91",
        "an entity bomb",
        voc(lambda text: '<!DOCTYPE a [<!ENTITY b "x">]>' + text.replace("<name>a", "<name>&b;")),
        "unsafe_xml",
    ),
    refused(
        "E91", "an external entity", voc(lambda text: '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + text), "unsafe_xml"
    ),
    found("E91", "a damaged file", voc(lambda text: text[:60]), "voc_damaged", holds=row_count(3)),
    found(
        "E91",
        "an object without corners",
        voc(lambda text: text.replace("<xmin>5</xmin>", "")),
        "voc_object",
        holds=row_count(3),
    ),
]
CASES = [*E1, *E16, *E46, *E61, *E77]

ELSEWHERE = {
    "E14": "tests/server/test_imports.py: the same data twice is said on the dataset",
    "E15": "tests/server/test_uploads.py: uploads that are cut or of the wrong length",
    "E50": "tests/modeling/classification/test_metrics.py: classes that a validation set lacks",
    "E52": "tests/datasets/test_folds.py: groups stay together",
    "E54": "tests/datasets/test_bad_text_inputs.py: numbers to predict",
    "E56": "tests/datasets/test_bad_text_inputs.py: numbers that are partly missing",
    "E60": "tests/datasets/test_bad_text_inputs.py: dates beside rows that are split at random",
    "E87": "tests/datasets/test_bad_mask_inputs.py: masks as pictures",
    "E88": "tests/datasets/test_bad_mask_inputs.py: masks as run lengths",
    "E92": "tests/datasets/test_bad_mask_inputs.py: more values than classes",
    "E59": "tests/datasets/test_labels.py: classes that a model has not seen are refused by name",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.what}")
def test_a_bad_input_is_refused_found_or_handled(
    tmp_path: Path, scan_files: Any, import_files: Any, case: Case
) -> None:
    check_case(case, tmp_path, scan_files, import_files)


def test_every_row_of_the_catalogue_is_accounted_for() -> None:
    cases = {case.row for case in CASES}

    assert cases | set(ELSEWHERE) == {f"E{number}" for number in range(1, 93)}
    assert not cases & set(ELSEWHERE)
    assert all((Path(__file__).parents[2] / place.partition(":")[0]).is_file() for place in ELSEWHERE.values())
