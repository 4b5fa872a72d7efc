"""Runs over speech encoders keep what the contract asks of every model: they overfit, resume, and score without us."""

from pathlib import Path

import pytest

from studio.settings.sections.networks.wav2vec2 import SCRATCH_WAV2VEC2
from studio.settings.sections.networks.whisper import SCRATCH_WHISPER
from tests.problems import test_contract, test_resume
from tests.support.finished_runs import Finished, finish_run
from tests.support.scorer import Scorer

RUNS = [("audio_classification", SCRATCH_WHISPER), ("audio_regression", SCRATCH_WAV2VEC2)]


@pytest.fixture(scope="module", params=RUNS, ids=["whisper", "wav2vec2"])
def speech_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A finished run over a small encoder that nothing is downloaded for."""
    kind, backbone = request.param
    return finish_run(kind, None, tmp_path_factory.mktemp(kind), {"architecture.backbone": backbone})


def test_one_batch_is_overfitted(speech_run: Finished) -> None:
    test_contract.test_one_batch_is_overfitted(speech_run)


def test_the_pipeline_repeats_the_run_with_the_servers_packages_blocked(
    speech_run: Finished, scorer: Scorer, tmp_path: Path
) -> None:
    test_contract.test_the_pipeline_repeats_the_run_with_the_servers_packages_blocked(speech_run, scorer, tmp_path)


def test_a_stopped_run_resumes_to_the_same_bits(
    speech_run: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_resume.test_a_stopped_run_resumes_to_the_same_bits(speech_run, tmp_path, monkeypatch)
