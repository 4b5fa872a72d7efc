"""create_app: the studio of one home as an ASGI app, guarded from the outside."""

import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from studio.failpoints import failpoint
from studio.files import disk_free_bytes
from studio.isolation import is_done_without
from studio.machine import gpus, usable_cores
from studio.runs.hang_timeout import VARIABLE as HANG_VARIABLE
from studio.scheduling.decide import Slots
from studio.scheduling.executors.executor import Executor
from studio.scheduling.executors.fake import FakeExecutor
from studio.scheduling.executors.local import LocalExecutor
from studio.scheduling.hub import Hub
from studio.scheduling.launcher import State, WarmLauncher, launcher_environment
from studio.scheduling.scheduler import Scheduler
from studio.server import errors, web
from studio.server.auth import Sessions
from studio.server.config import ServerConfig
from studio.server.guard import Guard
from studio.server.home_lock import HomeLock
from studio.server.lanes import Lanes
from studio.server.openapi import operation_id
from studio.server.routes.all import api_router
from studio.server.services.catalogue import Catalogue
from studio.server.services.datasets import Datasets
from studio.server.services.experiments import Experiments
from studio.server.services.home_notices import HomeNotices
from studio.server.services.importing.examples import Examples
from studio.server.services.importing.imports import Imports
from studio.server.services.importing.uploads import Uploads
from studio.server.services.inference.online_inference import ANSWER_SECONDS, OnlineInference
from studio.server.services.inference.predictions import Predictions
from studio.server.services.inference.previews import PREVIEW_SECONDS, Previews
from studio.server.services.machine import MachineService
from studio.server.services.models import Models
from studio.server.services.planning import Planner
from studio.server.services.runs import Runs
from studio.server.services.secrets import Secrets
from studio.server.services.storage import Storage
from studio.server.services.viewing.live import Live
from studio.server.services.weights import Weights
from studio.server.services.yaml_starts import YamlStarts
from studio.server.studio import Studio
from studio.server.version import studio_version
from studio.store.copies import keep_daily_copy
from studio.store.home import Home
from studio.store.store import Store

logger = logging.getLogger(__name__)
GZIP_BYTES = 1024


def build_studio(config: ServerConfig, token: str, executor: Executor | None = None) -> Studio:
    """Open the home and build its services; nothing runs before `start_studio`."""
    home = Home.create(config.home)
    keep_ballast(home, config.ballast_bytes)
    store = Store.open(home)
    # Workers are told by these names also what was given as an option.
    environment = {
        **os.environ,
        "STUDIO_WEIGHTS": str(home.weights),
        "STUDIO_SPEEDS": str(home.speeds),
        "STUDIO_RESERVE_MB": str(config.reserve_bytes >> 20),
        HANG_VARIABLE: str(config.hang_seconds),
    }
    launcher = None
    if executor is None and config.executor == "local" and config.is_warm:
        launcher = WarmLauncher(home.launcher_socket, launcher_environment(environment, usable_cores()))
    if executor is None:
        executor = _executor(config, environment, launcher)
    hub = Hub()
    live = Live(store, hub)
    secrets = Secrets(home.secrets)
    scheduler = Scheduler(
        home,
        store,
        executor,
        lambda: slots_of(config, home),
        live,
        secrets=secrets.get,
        hang_seconds=config.hang_seconds,
    )
    weights = Weights(home.weights)
    models = Models(home, store)
    planner = Planner(home, store, weights, models)
    catalogue = Catalogue(home, planner)
    lanes = Lanes()
    uploads = Uploads(home, store, config.reserve_bytes, lanes["uploads"])
    datasets = Datasets(home, store, hub)
    datasets.scheduler = scheduler
    imports = Imports(home, store, uploads, datasets, config.import_roots)
    runs = Runs(home, store, models, scheduler.stop_stage)
    previews = Previews(home, planner, executor, min(PREVIEW_SECONDS, config.hang_seconds))
    experiments = Experiments(home, store, hub, scheduler, executor, planner, runs, models, secrets, previews)
    predictions = Predictions(home, store, hub, scheduler, models, imports)
    live.connect(runs, experiments, datasets, predictions, imports)

    def launcher_state() -> State:
        return launcher.state if launcher is not None else "off"

    return Studio(
        config=config,
        home=home,
        store=store,
        hub=hub,
        scheduler=scheduler,
        executor=executor,
        launcher=launcher,
        sessions=Sessions(token, config.port, home.sessions),
        catalogue=catalogue,
        uploads=uploads,
        imports=imports,
        datasets=datasets,
        examples=Examples(home, store, imports, datasets),
        experiments=experiments,
        yaml_starts=YamlStarts(catalogue, experiments),
        runs=runs,
        predictions=predictions,
        previews=previews,
        answers=OnlineInference(home, store, runs, models, executor, min(ANSWER_SECONDS, config.hang_seconds)),
        machine=MachineService(home, store, weights, launcher_state),
        storage=Storage(home, store),
        lanes=lanes,
        notices=HomeNotices(home, store, config.reserve_bytes),
        started=time.time(),
    )


def start_studio(studio: Studio) -> None:
    """Finish what a crash cut off, then begin to schedule. Only without a scheduler there is no start."""
    for notice in studio.notices.now():
        logger.warning(notice.message)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("finishing deletions of experiments", studio.experiments.recover),
        ("recovering datasets", studio.datasets.recover),
        ("recovering predictions", studio.predictions.recover),
        ("recovering imports", studio.imports.recover),
        ("removing old uploads", studio.uploads.start),
    ]
    if not studio.config.is_embedded:
        copy = partial(keep_daily_copy, studio.home.database, studio.home.backups)
        steps.insert(0, ("copying the database", copy))
    if studio.launcher is not None:
        steps.append(("starting the warm launcher", studio.launcher.start))
    failed = [what for what, step in steps if not is_done_without(what, step)]
    studio.notices.tell_left_out(failed)
    failpoint("start")
    studio.scheduler.start()


def stop_studio(studio: Studio) -> None:
    """Leave; workers go on. No step that fails keeps the next one from its turn."""
    parts = (studio.hub, studio.uploads, studio.imports, studio.answers, studio.executor, studio.store)
    is_done_without("stopping the scheduler", studio.scheduler.stop)
    for part in parts:
        is_done_without(f"closing {type(part).__name__}", part.close)


def create_app(studio: Studio) -> ASGIApp:
    """The guarded app of a studio. Its lifespan starts and stops the studio."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            start_studio(studio)
        except Exception as error:
            studio.start_error = error
            logger.exception("The studio could not start.")
            stop_studio(studio)
            raise
        try:
            yield
        finally:
            stop_studio(studio)

    app = FastAPI(
        title="Deepstudio",
        version=studio_version(),
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.studio = studio
    errors.install(app)
    app.include_router(api_router())
    web.install(app, studio.config.web)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_BYTES, compresslevel=5)
    return Guard(
        app,
        studio.sessions,
        ports=frozenset(filter(None, (studio.config.port, studio.config.page_port))),
        version=studio_version(),
        is_embedded=studio.config.is_embedded,
    )


def _executor(config: ServerConfig, environment: Mapping[str, str], launcher: WarmLauncher | None) -> Executor:
    if config.executor == "fake":
        return FakeExecutor(pause_seconds=0.05)
    return LocalExecutor(environment, launcher)


def slots_of(config: ServerConfig, home: Home) -> Slots:
    """What may run at the same time, here and now."""
    return Slots(
        gpus=tuple(gpu.index for gpu in gpus()),
        cpu_runs=config.cpu_runs,
        is_disk_low=disk_free_bytes(home.path) < config.reserve_bytes,
    )


def keep_ballast(home: Home, size_bytes: int) -> None:
    """Hold some space back: on a disk that is completely full not even the database can be opened."""
    free = disk_free_bytes(home.path)
    if home.ballast.exists():
        if free < size_bytes // 4:
            logger.warning("The disk is full: the %d MB kept back are given free.", size_bytes >> 20)
            with suppress(OSError):
                home.ballast.unlink(missing_ok=True)
    elif free >= 4 * size_bytes > 0:
        try:
            with home.ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size_bytes)
        except OSError:
            home.ballast.unlink(missing_ok=True)


def take_home(config: ServerConfig) -> HomeLock:
    """The lock of a home, held until it is released. A command that serves the home hands it over.

    Raises:
        HomeInUseError: if another server has it.
        HomeError: if the place cannot be a home.
    """
    config.check()
    lock = HomeLock(Home.create(Path(config.home)))
    lock.take_over()
    return lock
