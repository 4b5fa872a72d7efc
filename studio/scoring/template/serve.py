"""Serve this model over HTTP: `python serve.py --port 8000`. The address /docs describes requests and answers."""

import argparse
import hmac
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pandas as pd
import uvicorn
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, JsonValue

from studio.errors import StudioError
from studio.modeling.recipe import Media
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, Neighbour, TextBlock
from studio.scoring.predictor import Predictor

MAX_BODY_BYTES = 64 << 20
TOKEN_VARIABLE = "SCORING_TOKEN"  # noqa: S105 -- a name
BINARY_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Cell = str | float | int | list[str] | None
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Prediction(BaseModel):
    """What the model says about one sample."""

    prediction: Annotation | None
    """Classes with probabilities, values, boxes with confidences, or text."""
    columns: dict[str, JsonValue]
    """What a prediction table would have in its own columns."""
    texts: tuple[TextBlock, ...] = ()
    """The texts with what was found in them; ends count Unicode code points."""
    neighbours: tuple[Neighbour, ...] = ()
    """The rows most like the sample."""


class About(BaseModel):
    """What this model is."""

    problem_type: str
    labels: list[str]
    input: str
    """The content to send."""


def make_app(folder: Path, token: str | None) -> FastAPI:
    """The application of a pipeline folder; with a token, every request but /health needs it."""
    predictor = Predictor.load(folder / "bundle")
    answering = threading.Lock()
    app = FastAPI(title=predictor.problem_type.title, version="1")

    def authorize(authorization: Annotated[str, Header()] = "") -> None:
        if token is not None and not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "Send the header Authorization: Bearer TOKEN.")

    @app.get("/health")
    def health() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/about", dependencies=[Depends(authorize)])
    def about() -> About:
        kind = predictor.problem_type.media_kind
        return About(
            problem_type=predictor.problem_type.id,
            labels=list(predictor.recipe.target.labels),
            input=f"the bytes of an {kind}" if kind else "a JSON object of column names and values",
        )

    if predictor.problem_type.media_role is not None:

        @app.post("/predict", dependencies=[Depends(authorize)], openapi_extra=BINARY_BODY)
        async def predict_file(request: Request) -> Prediction:
            data = await _body(request)
            return await run_in_threadpool(_predict_bytes, predictor, answering, data)

    else:

        @app.post("/predict", dependencies=[Depends(authorize)])
        def predict_row(row: Annotated[dict[str, Cell], Body()]) -> Prediction:
            return _predict_row(predictor, answering, dict(row), folder)

    return app


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY_BYTES:
            raise HTTPException(413, f"At most {MAX_BODY_BYTES >> 20} MiB.")
    return bytes(data)


def _predict_bytes(predictor: Predictor, answering: threading.Lock, data: bytes) -> Prediction:
    role = predictor.problem_type.media_role
    column = str(predictor.settings.value(f"dataset.{role}"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sample").write_bytes(data)
        return _predict_row(predictor, answering, {column: "sample"}, Path(folder))


def _predict_row(predictor: Predictor, answering: threading.Lock, row: dict[str, Any], media: Path) -> Prediction:
    """One sample at a time: torch already uses every core for it."""
    try:
        with answering:
            scored = predictor.predict(pd.DataFrame([{ROW: 1, **row}]), Media(media))
            view = next(predictor.recipe.sample_rows(scored, Media(media))).view
            columns = predictor.recipe.columns(scored).iloc[0]
    except StudioError as error:
        raise HTTPException(422, f"{error.message} {error.hint}".strip()) from error
    return Prediction(
        prediction=view.prediction,
        columns={str(name): _plain(value) for name, value in columns.items()},
        texts=view.texts,
        neighbours=view.neighbours,
    )


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
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args(arguments)
    token = os.environ.get(TOKEN_VARIABLE) or None
    if chosen.host not in LOOPBACK and token is None:
        sys.stderr.write(f"Set {TOKEN_VARIABLE} to serve beyond this machine.\n")
        return 2
    try:
        app = make_app(folder, token)
    except StudioError as error:
        sys.stderr.write(f"{error.message} {error.hint}".strip() + "\n")
        return 1
    uvicorn.run(app, host=chosen.host, port=chosen.port, log_level="info")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv[1:]))
