"""Settings files, good and bad: rows E112 to E128 of the bad input catalogue, and B50 and B58."""

import time
from pathlib import Path
from typing import Any

import pytest

from studio.configuration.yaml_config import LoadedConfig, dump_config, load_config
from studio.errors import YamlError
from studio.problems.registry import problem_types
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import network_key, pretrained_key
from studio.settings.yaml_text import MAX_DEPTH, read_yaml

SCHEMAS = [model.settings for kind in problem_types().values() for model in kind.model_types]
HEAD = "schema_version: 1\nproblem_type: image_classification\nmodel_type: null\n"


def load(body: str) -> LoadedConfig:
    return load_config(HEAD + body)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_settings_survive_a_round_trip(schema: type[SettingsSchema]) -> None:
    settings = schema().replaced(
        {"training.learning_rate": 1e-5, "training.epochs": 0, "general.experiment_name": "yes: no # 1e3"}
    )
    grid = {"training.learning_rate": [1e-4, 3e-4], pretrained_key(network_key(schema.fields())): [True, False]}

    loaded = load_config(dump_config(settings, grid))

    assert loaded.findings == ()
    assert loaded.settings == settings.flat()
    assert loaded.grid == grid
    assert schema.from_mapping(loaded.settings) == settings


def test_an_unknown_key_has_its_line_and_the_nearest_name() -> None:
    finding = load("training:\n  epochs: 3\n  lerning_rate: 0.1\n").findings[0]

    assert (finding.path, finding.line) == ("training.lerning_rate", 6)
    assert "learning_rate" in finding.fix


def test_a_duplicate_key_names_both_lines() -> None:
    finding = load("training:\n  epochs: 3\n  epochs: 4\n").findings[0]

    assert "lines 5 and 6" in finding.message
    assert finding.line == 6


@pytest.mark.parametrize("text", ["1e-4", "1.0e-4", "0.0001", ".0001", "1E-4"])
def test_every_spelling_of_a_number_is_a_number(text: str) -> None:
    assert load(f"training:\n  learning_rate: {text}\n").settings["training.learning_rate"] == 1e-4


@pytest.mark.parametrize("text", ["no", "off", "yes", "y", "010", "0o10", "12:30:45", "1_000", "2026-11-22", "NaN"])
def test_words_of_yaml_1_1_are_not_turned_into_other_values(text: str) -> None:
    loaded = load(f"experiment_name: {text}\n")

    assert loaded.findings == ()
    assert loaded.settings["general.experiment_name"] == text


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("training:\n  learning_rate: .nan\n", "training.learning_rate"),
        ("training:\n  learning_rate: true\n", "training.learning_rate"),
        ('training:\n  epochs: "3"\n', "training.epochs"),
        ("training:\n  epochs: 3.5\n", "training.epochs"),
        ("training:\n  epochs: null\n", "training.epochs"),
        ("training:\n  epochs: -1\n", "training.epochs"),
        ("training: 3\n", "training"),
        ("image:\n  image_width: 0\n", "image.image_width"),
        ("architecture:\n  neptune_api_token: abc\n", "architecture.neptune_api_token"),
        ("data_dir: x\n", "data_dir"),
        ("trust_remote_code: true\n", "trust_remote_code"),
        ("grid: [1]\n", "grid"),
        ("grid:\n  training.epochs: []\n", "training.epochs"),
        ("grid:\n  training.learning_rate: [0.1, .nan]\n", "training.learning_rate"),
        ("grid:\n  training.drop_last_batch: [true, false]\n", "training.drop_last_batch"),
    ],
)
def test_a_bad_value_is_a_finding_at_its_path(body: str, path: str) -> None:
    assert path in {finding.path for finding in load(body).findings}


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ("schema_version: 2\nproblem_type: image_classification\n", "schema_version"),
        ("schema_version: one\nproblem_type: image_classification\n", "schema_version"),
        ("schema_version: 1\n", "problem_type"),
        ("schema_version: 1\nproblem_type: image_clasification\n", "problem_type"),
        ("schema_version: 1\nproblem_type: image_object_detection\nmodel_type: yolo\n", "model_type"),
    ],
)
def test_other_versions_and_problem_types_are_refused(head: str, path: str) -> None:
    finding = load_config(head).findings[0]

    assert finding.path == path
    assert finding.expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b\n",
        "a: 1\n---\nb: 2\n",
        "a:\n\tb: 1\n",
        "a: 1\n  b: 2\n",
        "a: &x [*x]\n",
        b"\xff\xfea\x00:\x00 \x001\x00",
        b"a: \x00\x01",
        "a: " + "b" * 300_000,
        "a: [" * 40,
        "a: '",
        "{",
        "!!python/object/apply:os.system ['true']",
        "a: !!python/object/new:type [1]",
        "a: !include /etc/hostname",
        "a: !ENV HOME",
        "? [1, 2]\n: 3\n",
        "a: 1e999",
        "a: {" * 100 + "}" * 100,
    ],
    ids=lambda text: repr(text)[:30],
)
def test_text_that_is_no_plain_mapping_is_one_finding(text: Any) -> None:
    loaded = load_config(text)

    assert loaded.settings == {}
    assert len(loaded.findings) == 1
    assert loaded.findings[0].fix


@pytest.mark.parametrize("opener", ["- ", "[", "? ", "{a: ", "- - ", "{a: [", "-\n", "? - "])
@pytest.mark.parametrize("before", ["", "a: 1\nb: ", "a: &x 1\n---\n"])
def test_a_deep_text_is_refused_with_its_line_before_anything_recurses(opener: str, before: str) -> None:
    """The composer of PyYAML recurses in C: such a text ended the process by a signal."""
    loaded = load_config(before + opener * 30_000)

    assert loaded.settings == {}
    assert len(loaded.findings) == 1
    assert loaded.findings[0].line


def test_the_stated_depth_is_read_and_one_more_is_not() -> None:
    def nested(depth: int) -> str:
        return "a: " + "[" * (depth - 1) + "]" * (depth - 1)

    assert read_yaml(nested(MAX_DEPTH)).values
    with pytest.raises(YamlError, match=f"more than {MAX_DEPTH} deep"):
        read_yaml(nested(MAX_DEPTH + 1))


def test_yaml_tags_run_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "pwned"

    load_config(f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{mark}']]")
    load(f"experiment_name: !!python/object/apply:os.system ['touch {mark}']\n")

    assert not mark.exists()


def test_an_alias_bomb_is_refused_without_being_expanded() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for previous, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join(['*' + previous] * 9)}]")
    started = time.perf_counter()

    loaded = load_config("\n".join(lines))

    assert "too many" in loaded.findings[0].message
    assert time.perf_counter() - started < 5


def test_a_large_file_without_aliases_is_read() -> None:
    body = "".join(f"# line {number} of a long comment that fills the file\n" for number in range(4000))

    assert load(body).findings == ()


def test_a_byte_order_mark_is_read_over() -> None:
    assert load_config(b"\xef\xbb\xbf" + HEAD.encode()).findings == ()


CONFIGS = sorted((Path(__file__).parents[3] / "shared" / "data" / "hydrogen_torch_configs").glob("*.yaml"))


@pytest.mark.skipif(not CONFIGS, reason="the real configuration files are not beside this repository")
def test_every_real_hydrogen_torch_file_is_recognised() -> None:
    for path in CONFIGS:
        assert load_config(path.read_bytes()).problem_type == path.name.split("__")[0], path.name


@pytest.mark.skipif(not CONFIGS, reason="the real configuration files are not beside this repository")
@pytest.mark.parametrize(
    "path", [one for one in CONFIGS if one.name.split("__")[0] in problem_types()], ids=lambda p: p.stem
)
def test_no_key_of_a_real_file_is_dropped_in_silence(path: Path) -> None:
    import yaml

    given = {
        name if name == "experiment_name" else f"{name}.{inner}"
        for name, values in yaml.safe_load(path.read_text()).items()
        for inner in (values if isinstance(values, dict) else [name])
    }

    loaded = load_config(path.read_bytes())

    named = (
        set(loaded.taken)
        | {one.key for one in loaded.not_applicable}
        | {one.source.split(":")[0] for one in loaded.translated}
        | {finding.path for finding in loaded.findings}
        | ({"experiment_name"} if loaded.settings.get("general.experiment_name") else set())
    )
    assert given - named == set()
    assert not [finding for finding in loaded.findings if finding.blocks]


PATHS = {"train_dataframe", "validation_dataframe", "test_dataframe", "data_folder", "data_folder_test"}


@pytest.mark.skipif(not CONFIGS, reason="the real configuration files are not beside this repository")
@pytest.mark.parametrize(
    "path", [one for one in CONFIGS if one.name.split("__")[0] in problem_types()], ids=lambda p: p.stem
)
def test_only_paths_and_devices_of_a_real_file_do_not_apply(path: Path) -> None:
    import yaml

    loaded = load_config(path.read_bytes())

    assert {one.key for one in loaded.not_applicable} <= {"environment.gpus"} | {f"dataset.{name}" for name in PATHS}
    assert loaded.findings == ()
    kept = {f"{section}.{name}": value for section, values in yaml.safe_load(path.read_text()).items()
            if isinstance(values, dict) for name, value in values.items()}  # fmt: skip
    for key in ("architecture.backbone", "training.learning_rate", "prediction.metric", "dataset.label_columns"):
        assert loaded.settings.get(key) == kept.get(key), key


@pytest.mark.parametrize("ratios", ["[{a: 1}]", "[null1.0]", "[[1]]", "['0.5', x]"])
def test_numbers_of_an_older_file_that_are_none_are_found(ratios: str) -> None:
    """Found by fuzzing: they were an error of the server."""
    text = f"architecture:\n  anchor_aspect_ratios: {ratios}\ndataset:\n  x_min_column: a\n"

    loaded = load_config(text)

    assert loaded.problem_type in ("", *problem_types())
    assert loaded.findings
