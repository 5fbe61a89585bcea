"""A small OpenAPI document with the kinds of things that ours holds, for the looks of the reference page."""

from typing import Any

_USER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "email"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "format": "email", "examples": ["anna@acme.example"]},
        "blocked": {"type": "boolean", "default": False},
        "roles": {"type": "array", "items": {"type": "string"}},
    },
}


def _answer(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/User"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


_USER_ID = {"name": "user_id", "in": "path", "required": True, "schema": {"type": "string"}}
_PAGE = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Tenantry",
        "version": "0.1.0",
        "description": "People, roles and groups of **one tenant**.",
    },
    "servers": [{"url": "/t/acme-corp/api/v1/admin"}],
    "security": [{"key": []}],
    "tags": [{"name": "Users", "description": "People and service accounts"}],
    "paths": {
        "/users": {
            "get": {
                "tags": ["Users"],
                "summary": "List users",
                "operationId": "listUsers",
                "parameters": [_PAGE],
                "responses": {"200": _answer("A page of users"), "401": {"description": "No valid key"}},
            },
            "post": {
                "tags": ["Users"],
                "summary": "Create a user",
                "operationId": "createUser",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}
                },
                "responses": {"201": _answer("The new user")},
            },
        },
        "/users/{user_id}": {
            "put": {
                "tags": ["Users"],
                "summary": "Change a user",
                "operationId": "changeUser",
                "parameters": [_USER_ID],
                "responses": {"200": _answer("The user")},
            },
            "delete": {
                "tags": ["Users"],
                "summary": "Delete a user",
                "operationId": "deleteUser",
                "parameters": [_USER_ID],
                "responses": {"204": {"description": "Gone"}},
            },
        },
    },
    "components": {
        "schemas": {"User": _USER},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    },
}
