"""Studio: everything a request may reach, built once by the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

if TYPE_CHECKING:
    from studio.scheduling.executors.executor import Executor
    from studio.scheduling.hub import Hub
    from studio.scheduling.launcher import WarmLauncher
    from studio.scheduling.scheduler import Scheduler
    from studio.server.auth import Sessions
    from studio.server.config import ServerConfig
    from studio.server.lanes import Lanes
    from studio.server.services.catalogue import Catalogue
    from studio.server.services.datasets import Datasets
    from studio.server.services.experiments import Experiments
    from studio.server.services.home_notices import HomeNotices
    from studio.server.services.importing.examples import Examples
    from studio.server.services.importing.imports import Imports
    from studio.server.services.importing.uploads import Uploads
    from studio.server.services.inference.online_inference import OnlineInference
    from studio.server.services.inference.predictions import Predictions
    from studio.server.services.inference.previews import Previews
    from studio.server.services.machine import MachineService
    from studio.server.services.runs import Runs
    from studio.server.services.storage import Storage
    from studio.server.services.yaml_starts import YamlStarts
    from studio.store.home import Home
    from studio.store.store import Store


@dataclass
class Studio:
    """The services of one server."""

    config: "ServerConfig"
    home: "Home"
    store: "Store"
    hub: "Hub"
    scheduler: "Scheduler"
    executor: "Executor"
    launcher: "WarmLauncher | None"
    sessions: "Sessions"
    catalogue: "Catalogue"
    uploads: "Uploads"
    imports: "Imports"
    datasets: "Datasets"
    examples: "Examples"
    experiments: "Experiments"
    yaml_starts: "YamlStarts"
    runs: "Runs"
    predictions: "Predictions"
    answers: "OnlineInference"
    previews: "Previews"
    machine: "MachineService"
    storage: "Storage"
    notices: "HomeNotices"
    lanes: "Lanes"
    started: float
    start_error: Exception | None = None
    """Why it did not start."""


async def studio_of(request: Request) -> Studio:
    """The studio behind a request. Not in a thread, for which it would wait."""
    studio = request.app.state.studio
    assert isinstance(studio, Studio)
    return studio


StudioDep = Annotated[Studio, Depends(studio_of)]
