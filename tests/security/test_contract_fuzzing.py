"""The whole REST API against its own document: generated requests, good and bad, to every operation.

Half of the requests name things that exist, so that routes are not only met with ids of nothing.
"""

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import schemathesis.specs.openapi.checks as openapi_checks
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.security.contract_server import BASE, LEAK, TOKEN, ContractServer, contract_server
from tests.support.api_document import api_document

EXAMPLES = 40
"""The same ones each time; thousands of others are left to `make test-faults`."""
MANY_EXAMPLES = int(os.environ.get("STUDIO_FUZZ_EXAMPLES", "2000"))
STREAM = "/api/events"
"""Never ends, so it is not fuzzed here: see B82."""
CHECKS = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.ignored_auth,
]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Door:
    """The app behind the operations, which are collected before there is one."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


DOOR = Door()
SCHEMA = schemathesis.openapi.from_dict(api_document())
SCHEMA.app = DOOR
SCHEMA.config.generation.with_security_parameters = False
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations() if one.ok().path != STREAM}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractServer]:
    with contract_server(tmp_path_factory.mktemp("contract")) as one:
        DOOR.app = one.app
        yield one


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("label", OPERATIONS)
def test_b24_b59_an_operation_keeps_its_contract(server: ContractServer, label: str) -> None:
    keeps_contract(server, OPERATIONS[label], EXAMPLES)


@pytest.mark.faults
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("label", OPERATIONS)
def test_b24_b59_an_operation_keeps_its_contract_over_thousands(server: ContractServer, label: str) -> None:
    keeps_contract(server, OPERATIONS[label], MANY_EXAMPLES)


def keeps_contract(server: ContractServer, operation: Any, examples: int) -> None:
    """Half of the requests are good, half are bad; where nothing can be bad about a request, all are good."""
    ask_many(server, operation, GenerationMode.POSITIVE, examples // 2)
    try:
        ask_many(server, operation, GenerationMode.NEGATIVE, examples // 2)
    except Unsatisfiable:
        assert not operation.body
        assert all(one["in"] == "path" for one in operation.definition.raw.get("parameters", ()))


def ask_many(server: ContractServer, operation: Any, mode: GenerationMode, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), seed=st.integers(0, 2**16))
    def ask(case: Any, seed: int) -> None:
        places = [case.path_parameters]
        if mode is GenerationMode.POSITIVE:  # what is wrong with a bad request must stay in it
            places += [case.query, case.body]
        name_existing(places, server.ids, random.Random(seed))
        response = case.call(base_url=BASE, headers=HEADERS)
        assert LEAK not in response.text
        # 20 GB may well not fit on this disk, which is said with numbers: see B80.
        checks = CHECKS[1:] if response.status_code == 507 and operation.path == "/api/uploads" else CHECKS
        case.validate_response(response, checks=checks, headers=HEADERS)

    ask()


def name_existing(places: list[Any], ids: dict[str, str], chance: random.Random) -> None:
    """Put ids of things that exist into about half of the places that take one."""
    for place in places:
        if isinstance(place, dict):
            for name in ids.keys() & place.keys():
                if isinstance(place[name], str) and chance.random() < 0.5:
                    place[name] = ids[name]


def test_every_operation_of_the_document_is_fuzzed() -> None:
    methods = ("get", "post", "put", "patch", "delete")
    documented = {
        (path, method) for path, one in api_document()["paths"].items() for method in one if method in methods
    }

    assert len(OPERATIONS) == len(documented) - 1
    assert len(OPERATIONS) > 60


def test_the_document_says_that_a_credential_is_needed() -> None:
    document = api_document()

    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert [path for path, one in document["paths"].items() if one.get("get", {}).get("security") == []] == [
        "/api/health"
    ]
