"""The machine, its queue, the installation, preferences."""

from fastapi import APIRouter

from studio.server.lanes import in_lane
from studio.server.schemas.machine import About, Doctor, MachineInfo, Queue, QueueOrder
from studio.server.schemas.preferences import Preferences
from studio.server.schemas.storage import CleanUp, StorageUse
from studio.server.studio import StudioDep

router = APIRouter(prefix="/api", tags=["machine"])


@router.get("/machine")
def get_machine(studio: StudioDep) -> MachineInfo:
    """What this machine has, now."""
    return studio.machine.info()


@router.get("/queue")
def get_queue(studio: StudioDep) -> Queue:
    """What runs and what waits, and why."""
    return studio.machine.queue()


@router.post("/queue/order")
def order_queue(studio: StudioDep, body: QueueOrder) -> Queue:
    """Put the waiting runs into another order."""
    studio.scheduler.order(body.run_ids)
    return studio.machine.queue()


@router.get("/storage")
@in_lane("settings")
def get_storage(studio: StudioDep) -> StorageUse:
    """What takes room on the disk, and what a clean-up would free."""
    return studio.storage.use()


@router.post("/storage/clean-up")
@in_lane("deletions")
def clean_up_storage(studio: StudioDep) -> CleanUp:
    """Drop what nothing reads any more."""
    return studio.storage.clean_up()


@router.get("/doctor")
@in_lane("settings")
def get_doctor(studio: StudioDep) -> Doctor:
    """What this installation lacks."""
    return studio.machine.doctor()


@router.get("/about")
@in_lane("settings")
def get_about(studio: StudioDep) -> About:
    """Version and licenses."""
    return studio.machine.about()


@router.get("/preferences")
def get_preferences(studio: StudioDep) -> Preferences:
    """What the person prefers."""
    return Preferences.model_validate(studio.store.preferences.get())


@router.put("/preferences")
def put_preferences(studio: StudioDep, body: Preferences) -> Preferences:
    """Change some preferences; what is absent stays."""
    return Preferences.model_validate(studio.store.preferences.put(body.model_dump(exclude_unset=True)))
