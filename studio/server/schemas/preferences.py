"""What a person prefers, kept on the server."""

from typing import Literal

from pydantic import StrictBool, StrictFloat, StrictInt

from studio.server.schemas.payload import Payload


class Preferences(Payload):
    """Known preferences; what is absent in a change stays."""

    level: Literal["novice", "skilled", "expert", "master"] = "novice"
    theme: Literal["system", "light", "dark"] = "system"
    density: Literal["comfortable", "compact"] = "comfortable"
    first_steps_done: StrictBool = False
    experiment_columns: list[str] = []
    smoothing: StrictFloat | StrictInt = 0.0
    notifications: StrictBool = False
