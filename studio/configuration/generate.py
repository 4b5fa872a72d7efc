"""Writes what is made from the code: the settings reference in `docs/settings/`, the YAML files in `configs/`, and the
table of data formats in `docs/data.md`.

`python -m studio.configuration.generate [--check]`: with `--check`, says what is out of date and changes nothing.
"""

import sys
from pathlib import Path

from studio.configuration.data_formats import with_formats
from studio.configuration.reference import reference_markdown
from studio.configuration.yaml_config import dump_config
from studio.datasets.media.registry import media_reader
from studio.problems.contract import ModelType, ProblemType
from studio.problems.registry import problem_types

ROOT = Path(__file__).resolve().parents[2]
DATA = Path("docs/data.md")


def generated_files() -> dict[Path, str]:
    """Path below the repository -> text, for every generated file."""
    files: dict[Path, str] = {}
    for kind in problem_types().values():
        files[Path("docs/settings") / f"{kind.id}.md"] = reference_markdown(kind)
        for model in kind.model_types:
            name = kind.id if model is kind.model_types[0] else f"{kind.id}__{model.id}"
            files[Path("configs") / f"{name}.yaml"] = _example_config(kind, model)
    if (ROOT / DATA).is_file():
        files[DATA] = with_formats((ROOT / DATA).read_text(), problem_types().values())
    return files


def _example_config(kind: ProblemType, model: ModelType) -> str:
    """A complete file of defaults for the problem type's example dataset."""
    dataset = f"{kind.example_title.lower().replace(' ', '-')}-example"
    folder = media_reader(kind.medium).plural if kind.medium else ""
    chosen = {"general.dataset": dataset, "dataset.data_folder": folder}
    settings = model.settings.from_mapping({key: chosen[key] for key in chosen if key in model.settings.fields()})
    head = (
        f"# {kind.title}: every setting with its default.\n"
        f"# studio example {kind.id} -o example && studio dataset import example --name {dataset}\n"
        f"# studio config new {kind.id} --dataset {dataset} --suggest -o my.yaml && studio run my.yaml --wait\n"
    )
    return head + dump_config(settings)


def main(arguments: list[str]) -> int:
    """Write or check; 1 if something is out of date."""
    stale = [
        (path, text)
        for path, text in generated_files().items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text() != text
    ]
    for path, text in stale:
        print(f"{'out of date' if '--check' in arguments else 'written'}: {path}")
        if "--check" not in arguments:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text)
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
