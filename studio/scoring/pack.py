"""pack: a run's bundle as a zip that predicts anywhere: `python -m studio.scoring.pack RUN_FOLDER`.

bundle/            weights (safetensors), settings, labels, hashes        golden/   inputs with expected outputs
deepstudio-*.whl   the part of this package that scoring needs            score.py  serve.py  Dockerfile  README.md
requirements.txt   pinned, for this problem type only                     requirements-serve.txt
"""

import sys
import zipfile
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template

from studio.errors import BundleError, MissingDependencyError, StudioError
from studio.escape_control import make_output_visible
from studio.failpoints import failpoint
from studio.files import fsync_file, fsync_folder, iter_files
from studio.problems.contract import ProblemType
from studio.problems.registry import problem_type
from studio.runs.folder import RunFolder
from studio.scoring.bundle import Bundle, BundleManifest, open_bundle
from studio.scoring.wheel import Wheel, scoring_wheel

SERVE_DISTRIBUTIONS = ("fastapi", "uvicorn")
GOLDEN = "golden"
TEMPLATES = ("score.py", "serve.py", "Dockerfile")


def pack(path: Path) -> Path:
    """Write `pipeline.zip` into a finished run's folder, whole or not at all; gives its path.

    Raises:
        BundleError: if the run has no trained model.
        MissingDependencyError: if a distribution that scoring needs is not installed here, so that it cannot be pinned.
    """
    folder = RunFolder(path.resolve())
    bundle = open_bundle(folder.bundle)
    if not (folder.path / GOLDEN).is_dir():
        raise BundleError("This run has no golden samples.", hint="Run it again.")
    kind = problem_type(bundle.manifest.problem_type)
    temporary = folder.pipeline.with_suffix(".tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            _write(archive, folder, bundle, kind)
        fsync_file(temporary)
        failpoint("pipeline_before_rename")
        temporary.replace(folder.pipeline)
        fsync_folder(folder.path)
    finally:
        temporary.unlink(missing_ok=True)
    return folder.pipeline


def requirements(kind: ProblemType, wheel: Wheel) -> str:
    """The pinned distributions of a problem type's pipeline, and the wheel beside the file.

    pip looks for `--find-links` beside the file that says it, from whatever folder it is called.
    """
    pinned = (f"{name}=={_pin(name)}" for name in kind.scoring_distributions)
    return "\n".join(["--find-links .", *pinned, wheel.requirement, ""])


def _write(archive: zipfile.ZipFile, folder: RunFolder, bundle: Bundle, kind: ProblemType) -> None:
    wheel = scoring_wheel(kind)
    archive.writestr(wheel.name, wheel.data)
    archive.writestr("requirements.txt", requirements(kind, wheel))
    archive.writestr("requirements-serve.txt", "".join(f"{name}=={_pin(name)}\n" for name in SERVE_DISTRIBUTIONS))
    for part, root in (("bundle", folder.bundle), (GOLDEN, folder.path / GOLDEN)):
        for path in iter_files(root):
            # Weights and pictures do not shrink any further.
            archive.write(path, f"{part}/{path.relative_to(root).as_posix()}", zipfile.ZIP_STORED)
        failpoint("pipeline_half")
    templates = resources.files("studio.scoring") / "template"
    for name in TEMPLATES:
        archive.writestr(name, (templates / name).read_text())
    archive.writestr("README.md", readme(bundle.manifest, kind))


def readme(manifest: BundleManifest, kind: ProblemType) -> str:
    """What a pipeline says about itself, for people."""
    template = resources.files("studio.scoring") / "template" / "README.md"
    labels = [str(one) for one in manifest.target["labels"]]
    metrics = [f"{name} {value:.4g}" for name, value in manifest.metrics.items() if value is not None]
    inputs = [manifest.settings["dataset"][role.name] for role in kind.roles if role.is_required and role.in_test]
    columns = [column for one in inputs for column in ([one] if isinstance(one, str) else one)]
    return Template(template.read_text()).substitute(
        title=kind.title,
        media=" --media FOLDER" if kind.media_role else "",
        columns=", ".join(f"`{column}`" for column in columns),
        predictions=kind.prediction_columns,
        labels=(", ".join(labels[:50]) + (" ..." if len(labels) > 50 else "")) or "none",
        metrics=", ".join(metrics) or "not measured",
    )


def _pin(name: str) -> str:
    """The installed version without its local part (`2.14.1+cu130` is `2.14.1` on an index)."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError as error:
        raise MissingDependencyError(
            f"{name} is not installed, so the pipeline cannot pin it.", hint="Install the extra [server] and [scoring]."
        ) from error


def main(arguments: list[str]) -> int:
    """Pack the run in a folder; gives the exit code."""
    make_output_visible()
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m studio.scoring.pack RUN_FOLDER\n")
        return 2
    try:
        sys.stdout.write(f"{pack(Path(arguments[0]))}\n")
    except StudioError as error:
        sys.stderr.write(f"{error.message} {error.hint}".strip() + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
