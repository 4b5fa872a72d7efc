"""Serve this model over HTTP: `python serve.py --port 8000`. The address /openapi.json describes what is asked."""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError
from uvicorn.protocols.http.h11_impl import H11Protocol

from studio.datasets.masks.coco_rle import coco_counts, text_of_counts
from studio.datasets.media.registry import media_reader
from studio.datasets.uploads.file_kinds import HEAD_BYTES
from studio.errors import StudioError
from studio.json_text import parse_json
from studio.modeling.predictions import PredictedMask, ScoredTable
from studio.modeling.recipe import Media
from studio.problems.contract import ProblemType
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, TextBlock
from studio.scoring.gate import LOOPBACK_NAMES, Gate, Rules, known_hosts
from studio.scoring.mask_picture import PICTURE_AXES, PICTURE_TYPE, drawn_masks, is_drawn
from studio.scoring.predictor import Predictor
from studio.scoring.sent_rows import BASE64_BYTES, input_words, is_sent_as_row, with_own_file
from studio.settings.finding import told

MAX_FILE_BYTES = 64 << 20
MAX_ROW_BYTES = 1 << 20
MAX_CONNECTIONS = 256
HEADER_SECONDS = 15.0
GRACEFUL_SECONDS = 3
ROW_DEPTH = 2
TOKEN_VARIABLE = "SCORING_TOKEN"  # noqa: S105 -- a name
HOSTS_VARIABLE = "SCORING_HOSTS"
Cell = str | Annotated[float, Field(allow_inf_nan=False)] | int | list[str] | None
ROWS = TypeAdapter(dict[str, Cell])
logger = logging.getLogger("uvicorn.error")


class PredictedCocoMask(BaseModel):
    """The pixels of a class or of an object as COCO writes them, in those of the file that was sent."""

    label: str
    score: float | None
    """Confidence of an object; none for a class."""
    size: tuple[int, int]
    """Height and width."""
    counts: str
    """Compressed run lengths, as pycocotools decodes them."""


class Prediction(BaseModel):
    """What the model says about one sample."""

    prediction: Annotation | None
    """By its kind: classes with probabilities, values, boxes or spans with confidences, a text, or similar rows."""
    columns: dict[str, JsonValue]
    """What a prediction table would have in its own columns."""
    texts: tuple[TextBlock, ...] = ()
    """The texts that were read. Spans count in them, in Unicode code points."""
    masks: list[PredictedCocoMask] | None = None
    """Where pixels of classes or objects are predicted. A request that accepts PNG gets a picture instead."""


class About(BaseModel):
    """What this model is."""

    problem_type: str
    labels: list[str]
    input: str
    """The content to send."""


class TimelyHttp(H11Protocol):
    """HTTP by h11, whose connections are closed where the header of a request is not there in time.

    uvicorn itself waits for a header for ever.

    The time begins with the connection, and after an answer with the first byte of what follows: the next request, or
    the rest of a body that nobody reads any more.
    """

    header_seconds = HEADER_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a header."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what comes after an answer must become a request in time."""
        if self._deadline is None and self.cycle is not None and self.cycle.response_complete:
            self._wait()
        super().data_received(data)

    def handle_events(self) -> None:
        """Begin to answer where a header is complete."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_waiting()

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.header_seconds, self._drop)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _drop(self) -> None:
        """Close it at once: who sends slowly may not read either."""
        self._deadline = None
        transport: Any = self.transport
        transport.abort()


def make_app(folder: Path, token: str | None, hosts: frozenset[str] = frozenset()) -> Gate:
    """The application of a pipeline folder; with a token, every request but /health needs it.

    It answers to the names of this machine and to `hosts`.
    """
    predictor = Predictor.load(folder / "bundle")
    answering = threading.Lock()
    kind = predictor.problem_type
    reads_rows = is_sent_as_row(kind)
    # The library's own pages of documentation load scripts from elsewhere.
    app = FastAPI(title=kind.title, version="1", docs_url=None, redoc_url=None)

    @app.get("/health")
    def health() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/about")
    def about() -> About:
        return About(
            problem_type=kind.id,
            labels=list(predictor.recipe.target.labels),
            input=input_words(kind, predictor.settings),
        )

    @app.post("/predict", openapi_extra=_body_schema(reads_rows=reads_rows), response_model=Prediction)
    async def predict(request: Request) -> Prediction | Response:
        data = await request.body()
        if reads_rows:
            return await run_in_threadpool(_predict_sent, predictor, answering, _row(data), folder)
        answer = _draw_bytes if _wants_picture(request) else _predict_bytes
        return await run_in_threadpool(answer, predictor, answering, data)

    return Gate(app, Rules(token, _max_bytes(kind, reads_rows=reads_rows), hosts))


def _max_bytes(kind: ProblemType, *, reads_rows: bool) -> int:
    """Of a body: of a file, of a row, or of a row with a file in Base64."""
    if kind.media_role is None:
        return MAX_ROW_BYTES
    return round(MAX_FILE_BYTES * BASE64_BYTES) + MAX_ROW_BYTES if reads_rows else MAX_FILE_BYTES


def _body_schema(*, reads_rows: bool) -> dict[str, Any]:
    kind = "application/json" if reads_rows else "application/octet-stream"
    schema = ROWS.json_schema() if reads_rows else {"type": "string", "format": "binary"}
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


def _row(data: bytes) -> dict[str, Cell]:
    """A JSON object of column names and values."""
    try:
        text = data.decode("utf-8")
        values = parse_json(text, max_depth=ROW_DEPTH)
        json.dumps(values, ensure_ascii=False).encode()  # an unpaired surrogate is none
        return ROWS.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"][:1])).encode("utf-8", "replace").decode()
        raise HTTPException(422, f"{place[:80] or 'The body'}: {first['msg'][:200]}.") from error
    except UnicodeError as error:
        raise HTTPException(422, "The body contains an unpaired surrogate or bytes that are not UTF-8.") from error
    except ValueError as error:
        raise HTTPException(
            422, f"The body is no JSON object of column names and values: {str(error)[:200]}."
        ) from error


def _wants_picture(request: Request) -> bool:
    """Whether a picture is asked for, and JSON is not."""
    accepted = request.headers.get("accept", "").lower()
    return PICTURE_TYPE in accepted and "json" not in accepted


def _predict_sent(predictor: Predictor, answering: threading.Lock, row: dict[str, Any], folder: Path) -> Prediction:
    """A row as it was sent; one that has a file brings it along."""
    if predictor.problem_type.media_role is None:
        return _predict_row(predictor, answering, row, folder)
    with tempfile.TemporaryDirectory() as name, _told():
        whole = with_own_file(predictor.problem_type, predictor.settings, row, Path(name), "sample")
        return _predict_row(predictor, answering, whole, Path(name))


def _predict_bytes(predictor: Predictor, answering: threading.Lock, data: bytes) -> Prediction:
    with _as_file(predictor, data) as (row, folder):
        return _predict_row(predictor, answering, row, folder)


def _draw_bytes(predictor: Predictor, answering: threading.Lock, data: bytes) -> Response:
    """What was sent, with its masks over it."""
    with _as_file(predictor, data) as (row, folder), _told():
        scored = _scored(predictor, answering, row, folder)
        masks = predictor.recipe.masks(scored)
        if masks is None or not is_drawn(predictor.problem_type.medium):
            raise HTTPException(406, "This model predicts no masks that make a picture. Accept JSON.")
        return Response(drawn_masks(folder / next(iter(row.values())), masks[0]), media_type=PICTURE_TYPE)


@contextmanager
def _as_file(predictor: Predictor, data: bytes) -> Iterator[tuple[dict[str, Any], Path]]:
    """The bytes of a sample as a row that names a file in a folder."""
    role = predictor.problem_type.media_role
    column = str(predictor.settings.value(f"dataset.{role}"))
    medium = predictor.problem_type.medium
    ending = media_reader(medium).suffix_of(data[:HEAD_BYTES]) if medium else None
    name = f"sample.{ending}" if ending else "sample"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(data)
        yield {column: name}, Path(folder)


def _predict_row(predictor: Predictor, answering: threading.Lock, row: dict[str, Any], media: Path) -> Prediction:
    with _told():
        scored = _scored(predictor, answering, row, media)
        view = next(predictor.recipe.sample_rows(scored, Media(media))).view
        columns = predictor.recipe.columns(scored).iloc[0]
        masks = predictor.recipe.masks(scored)
        return Prediction(
            prediction=view.prediction,
            columns={str(name): _plain(value) for name, value in columns.items()},
            texts=view.texts,
            masks=None if masks is None else [_coco(one) for one in masks[0] if len(one.shape) == PICTURE_AXES],
        )


def _scored(predictor: Predictor, answering: threading.Lock, row: dict[str, Any], media: Path) -> ScoredTable:
    """One sample at a time: torch already uses every core for it."""
    with answering:
        return predictor.predict(pd.DataFrame([{**row, ROW: 1}]), Media(media))


@contextmanager
def _told() -> Iterator[None]:
    """What a sample does to a library is no fault of the server."""
    try:
        yield
    except HTTPException:
        raise
    except StudioError as error:
        raise HTTPException(422, told(error)) from error
    except Exception as error:  # the border
        logger.exception("A sample could not be predicted.")
        raise HTTPException(422, f"This sample cannot be predicted ({type(error).__name__}).") from error


def _coco(mask: PredictedMask) -> PredictedCocoMask:
    height, width = mask.shape
    counts = text_of_counts(coco_counts(mask.runs, height * width))
    return PredictedCocoMask(label=mask.label, score=mask.score, size=(height, width), counts=counts)


def _plain(value: Any) -> JsonValue:
    """A cell as JSON has it."""
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    if isinstance(plain, list | tuple):
        return [_plain(one) for one in plain]
    # JSON has no NaN.
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain


def main(folder: Path, arguments: list[str]) -> int:
    """The command line of `serve.py`; gives the exit code."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Serve a trained model over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME",
                        help="a name under which others reach this server, * for every one; repeatable")  # fmt: skip
    chosen = parser.parse_args(arguments)
    token = os.environ.get(TOKEN_VARIABLE) or None
    if chosen.host not in LOOPBACK_NAMES and token is None:
        sys.stderr.write(f"Set {TOKEN_VARIABLE} to serve beyond this machine.\n")
        return 2
    hosts = known_hosts([chosen.host, *chosen.allow_host, *os.environ.get(HOSTS_VARIABLE, "").split(",")])
    try:
        app = make_app(folder, token, hosts)
    except StudioError as error:
        sys.stderr.write(f"{error.message} {error.hint}".strip() + "\n")
        return 1
    uvicorn.Server(server_config(app, chosen.host, chosen.port)).run()
    return 0


def server_config(app: Any, host: str, port: int) -> uvicorn.Config:
    """How it listens.

    By h11, which bounds headers and trailers and takes no trailer for a header, and so that a request that never ends
    does not keep the server from ending. Who sends no header in time is cut off, and takes no place any more.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="info",
        http=TimelyHttp,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv[1:]))
