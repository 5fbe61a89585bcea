"""The OpenAPI document, made from what the routes promise (https://spec.openapis.org/oas/v3.1.1)."""

import re
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tenantry import __version__
from tenantry.surfaces.kit import openapi_parts as parts
from tenantry.surfaces.kit import openapi_words as words
from tenantry.surfaces.kit.contract import KEY, Contract
from tenantry.surfaces.kit.openapi_parts import ALWAYS, MEDIA, Json, header_refs, refusal_ref
from tenantry.surfaces.kit.paging import Pagination

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REF = "#/components/schemas/{name}"
NAMES_IN_TEXT = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")


class Operation(msgspec.Struct, frozen=True):
    """One method of one path, and what it promises."""

    path: str
    method: str
    name: str
    path_parameters: tuple[str, ...]
    contract: Contract


def document(app: Litestar) -> Json:
    """The whole document, the same for the same routes: paths and names stand in alphabetical order."""
    found = operations(app)
    schemas = _Schemas(found)
    paths: Json = {}
    for operation in found:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    spoken_of = {operation.contract.tag for operation in found}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Tenantry",
            "version": __version__,
            "description": words.INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server."}],
        "security": [{name: []} for name in parts.SECURITY_SCHEMES if name != parts.SESSION],
        "tags": [
            {"name": tag, "description": words.TAGS.get(tag, "")}
            for tag in (*words.TAGS, *sorted(spoken_of - set(words.TAGS)))
            if tag in spoken_of
        ],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, "Error": parts.ERROR, "IdentityError": parts.IDENTITY_ERROR},
            "responses": {**parts.refusals(), **parts.identity_refusals(), "NotModified": parts.NOT_MODIFIED},
            "headers": parts.HEADERS,
            "securitySchemes": parts.SECURITY_SCHEMES,
        },
    }


def operations(app: Litestar) -> list[Operation]:
    """Every route of the application that has a contract, by path and method."""
    found = [
        Operation(route.path_format, method, _name(handler, method), tuple(route.path_parameters), contract)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if (contract := handler.opt.get(KEY)) is not None
        for method in METHODS
        if method in handler.http_methods
    ]
    return sorted(found, key=lambda one: (one.path, METHODS.index(one.method)))


def _name(handler: HTTPRouteHandler, method: str) -> str:
    contract: Contract = handler.opt[KEY]
    name = contract.name or _camel(handler.fn.__name__)
    first = next(known for known in METHODS if known in handler.http_methods)
    return name if method == first else f"{name}By{method.title()}"


def _camel(name: str) -> str:
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.title() for word in rest)


class _Schemas:
    """The schemas of all types that the operations speak of, made in one go so that each type has one name."""

    def __init__(self, found: list[Operation]) -> None:
        types: list[Any] = [Pagination]
        for operation in found:
            contract = operation.contract
            types += [kind for kind in (contract.body, contract.answer) if kind is not None]
            if contract.query is not None:
                types += [field.type for field in msgspec.structs.fields(contract.query)]
        made, components = msgspec.json.schema_components(types, ref_template=REF)
        self._made = [(kind, _tidy(schema)) for kind, schema in zip(types, made, strict=True)]
        self.components: Json = {name: _worded(_tidy(components[name])) for name in sorted(components)}

    def of(self, kind: Any) -> Json:
        return next(schema for known, schema in self._made if known is kind or known == kind)

    def has_version(self, kind: Any) -> bool:
        name = self.of(kind).get("$ref", "").rpartition("/")[2]
        return "version" in self.components.get(name, {}).get("properties", {})


def _tidy(schema: Any) -> Any:
    """Without the alternative "anything", which stands for JSON that is passed on as it was stored, beside its real type."""
    if isinstance(schema, list):
        return [_tidy(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(value) for key, value in schema.items()}
    if {} in tidy.get("anyOf", ()):
        kept = [choice for choice in tidy.pop("anyOf") if choice != {}]
        return {**tidy, **(kept[0] if len(kept) == 1 else {"anyOf": kept})}
    return tidy


def _worded(schema: Json) -> Json:
    """With descriptions that name fields as they go over the wire, and one for each field whose name says enough."""
    fields = schema.get("properties", {})
    if "description" in schema:
        schema["description"] = NAMES_IN_TEXT.sub(
            lambda found: f"`{_camel(found[1])}`" if _camel(found[1]) in fields else found[0],
            cleandoc(schema["description"]),
        )
    for name, field in fields.items():
        if name in words.FIELDS:
            field.setdefault("description", words.FIELDS[name])
        if name in words.FIELD_EXAMPLES:
            field.setdefault("examples", [words.FIELD_EXAMPLES[name]])
    return schema


def _operation(operation: Operation, schemas: _Schemas) -> Json:
    contract = operation.contract
    made: Json = {
        "operationId": operation.name,
        "tags": [contract.tag],
        "summary": contract.summary,
        "description": _description(contract),
        "parameters": _parameters(operation, schemas),
        "responses": _responses(operation, schemas),
    }
    if contract.caller != "key":
        made["security"] = [{parts.SESSION: []}] if contract.caller == "session" else []
    if contract.body is not None:
        needed = any(field.required for field in msgspec.structs.fields(contract.body))
        content: Json = {"schema": schemas.of(contract.body)}
        if contract.body_example is not None or not needed:
            content["example"] = contract.body_example or {}
        made["requestBody"] = {"required": needed, "content": {MEDIA: content}}
    if contract.upload:
        # A file has no schema: OpenAPI 3.1, section 4.8.14.3.
        made["requestBody"] = {"required": True, "content": {media: {} for media in contract.upload}}
    return made


def _is_repeatable(operation: Operation) -> bool:
    """Whether the operation takes an Idempotency-Key, which is remembered for an API key."""
    return operation.method == "POST" and operation.contract.caller == "key"


def _description(contract: Contract) -> str:
    scopes = " or ".join(f"`{scope}`" for scope in contract.scopes)
    return "\n\n".join(text for text in (contract.description, scopes and f"Scope: {scopes}.") if text)


def _parameters(operation: Operation, schemas: _Schemas) -> list[Json]:
    contract = operation.contract
    made = [_path_parameter(name, contract) for name in operation.path_parameters]
    if contract.query is not None:
        made += [_query_parameter(field, schemas) for field in msgspec.structs.fields(contract.query)]
    if _is_repeatable(operation):
        made.append(parts.IDEMPOTENCY_KEY)
    if 412 in contract.errors:
        made.append(parts.IF_MATCH)
    if _is_conditional(operation, schemas):
        made.append(parts.IF_NONE_MATCH)
    return made


def _path_parameter(name: str, contract: Contract) -> Json:
    made: Json = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    text = contract.path.get(name) or words.PARAMETERS.get(name)
    if text:
        made["description"] = text
    if name in words.EXAMPLES:
        made["example"] = words.EXAMPLES[name]
    return made


def _query_parameter(field: msgspec.structs.FieldInfo, schemas: _Schemas) -> Json:
    schema = {key: value for key, value in schemas.of(field.type).items() if key != "description"}
    choices = [choice for choice in schema.pop("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        schema |= choices[0]
    elif choices:
        schema["anyOf"] = choices
    if field.default not in (None, msgspec.NODEFAULT, msgspec.UNSET):
        # A reference beside a default is fine in OpenAPI 3.1, where a schema may hold both.
        schema["default"] = msgspec.to_builtins(field.default)
    made: Json = {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}
    text = schemas.of(field.type).get("description") or words.PARAMETERS.get(field.encode_name)
    if text:
        made["description"] = text
    return made


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    contract = operation.contract
    with_body = parts.WITH_BODY if contract.body is not None else ()
    keyed = (422,) if _is_repeatable(operation) else ()
    refused = sorted({*parts.EVERYWHERE, *contract.errors, *with_body, *keyed})
    if contract.dialect:
        refused = [status for status in refused if status in parts.IDENTITY]
    made: Json = {str(contract.status): _success(operation, schemas)}
    if _is_conditional(operation, schemas):
        made["304"] = {"$ref": "#/components/responses/NotModified"}
    made |= {str(status): refusal_ref(status, contract.dialect) for status in refused}
    return made


def _has_etag(contract: Contract, schemas: _Schemas) -> bool:
    single = contract.answer is not None and not contract.listed
    return contract.etag or (single and schemas.has_version(contract.answer))


def _is_conditional(operation: Operation, schemas: _Schemas) -> bool:
    return operation.method == "GET" and _has_etag(operation.contract, schemas)


def _success(operation: Operation, schemas: _Schemas) -> Json:
    contract = operation.contract
    names = list(ALWAYS)
    if _has_etag(contract, schemas):
        names.append("ETag")
    if _is_repeatable(operation):
        names.append("Idempotency-Replayed")
    made: Json = {"description": contract.summary + ".", "headers": header_refs(*names)}
    if contract.files:
        made["headers"] |= header_refs("Content-Disposition")
        made["content"] = {media: {"schema": {"description": words}} for media, words in contract.files}
    elif contract.status != 204 and not contract.bodiless:
        content: Json = {"schema": _envelope(contract, schemas)}
        if contract.answer_example is not None:
            content["example"] = contract.answer_example
        made["content"] = {contract.media_type: content}
    return made


def _envelope(contract: Contract, schemas: _Schemas) -> Json:
    if not contract.envelope:
        return schemas.of(contract.answer)
    if contract.listed:
        block = schemas.of(Pagination)
        properties = {
            "data": {"type": "array", "items": schemas.of(contract.answer)},
            "pagination": block,
            "meta": block,
        }
        return {"type": "object", "properties": properties, "required": list(properties)}
    message: Json = {"type": "string", "description": "What was done, for people."}
    if contract.answer is None:
        return {"type": "object", "properties": {"message": message}, "required": ["message"]}
    properties = {"data": schemas.of(contract.answer), "message": message}
    return {"type": "object", "properties": properties, "required": ["data"]}


def encoded(app: Litestar) -> bytes:
    """The document as it is served."""
    return msgspec.json.encode(document(app))
