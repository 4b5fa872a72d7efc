"""What a scoring pipeline can do: predict a file, and prove that it repeats its run. `score.py` calls this."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from studio.errors import BundleError, StudioError, in_quotes
from studio.files import is_same_file
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media
from studio.results.prediction import is_hidden
from studio.scoring.golden import changed_since, largest_difference, tolerance
from studio.scoring.inputs import read_input
from studio.scoring.predictor import Predictor
from studio.scoring.tables import prediction_table, write_csv, write_raw
from studio.scoring.usable_rows import usable_rows
from studio.settings.finding import told

FAILED = 1
BAD_INPUT = 2


@dataclass(frozen=True)
class Order:
    """What is to be predicted, and where it goes."""

    table: Path
    output: Path
    media: Path | None = None
    index: Path | None = None
    """The table whose rows are to be found, for models that compare rows."""
    raw: Path | None = None
    """Where the raw outputs go, such as embeddings."""
    refuse_bad_rows: bool = False
    """Whether a row that cannot be predicted refuses the table, instead of getting no prediction."""


def predict_file(folder: Path, order: Order) -> int:
    """Predict a table's rows and write them as CSV or parquet, by the ending of the output; gives their number.

    Raises:
        StudioError: if table or files cannot be used.
    """
    if order.output.suffix.lower() not in (".csv", ".parquet", ".pq"):
        raise StudioError(f"{order.output.name} ends neither with .csv nor with .parquet.", hint="Rename the output.")
    for path in (order.output, order.raw):
        if path is not None and not path.parent.is_dir():
            raise StudioError(f"There is no folder {in_quotes(str(path.parent))}.", hint="Name a folder that exists.")
    _require_separate(order)
    predictor = Predictor.load(folder / "bundle")
    ending = f".{predictor.recipe.raw_format}"
    if order.raw is not None and order.raw.suffix.lower() != ending:
        raise StudioError(f"{order.raw.name} does not end with {ending}.", hint="Rename the file of raw outputs.")
    scored, left_out = _scored(predictor, order.table, order)
    index = None if order.index is None else _scored(predictor, order.index, order)[0]
    predicted = prediction_table(predictor.recipe, scored, index, left_out)
    predicted = predicted.drop(columns=[one for one in predicted.columns if is_hidden(str(one))])
    if order.output.suffix.lower() == ".csv":
        write_csv(predicted, order.output)
    else:
        predicted.to_parquet(order.output, index=False)
    if order.raw is not None:
        write_raw(order.raw, predictor.recipe, scored)
    return len(predicted)


def _require_separate(order: Order) -> None:
    """Refuse a result that is one of the inputs, or both results in one file."""
    results = [path for path in (order.output, order.raw) if path is not None]
    kept = [("the table to predict", order.table), ("the table to search in", order.index)]
    for result in results:
        for what, path in [*kept, *[("the other result", one) for one in results if one is not result]]:
            if path is not None and is_same_file(result, path):
                raise StudioError(
                    f"{result.name} is {what}, which would be overwritten.",
                    hint="Give the result another name.",
                    found=str(result),
                    expected=f"another file than {path.name}",
                )


def _scored(predictor: Predictor, path: Path, order: Order) -> tuple[ScoredTable, pd.DataFrame]:
    """The rows of a table that can be predicted, and the others, of which standard error says why they are left out."""
    table, noticed = read_input(path)
    media = Media((order.media or path.parent).resolve())
    kind, settings = predictor.problem_type, predictor.settings
    usable = usable_rows(kind, settings, table, media, name=path.name, refuse=order.refuse_bad_rows)
    for finding in (*noticed, *usable.findings):
        sys.stderr.write(f"{finding.path}: {finding.message}\n")
    return predictor.predict(usable.table, media, is_checked=True), usable.left_out


def verify(folder: Path) -> tuple[float, float]:
    """The largest difference between this machine's outputs of the golden rows and the run's, and the allowed one.

    Raises:
        BundleError: if a file of the model, its settings or its labels are not those of the run.
    """
    predictor = Predictor.load(folder / "bundle")
    if changed := changed_since(folder / "golden", predictor):
        raise BundleError(changed, hint="Copy the pipeline again.")
    return largest_difference(folder / "golden", predictor), tolerance(predictor)


def main(folder: Path, arguments: list[str]) -> int:
    """The command line of `score.py`; gives the exit code."""
    parser = argparse.ArgumentParser(prog="score.py", description="Predict with a trained model.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("verify", help="run the golden inputs and compare with the outputs of the training run")
    predict = commands.add_parser("predict", help="predict the rows of a table")
    predict.add_argument("--table", type=Path, required=True, help="CSV, parquet or JSON lines")
    predict.add_argument("--media", type=Path, help="the folder with the files that the table names (its own folder)")
    predict.add_argument("--index", type=Path, help="a table to search in, for models that find similar rows")
    predict.add_argument("--raw", type=Path, help="also write raw outputs, such as probabilities or embeddings")
    predict.add_argument("--strict", action="store_true", help="refuse a table with rows that cannot be predicted")
    predict.add_argument("-o", "--output", type=Path, required=True, help="CSV or parquet, by its ending")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "verify":
            return _verify(folder)
        count = predict_file(
            folder, Order(chosen.table, chosen.output, chosen.media, chosen.index, chosen.raw, chosen.strict)
        )
    except StudioError as error:
        sys.stderr.write(told(error) + "\n")
        return FAILED if chosen.command == "verify" else BAD_INPUT
    except OSError as error:  # a name that is too long, a folder that cannot be searched, a full disk
        place = f": {in_quotes(str(error.filename))}" if error.filename else ""
        sys.stderr.write(f"{error.strerror or error}{place}.\n")
        return FAILED
    sys.stderr.write(f"{count} rows written to {chosen.output}\n")
    return 0


def _verify(folder: Path) -> int:
    difference, allowed = verify(folder)
    is_equal = difference <= allowed
    sys.stdout.write(f"maximum difference {difference:.3g} ({'within' if is_equal else 'above'} {allowed:g})\n")
    return 0 if is_equal else FAILED
