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
    return make_app(services.settings)


@pytest.fixture
def made(app: Litestar) -> Json:
    return document(app)


def each_operation(made: Json) -> list[tuple[str, Json]]:
    return [(f"{method} {path}", op) for path, item in made["paths"].items() for method, op in item.items()]


def by_key(operation: Json) -> bool:
    """Whether an API key opens it, as is so where it does not say otherwise."""
    return "security" not in operation


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
    assert encoded(app) == encoded(app) == encoded(make_app(services.settings))


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
        assert ("Scope: `admin:" in operation["description"]) == by_key(operation), name
        assert {"400", "401", "403", "404", "429", "503"} <= set(operation["responses"]), name
        assert operation["tags"][0] in {tag["name"] for tag in made["tags"]}, name
        if "requestBody" in operation:
            # The identity API answers 400 to all that a caller can put right.
            content = {"413"} if "/api/identity/" in name else {"413", "422"}
            assert content <= set(operation["responses"]), name
            assert ("422" in operation["responses"]) == ("/api/identity/" not in name), name


def test_every_post_with_a_key_takes_an_idempotency_key(made: Json) -> None:
    for name, operation in each_operation(made):
        headers = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
        takes = "Idempotency-Key" in headers
        assert takes == (name.startswith("post ") and by_key(operation)), name


def test_every_example_of_a_body_is_one_that_the_route_takes(app: Litestar, made: Json) -> None:
    for operation in operations(app):
        contract = operation.contract
        if contract.body is not None:
            body = made["paths"][operation.path][operation.method.lower()]["requestBody"]
            example = body["content"]["application/json"]["example"]
            assert msgspec.convert(example, contract.body), operation.name


def test_the_sections_stand_in_the_order_in_which_they_are_read(made: Json) -> None:
    wanted = [
        "Users",
        "Roles and groups of a user",
        "Groups",
        "Roles",
        "Permissions",
        "API keys",
        "Audit logs",
        "Settings",
    ]
    assert [tag["name"] for tag in made["tags"] if tag["name"] in wanted] == wanted
    assert all(tag["description"] for tag in made["tags"])


def test_what_has_an_etag_may_be_asked_for_conditionally(made: Json) -> None:
    for name, operation in each_operation(made):
        conditional = name.startswith("get ") and "ETag" in operation["responses"]["200"]["headers"]
        headers = {parameter["name"] for parameter in operation["parameters"]}
        assert ("304" in operation["responses"], "If-None-Match" in headers) == (conditional,) * 2, name


def test_a_route_of_two_methods_has_a_name_for_each(made: Json) -> None:
    user = made["paths"]["/t/{tenant}/api/v1/admin/users/{user_id}"]
    assert user["put"]["operationId"] == "updateUser"
    assert user["patch"]["operationId"] == "updateUserByPatch"


def test_the_dangerous_and_the_lasting_say_so(made: Json) -> None:
    at = "/t/{tenant}/api/v1/admin/users/{user_id}"
    deletion = made["paths"][at]["delete"]["description"]
    assert "for good" in deletion
    assert "?permanent=true" in deletion
    assert "deletion.adminApiRetentionDays" in deletion
    assert "deletion.adminApiRetentionDays" in made["paths"][f"{at}/restore"]["post"]["description"]
    assert (
        "Without it the lock holds until somebody lifts it"
        in made["paths"][f"{at}/lock"]["post"]["description"]
    )


def test_what_a_body_cannot_change_is_marked_as_read_only(made: Json) -> None:
    fields = made["components"]["schemas"]["UpdateGroup"]["properties"]
    assert {name for name, schema in fields.items() if schema.get("readOnly")} == {
        "id", "memberCount", "roleCount", "isSystem", "createdAt", "updatedAt", "members",
    }  # fmt: skip


def test_descriptions_name_fields_as_they_go_over_the_wire(made: Json) -> None:
    schemas = made["components"]["schemas"]
    assert "`countIsExact`" in schemas["ActionCount"]["description"]
    assert "`api_key`" in schemas["AuditActor"]["description"], "a value is no name of a field"
    for name, schema in schemas.items():
        assert "\n    " not in schema.get("description", ""), f"{name} would show as a block of code"


def test_a_moment_is_described_as_one(made: Json) -> None:
    schemas = made["components"]["schemas"]
    assert schemas["UserView"]["properties"]["createdAt"]["format"] == "date-time"
    for name, schema in schemas.items():
        for field, kind in schema.get("properties", {}).items():
            if field.endswith("At") and not kind.get("readOnly"):
                assert "date-time" in str(kind), f"{name}.{field}: Moment of kit.wire says it"


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
