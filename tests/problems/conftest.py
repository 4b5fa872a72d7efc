"""Finished runs of the examples, shared by every test of a session that looks at one."""

from collections.abc import Iterator

import pytest

from tests.support.finished_runs import Finished, finish_run
from tests.support.scorer import Scorer


@pytest.fixture(scope="session")
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The finished run of a model type; its parameter is the problem type and the model type."""
    kind_id, model_id = request.param
    return finish_run(kind_id, model_id, tmp_path_factory.mktemp(kind_id))


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    """Runs scoring pipelines."""
    scorer = Scorer()
    yield scorer
    scorer.close()
