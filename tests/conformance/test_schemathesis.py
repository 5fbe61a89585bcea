"""Every operation of the OpenAPI document, called with what schemathesis makes of its schemas, on a real database.

What an operation may answer, with which content type, headers and body, is what the document says: so this finds both an
operation that breaks and a document that is wrong. It takes up every new route by itself.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar, cast

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tenantry.app.web import build, make_app
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE, make_database
from tenantry.kernel.work import Works
from tenantry.surfaces.kit.limits import Limits
from tenantry.surfaces.kit.openapi import document
from tenantry.surfaces.kit.services import Services
from tests.support.database import login
from tests.support.makers import Home, make_home

T = TypeVar("T")
AnyCase = Case[Any]
EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What stands in a path, and how one is made.
FURNITURE: dict[str, tuple[str, dict[str, Any]]] = {
    "user_id": ("/users", {"email": "ann{n}@example.com"}),
    "role": ("/roles", {"name": "Role {n}"}),
    "group": ("/groups", {"name": "Group {n}"}),
    "permission": ("/permissions", {"slug": "things:do{n}"}),
    "key_id": ("/api-keys", {"name": "Key {n}", "scopes": ["admin:read"]}),
}
# Headers of a case that say who calls; the test says that itself.
CREDENTIALS = {"authorization", "x-api-key"}


class Loop:
    """An event loop in a thread of its own, on which the application and its connections live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Server:
    """The application on a database with a tenant in it, called without a network."""

    def __init__(self, loop: Loop, services: Services, home: Home) -> None:
        self._loop = loop
        self._made = 0
        self._base = f"/t/{home.slug}/api/v1/admin"
        self.known = {"tenant": home.slug}
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", build(services)), raise_app_exceptions=False),
            base_url="http://localhost",
            headers={"Authorization": f"Bearer {home.key}"},
        )

    def call(self, case: AnyCase) -> httpx.Response:
        """Sends the case, to things that exist in two of three cases; else nearly all answers were 404."""
        for name, value in case.path_parameters.items():
            if name == "tenant" or len(str(value)) % 3:
                case.path_parameters[name] = self.known.get(name, value)
        sent = case.as_transport_kwargs(base_url="http://localhost")
        headers = [
            (name.encode(), value.encode("utf-8", "replace"))
            for name, value in sent["headers"].items()
            if name.lower() not in CREDENTIALS
        ]
        body = {name: sent[name] for name in ("json", "params") if sent.get(name) is not None}
        if sent.get("data") is not None:
            body["content"] = sent["data"]
        return self._loop.run(self._client.request(sent["method"], sent["url"], headers=headers, **body))

    def furnish(self, path: str) -> None:
        """Makes anew what the path speaks of, since the operation before may have removed it."""
        self._made += 1
        for name, (resource, fields) in FURNITURE.items():
            if f"{{{name}}}" in path:
                body = {
                    key: value.format(n=self._made) if isinstance(value, str) else value
                    for key, value in fields.items()
                }
                answer = self._loop.run(self._client.post(f"{self._base}{resource}", json=body))
                assert answer.status_code == 201, answer.text
                self.known[name] = answer.json()["data"]["id"]


@pytest.fixture
def loop() -> Iterator[Loop]:
    started = Loop()
    yield started
    started.stop()


@pytest.fixture
def server(loop: Loop, own_database: str, services: Services) -> Iterator[Server]:
    app, system = (login(own_database, role) for role in (APP_ROLE, SYSTEM_ROLE))
    made = make_database(app, system, 4)
    works = Works(made, services.clock)

    async def founded() -> Home:
        await made.open()
        return await make_home(works)

    home = loop.run(founded())
    yield Server(loop, msgspec.structs.replace(services, works=works, limits=Limits()), home)
    loop.run(made.close())


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_answers_as_the_document_says(
    server: Server, services: Services, subtests: pytest.Subtests, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(document(make_app(services.settings)))
    called = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        server.furnish(operation.path)

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: AnyCase) -> None:
            nonlocal called
            called += 1
            case.validate_response(server.call(case), checks=cast("Any", CHECKS))

        with subtests.test(operation.label):
            answers()
    assert called > 100
