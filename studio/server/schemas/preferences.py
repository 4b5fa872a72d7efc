"""What a person prefers, kept on the server."""

from typing import Literal

from studio.server.schemas.payload import Payload


class Preferences(Payload):
    """Known preferences; what is absent in a change stays."""

    level: Literal["novice", "skilled", "expert", "master"] = "novice"
    theme: Literal["system", "light", "dark"] = "system"
    density: Literal["comfortable", "compact"] = "comfortable"
    first_steps_done: bool = False
    experiment_columns: list[str] = []
    smoothing: float = 0.0
    notifications: bool = False
