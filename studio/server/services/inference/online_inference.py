"""Answers: one sample at once, from a worker that keeps the model loaded and listens on a socket."""

import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect

from studio.datasets.dataset import preview_name
from studio.datasets.media.registry import media_reader
from studio.datasets.uploads.file_kinds import HEAD_BYTES
from studio.errors import StudioError
from studio.files import private_folder, resolve_file, write_json
from studio.machine import usable_cores
from studio.problems.registry import problem_type
from studio.runs.folder import RunFolder
from studio.runs.spec import PredictOrder, RunSpec, WorkerKind
from studio.scheduling.ad_hoc_workers import UnscheduledWorker
from studio.scheduling.executors.executor import Executor
from studio.scheduling.launcher import connect_unix
from studio.server.json_body import judge
from studio.server.lanes import Lane, TooManyError, Turns
from studio.server.raw_body import pieces
from studio.server.schemas.runs import Answer
from studio.server.services.models import Models
from studio.server.services.runs import Runs
from studio.server.services.shown_files import MediaSize, shown_file
from studio.settings.finding import Finding, FindingsError
from studio.store.home import Home
from studio.store.ids import new_id
from studio.store.store import Store

MAX_SAMPLE_BYTES = 64 << 20
START_SECONDS = 120.0
ANSWER_SECONDS = 120.0
WAITING_QUESTIONS = 64
"""For one model; the next one is refused."""
ANSWER_THREADS = 8
"""Models that are asked at the same time."""
MAX_WAITING_BYTES = 256 << 20
"""Of all samples that wait."""
KEPT_ANSWERS = 2 * WAITING_QUESTIONS
"""Files, so that whoever waited longest still finds the picture of the answer."""
KEPT_BYTES = 1 << 30
HasLeft = Callable[[], Awaitable[bool]]
ASK_AGAIN = "Try again: the model is then loaded again. Details are at the end of the worker's log."


class InferenceError(StudioError):
    """The model could not answer."""

    code = "answer"


class SampleRefusedError(FindingsError):
    """The model cannot read this sample, for these reasons."""

    code = "answer"


class _Memory:
    """The bytes of samples that wait, counted together."""

    def __init__(self) -> None:
        self.used = 0

    @contextmanager
    def share(self) -> Iterator["_Share"]:
        """The bytes of one sample; given back at the end."""
        share = _Share(self)
        try:
            yield share
        finally:
            self.used -= len(share.data)


class _Share:
    def __init__(self, memory: _Memory) -> None:
        self._memory = memory
        self.data = bytearray()

    def add(self, piece: bytes) -> None:
        """Take one more piece.

        Raises:
            AnswerError: if the sample is too large.
            TooManyError: if all that wait are.
        """
        if len(self.data) + len(piece) > MAX_SAMPLE_BYTES:
            raise InferenceError(f"A sample has at most {MAX_SAMPLE_BYTES >> 20} MiB.", hint="Send a smaller one.")
        if self._memory.used + len(piece) > MAX_WAITING_BYTES:
            raise TooManyError("an answer about large samples")
        self._memory.used += len(piece)
        self.data += piece


class OnlineInference:
    """Answer workers, one a model, started when first asked; they end by themselves."""

    def __init__(
        self,
        home: Home,
        store: Store,
        runs: Runs,
        models: Models,
        executor: Executor,
        patience_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._home = home
        self._store = store
        self._runs = runs
        self._models = models
        self._executor = executor
        self._patience_seconds = patience_seconds
        self._turns = Turns("an answer of this model", WAITING_QUESTIONS)
        self._lane = Lane("an answer", ANSWER_THREADS, ANSWER_THREADS * WAITING_QUESTIONS)
        self._memory = _Memory()

    async def answer(
        self,
        run_id: str,
        content_type: str,
        chunks: AsyncIterator[bytes],
        has_left: HasLeft,
        *,
        interprets: bool = False,
    ) -> Answer:
        """What the model of a run says about one sample; on request, with what explains it.

        Raises:
            TooManyError: if too many wait for this model, or hold too much memory while they wait.
        """
        with self._turns.place(run_id), self._memory.share() as share:
            async for chunk in pieces(chunks):
                share.add(chunk)
            return await self._in_turn(
                run_id, has_left, lambda: self._answer(run_id, content_type, share.data, interprets)
            )

    async def explain(self, run_id: str, split: str, row: int, has_left: HasLeft) -> Answer:
        """A sample that the run has predicted, with what explains the prediction."""
        question = {"row": row, "split": split, "interpret": True}
        with self._turns.place(run_id):
            return await self._in_turn(run_id, has_left, lambda: self._asked(run_id, self._ready(run_id), question))

    async def _in_turn(self, run_id: str, has_left: HasLeft, work: Callable[[], Answer]) -> Answer:
        """One question a model at a time; those that wait hold no thread, and those that left are not asked."""
        async with self._turns.turn(run_id):
            if await has_left():
                raise ClientDisconnect
            return await self._lane.run(work)

    def media(self, run_id: str, path: str, size: MediaSize) -> Path:
        """A sample that was asked about, or a picture of it."""
        self._runs.get(run_id)
        answers = self._home.worker_folder(WorkerKind.ONLINE_INFERENCE, run_id) / "answers"
        return shown_file(resolve_file(answers, path), answers / preview_name(path), size)

    def close(self) -> None:
        """Ask every answer worker to end: without a server nobody asks them."""
        for path in (self._home.path / "answers").iterdir():
            folder = RunFolder(path)
            if self._executor.is_alive(folder):
                folder.stop.touch()

    def _ready(self, run_id: str) -> RunFolder:
        """The answer worker's folder of a run that has a model."""
        self._models.of_run(run_id)
        return self._folder(run_id)

    def _answer(self, run_id: str, content_type: str, data: bytearray, interprets: bool) -> Answer:
        folder = self._ready(run_id)
        name = self._keep(run_id, folder, content_type, data)
        return self._asked(run_id, folder, {"path": f"answers/{name}", "interpret": interprets})

    def _asked(self, run_id: str, folder: RunFolder, question: Mapping[str, Any]) -> Answer:
        try:
            self._ensure_worker(run_id, folder)
            found = self._ask(folder, question)
        except (InferenceError, FileNotFoundError) as error:
            self._models.of_run(run_id)  # deleted while it was asked: that is what its caller is told
            if isinstance(error, InferenceError):
                raise
            raise InferenceError("The folder for online inference is missing.", hint=ASK_AGAIN) from error
        try:
            return Answer.model_validate({"sample": found["sample"], "seconds": found.get("seconds")})
        except ValueError as error:
            raise InferenceError("The model's prediction cannot be read.", hint=ASK_AGAIN) from error

    def _folder(self, run_id: str) -> RunFolder:
        folder = RunFolder.create(self._home.worker_folder(WorkerKind.ONLINE_INFERENCE, run_id))
        private_folder(folder.path / "answers")
        return folder

    def _keep(self, run_id: str, folder: RunFolder, content_type: str, data: bytearray) -> str:
        """Write the sample where the worker may read it, under a name of ours."""
        answers = folder.path / "answers"
        kept, size = 0, 0
        for file in sorted(answers.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
            kept, size = kept + 1, size + file.stat().st_size
            if kept > KEPT_ANSWERS or size > KEPT_BYTES:
                file.unlink(missing_ok=True)
        if content_type.partition(";")[0].strip() == "application/json":
            refusal = judge(bytes(data))
            if refusal is not None:
                raise InferenceError(refusal.message, hint="Send a JSON object of column names and values, in UTF-8.")
            name = f"{new_id('sample')}.json"
        else:
            name = f"{new_id('sample')}.{self._ending(run_id, bytes(data[:HEAD_BYTES]))}"
        (answers / name).write_bytes(data)
        return name

    def _ending(self, run_id: str, head: bytes) -> str:
        """The ending of a file that begins so, of the medium that a run's model reads."""
        medium = problem_type(self._store.runs.get(run_id).spec.problem_type).medium
        if medium is None:
            raise InferenceError("This model takes a row, not a file.", hint="Send JSON.")
        reader = media_reader(medium)
        ending = reader.suffix_of(head)
        if ending is None:
            raise InferenceError(f"This file is not {reader.noun} that can be read.", hint=f"Send {reader.kinds}.")
        return ending

    def _ensure_worker(self, run_id: str, folder: RunFolder) -> None:
        if self._executor.is_alive(folder) and folder.inference_socket.exists():
            return
        model = self._store.runs.get(run_id)
        previous = RunSpec.read(folder.path).fence if (folder.path / "spec.json").is_file() else 0
        spec = RunSpec(
            kind=WorkerKind.ONLINE_INFERENCE,
            run_id=run_id,
            fence=previous + 1,
            attempt=previous + 1,
            problem_type=model.spec.problem_type,
            model_type=model.spec.model_type,
            settings=model.spec.settings,
            threads=max(1, usable_cores() // 2),
            predict=PredictOrder(bundle=os.path.relpath(self._runs.folder(run_id).bundle, folder.path)),
        )
        folder.stop.unlink(missing_ok=True)
        folder.inference_socket.unlink(missing_ok=True)
        write_json(folder.path / "spec.json", spec.model_dump(mode="json"))
        worker = UnscheduledWorker(self._executor, folder)
        self._executor.launch(folder, spec)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                connect_unix(folder.inference_socket, 1.0).close()
                return
            except OSError:
                if self._executor.exit_code(folder) is not None:
                    break
                time.sleep(0.1)
        ending = worker.ending()
        worker.end()
        why = f": {ending.reason}" if ending else f" within {START_SECONDS:.0f} s"
        raise InferenceError(f"The model could not be loaded for online inference{why}.", hint=ASK_AGAIN)

    def _ask(self, folder: RunFolder, question: Mapping[str, Any]) -> dict[str, Any]:
        worker = UnscheduledWorker(self._executor, folder)
        try:
            with connect_unix(folder.inference_socket, self._patience_seconds) as connection:
                connection.sendall(json.dumps(question).encode() + b"\n")
                answer = json.loads(connection.makefile("rb").readline())
        except TimeoutError as error:
            worker.end()
            raise InferenceError(
                f"The prediction took longer than {self._patience_seconds:.0f} s, and was ended.", hint=ASK_AGAIN
            ) from error
        except (OSError, ValueError) as error:
            ending = worker.ending()
            worker.end()
            why = f": {ending.reason}" if ending else ""
            raise InferenceError(f"The prediction failed{why}.", hint=ASK_AGAIN) from error
        if "sample" not in answer:
            told = answer.get("error") or {}
            if isinstance(told, dict) and told.get("findings"):
                raise SampleRefusedError([Finding.model_validate(one) for one in told["findings"]])
            message = told.get("message") if isinstance(told, dict) else str(told)
            raise InferenceError(message or "The model could not read this sample.", hint="Try another one.")
        found: dict[str, Any] = answer
        return found
