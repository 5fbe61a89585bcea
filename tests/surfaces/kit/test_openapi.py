"""The OpenAPI document: complete, valid, the same each time, and true."""

from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from openapi_spec_validator import OpenAPIV31SpecValidator

from tenantry.app.web import make_app
from tenantry.surfaces.admin_api.errors import STATUS, ErrorBody
from tenantry.surfaces.kit.openapi import METHODS, document, encoded, operations
from tenantry.surfaces.kit.openapi_parts import ERROR, refusals
from tenantry.surfaces.kit.pages import PAGE_POLICY
from tenantry.surfaces.kit.services import Services

API = "/t/{tenant}/api/"
Json = dict[str, Any]


@pytest.fixture
def app(services: Services) -> Litestar:
    return make_app(services)


@pytest.fixture
def made(app: Litestar) -> Json:
    return document(app)


def each_operation(made: Json) -> list[tuple[str, Json]]:
    return [(f"{method} {path}", op) for path, item in made["paths"].items() for method, op in item.items()]


def test_the_document_is_valid(made: Json) -> None:
    problems = [
        f"{error.json_path}: {error.message}" for error in OpenAPIV31SpecValidator(made).iter_errors()
    ]
    assert problems == []


def test_every_route_of_the_api_is_in_it(app: Litestar, made: Json) -> None:
    served = {
        f"{method.lower()} {route.path_format}"
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith(API)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method in METHODS
    }
    assert len(served) > 20
    assert {name for name, _ in each_operation(made)} == served


def test_it_is_the_same_each_time_it_is_made(app: Litestar, services: Services) -> None:
    assert encoded(app) == encoded(app) == encoded(make_app(services))


def test_names_are_unique_and_paths_sorted(made: Json) -> None:
    names = [operation["operationId"] for _, operation in each_operation(made)]
    assert len(set(names)) == len(names)
    assert list(made["paths"]) == sorted(made["paths"])


def test_every_parameter_says_what_it_means(made: Json) -> None:
    silent = {
        f"{name}: {parameter['name']}"
        for name, operation in each_operation(made)
        for parameter in operation["parameters"]
        if not parameter.get("description")
    }
    assert silent == set()


def test_every_operation_tells_its_scopes_and_refusals(made: Json) -> None:
    for name, operation in each_operation(made):
        assert "Scope: `admin:" in operation["description"], name
        assert {"400", "401", "403", "404", "429", "503"} <= set(operation["responses"]), name
        assert operation["tags"][0] in {tag["name"] for tag in made["tags"]}, name
        if "requestBody" in operation:
            assert {"413", "422"} <= set(operation["responses"]), name


def test_every_post_that_answers_json_takes_an_idempotency_key(made: Json) -> None:
    for name, operation in each_operation(made):
        headers = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
        takes = "Idempotency-Key" in headers
        assert takes == (name.startswith("post ") and not name.endswith("/export")), name


def test_every_example_of_a_body_is_one_that_the_route_takes(app: Litestar, made: Json) -> None:
    for operation in operations(app):
        contract = operation.contract
        if contract.body is not None:
            body = made["paths"][operation.path][operation.method.lower()]["requestBody"]
            example = body["content"]["application/json"]["example"]
            assert msgspec.convert(example, contract.body), operation.name


def test_every_status_that_the_api_can_refuse_with_is_described_with_its_codes() -> None:
    described = {answer["content"]["application/json"]["example"]["status"] for answer in refusals().values()}
    assert described == set(STATUS.values())
    for answer in refusals().values():
        assert answer["content"]["application/json"]["example"]["code"] in answer["description"]


def test_the_schema_of_an_error_is_that_of_the_api() -> None:
    _, schemas = msgspec.json.schema_components([ErrorBody])
    own = schemas["ErrorBody"]
    assert set(ERROR["required"]) == set(own["required"])
    assert {name: kind["type"] for name, kind in ERROR["properties"].items()} == {
        name: kind["type"] for name, kind in own["properties"].items()
    }


def test_what_is_passed_on_as_stored_json_is_described_by_its_real_type(made: Json) -> None:
    roles = made["components"]["schemas"]["UserView"]["properties"]["roles"]
    assert roles == {"type": "array", "items": {"$ref": "#/components/schemas/Named"}}


def test_a_list_promises_data_and_both_blocks(made: Json) -> None:
    answer = made["paths"]["/t/{tenant}/api/v1/admin/users"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    assert set(schema["required"]) == {"data", "pagination", "meta"}
    assert schema["properties"]["meta"] == schema["properties"]["pagination"]


def test_bounds_and_defaults_stand_at_the_parameters(made: Json) -> None:
    parameters = made["paths"]["/t/{tenant}/api/v1/admin/audit-logs"]["get"]["parameters"]
    named = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert named["limit"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert named["outcome"] == {"$ref": "#/components/schemas/Outcome"}


def test_an_answer_with_a_version_promises_an_etag(made: Json) -> None:
    paths = made["paths"]
    user = paths["/t/{tenant}/api/v1/admin/users/{user_id}"]
    assert "ETag" in user["get"]["responses"]["200"]["headers"]
    assert "If-Match" in {parameter["name"] for parameter in user["put"]["parameters"]}
    assert "ETag" in paths["/t/{tenant}/api/v1/admin/settings"]["get"]["responses"]["200"]["headers"]


@pytest.mark.asyncio
async def test_the_server_gives_it_and_knows_when_the_caller_has_it(
    api: httpx.AsyncClient, made: Json
) -> None:
    answer = await api.get("http://localhost/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == made
    again = await api.get("http://localhost/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.asyncio
async def test_the_reference_page_names_no_outside_host(api: httpx.AsyncClient) -> None:
    answer = await api.get("http://localhost/docs")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    assert 'data-openapi="/openapi.json"' in answer.text
    assert "https://" not in answer.text
