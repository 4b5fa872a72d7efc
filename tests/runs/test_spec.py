"""The order to a worker, as a file."""

from pathlib import Path

from studio.files import write_json
from studio.runs.spec import InspectOrder, RunSpec, WorkerKind

ORDER = {
    "files": "../../imports/i/files",
    "target": "../../datasets/d",
    "name": "shapes",
    "choices": {"problem_type": "image_classification"},
    "source": "shapes.zip",
    "example_of": "",
}


def test_an_inspection_is_read_back_with_every_path_that_it_names(tmp_path: Path) -> None:
    spec = RunSpec(
        kind=WorkerKind.INSPECT,
        run_id="i",
        problem_type="image_classification",
        inspect=InspectOrder(tables="../../imports/i/converted", **ORDER),  # type: ignore[arg-type]
    )

    spec.write(tmp_path)

    assert RunSpec.read(tmp_path) == spec
    assert spec.paths() == {"files": ORDER["files"], "tables": "../../imports/i/converted", "target": ORDER["target"]}


def test_an_inspection_ordered_by_an_earlier_version_opens(tmp_path: Path) -> None:
    write_json(
        tmp_path / "spec.json",
        {"kind": "inspect", "run_id": "i", "problem_type": "image_classification", "settings": {"import": ORDER}},
    )

    spec = RunSpec.read(tmp_path)

    assert spec.settings == {}
    assert spec.inspect is not None
    assert spec.inspect.tables == ORDER["files"]
    assert spec.inspect.choices == ORDER["choices"]
