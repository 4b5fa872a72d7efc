"""What a worker refuses, it refuses with every finding, and every finding reaches who asked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.runs import events
from studio.runs.spec import RunSpec
from studio.settings.finding import Finding, FindingLevel, FindingsError
from studio.training.failures.failures import failed_event

LEVELS = (FindingLevel.ERROR, FindingLevel.ERROR, FindingLevel.WARNING)
FINDINGS = tuple(
    Finding(
        level=level,
        code=f"code_{number}",
        path=f"new.csv: column {number}",
        message=f"Column {number} is odd.",
        found=f"{number} odd cells",
        expected="even cells",
        fix="Even them out.",
        rows=(1, 2),
        examples=("a",),
    )
    for number, level in enumerate(LEVELS, start=1)
)


def test_a_refused_inspection_tells_every_finding_and_not_the_first_alone(server: Any, tmp_path: Path) -> None:
    rows = "".join(f"text number {number} of some,good\n   ,bad\n" for number in range(6))

    (tmp_path / "train.csv").write_text(f"text,label\n{rows}")
    server.studio.imports.allow(tmp_path)
    draft = server.api.post("/api/imports", json={"path": str(tmp_path / "train.csv")}).json()
    server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})
    roles = {"text_column": "text", "label_columns": ["label"]}
    choices = {"problem_type": "text_classification", "roles": roles}
    server.api.post(f"/api/imports/{draft['id']}/check", json={"choices": choices})
    draft = server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})
    body = {"name": "refused", "choices": draft["choices"]}

    made = server.api.post(f"/api/imports/{draft['id']}/finish", json=body).json()
    dataset = server.wait(f"/api/datasets/{made['id']}", {"ready", "failed"})

    findings = server.api.get(f"/api/datasets/{dataset['id']}/findings").json()
    levels = [finding["level"] for finding in findings]
    assert dataset["state"] == "failed"
    assert "error" in levels
    assert len(findings) > 1, findings
    assert dataset["findings_count"]["error"] == levels.count("error")
    assert dataset["error"]["findings"] == findings
    first = next(finding for finding in findings if finding["level"] == "error")
    assert all(first[part] for part in ("path", "message", "found", "expected", "fix"))


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_failure_of_any_worker_carries_its_findings(wrapped: bool) -> None:
    error: BaseException = FindingsError(FINDINGS)
    if wrapped:
        outer = RuntimeError("A data worker failed.")
        outer.__cause__ = error
        error = outer

    event = failed_event(error)

    assert events.Failed.model_validate_json(event.model_dump_json()).findings == FINDINGS


def test_a_refused_run_and_prediction_show_every_finding(make_server: Any) -> None:
    def refuse(_spec: RunSpec) -> Iterator[Any]:
        yield events.Started(pid=0)
        yield failed_event(FindingsError(FINDINGS))

    server = make_server(refuse)
    made = server.api.post("/api/examples/text_classification").json()
    dataset = server.wait(f"/api/datasets/{made['id']}", {"ready"})
    document = server.api.get("/api/schema/text_classification", params={"dataset": dataset["id"]}).json()
    settings = {**document["values"], "architecture.pretrained": False, "architecture.backbone": "scratch"}
    choices = next(one for one in document["settings"] if one["key"] == "architecture.backbone")["choices"] or []
    settings["architecture.backbone"] = next((value for value, _ in choices if "scratch" in str(value)), "scratch")
    order = {"problem_type": "text_classification", "name": "refused", "settings": settings}
    begun = server.api.post("/api/experiments", json=order)
    assert begun.status_code == 201, begun.text

    [run] = server.wait("/api/experiments/refused", {"failed"})["runs"]

    expected = [json.loads(finding.model_dump_json()) for finding in FINDINGS]
    assert run["error"]["findings"] == expected
