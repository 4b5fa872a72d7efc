"""B130 to B159: whatever reads files of others is bounded, and a hostile one ends nothing but its own request."""

from typing import Any

import psutil
import pytest

from tests.security.black_box import BlackBox
from tests.security.test_code_by_content import order_without_name

DEEP = {"blocks": "- ", "lists": "[", "keys": "? ", "mappings": "{a: "}


@pytest.mark.parametrize("kind", DEEP)
def test_b130_a_deep_settings_file_is_a_finding(box: BlackBox, kind: str) -> None:
    """As a file, below a known key, and as a pipeline of augmentations: each ended the server by a signal."""
    deep, pid = DEEP[kind] * 30_000, box.pid

    for text in (deep, f"schema_version: 1\nproblem_type: image_classification\ntraining: {deep}"):
        reply = box.call("POST", "/api/settings/load", {"yaml": text})
        assert reply.status in (200, 422), reply.text
        assert [one for one in reply.json()["findings"] if one["level"] == "error" and one["line"]], reply.text

    assert psutil.pid_exists(pid)
    assert box.call("GET", "/api/health").status == 200


def test_b130_deep_augmentations_are_a_finding(box: BlackBox, shapes: dict[str, Any]) -> None:
    for text in DEEP.values():
        custom = {"augmentation__augmentations_strategy": "Custom"}
        custom["augmentation__custom_train_augmentations"] = text * 30_000
        order = box.order(shapes, "b130", **custom)
        checked = box.call("POST", "/api/settings/check", order_without_name(order))
        started = box.call("POST", "/api/experiments", order)
        assert (checked.status, started.status) == (200, 422), checked.text
        assert "custom_train" in started.text
    assert box.call("GET", "/api/health").status == 200
