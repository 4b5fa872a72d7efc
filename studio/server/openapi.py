"""The OpenAPI document, printed without starting anything: `python -m studio.server.openapi`."""

import json
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from studio.server.routes.all import api_router
from studio.server.schemas.errors import ErrorBody, FindingsBody
from studio.server.schemas.experiments import ExperimentRow
from studio.server.schemas.stream import MESSAGES
from studio.server.version import studio_version


def describe() -> dict[str, Any]:
    """The document: every route, and the messages of the stream as further schemas."""
    app = FastAPI(
        title="Deepstudio",
        version=studio_version(),
        generate_unique_id_function=operation_id,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(api_router())
    document = app.openapi()
    models = [(message, "serialization") for message in (*MESSAGES, ExperimentRow, ErrorBody, FindingsBody)]
    _, extra = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas = document["components"]["schemas"]
    for name, schema in extra["$defs"].items():
        schemas.setdefault(name, schema)
    _tell_errors_once(document)
    settings_file = document["paths"]["/api/experiments/{experiment_id}/yaml"]["get"]["responses"]["200"]
    settings_file["content"]["text/yaml"] = {"schema": {"type": "object"}}
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    document["paths"]["/api/health"]["get"]["security"] = []
    return _renamed(document)


def _tell_errors_once(document: dict[str, Any]) -> None:
    """Errors stand in the document once; they are JSON also where the route's own answer is a text or a file."""
    shared = {"Error": ("ErrorBody", "What did not work"), "Findings": ("FindingsBody", "Everything that is wrong")}
    document["components"]["responses"] = {
        name: {
            "description": words,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}},
        }
        for name, (body, words) in shared.items()
    }
    for methods in document["paths"].values():
        for operation in methods.values():
            for status in operation["responses"]:
                if int(status) >= 400:
                    name = "Findings" if status == "422" else "Error"
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


# Two classes of the light core have the same name; the document gives each one of its own.
_NAMES = {"studio__datasets__dataset__Table": "DatasetTable", "studio__results__insight__Table": "InsightTable"}


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(document)
    for long, short in _NAMES.items():
        text = text.replace(long, short)
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def operation_id(route: APIRoute) -> str:
    """Operation ids are the names of the route functions."""
    return route.name


if __name__ == "__main__":
    json.dump(describe(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
