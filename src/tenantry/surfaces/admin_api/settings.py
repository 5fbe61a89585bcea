"""The tenant's settings: every section with its defaults filled in."""

from typing import Any

import msgspec
from litestar import Response, get, route

from tenantry.domain.login.settings_actions import change_settings_safely
from tenantry.domain.tenants.model import Tenant
from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.domain.tenants.rules import GENERAL, defaults
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.conditions import if_match, version_tag
from tenantry.surfaces.kit.contract import PUT_OR_PATCH, promises
from tenantry.surfaces.kit.setting_sections import SECTIONS
from tenantry.surfaces.kit.wire import decode_change
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Settings"
ONLY_CHANGES = "Send only what changes; null takes a key back to its default."


class General(msgspec.Struct, frozen=True):
    """The tenant's display name."""

    name: str


# All settings. What nobody has set has its default value.
SettingsView = msgspec.defstruct(
    "SettingsView",
    [(GENERAL, General), *((name, kind) for name, kind in SECTIONS.items())],
    frozen=True,
    namespace={"__doc__": "All settings."},
)


class SettingRow(msgspec.Struct, frozen=True):
    """One setting: its value now, its default, and whether the value is the `default` or set by the `tenant`."""

    section: str
    key: str
    value: Any
    default: Any
    source: str


def _changeable(kind: type) -> type:
    """The section as a body: every key may be left out, and null takes one back to its default."""
    fields = [
        (field.encode_name, field.type | None | msgspec.UnsetType, msgspec.UNSET)
        for field in msgspec.structs.fields(kind)
    ]
    return msgspec.defstruct(
        f"{kind.__name__}Change",
        fields,
        namespace={"__doc__": ONLY_CHANGES},
        kw_only=True,
        forbid_unknown_fields=True,
    )


# What the document says of a body. The body itself is read as plain JSON and checked by the domain, which names all faults.
SettingsChange = msgspec.defstruct(
    "SettingsChange",
    [
        (name, _changeable(kind) | msgspec.UnsetType, msgspec.UNSET)
        for name, kind in {GENERAL: General, **SECTIONS}.items()
    ],
    namespace={"__doc__": ONLY_CHANGES},
    kw_only=True,
    forbid_unknown_fields=True,
)


@get(
    "/settings",
    **promises(
        summary="Get the settings",
        tag=TAG,
        description="Every section, with the default value of what nobody has set.",
        answer=SettingsView,
        scopes=("admin:read", "admin:write"),
        etag=True,
    ),
)
async def get_settings(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return _answer(await get_own_tenant(work))

    return await read(request, run)


@get(
    "/settings/defaults",
    **promises(
        summary="List every setting with its default",
        tag=TAG,
        description="One row for each setting: what it is now, what it would be by default, and who decided.",
        answer=list[SettingRow],
        scopes=("admin:read", "admin:write"),
    ),
)
async def list_setting_defaults(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        stored = msgspec.json.decode((await get_own_tenant(work)).settings)
        return Answer(
            {
                "data": [
                    row for name, kind in SECTIONS.items() for row in _rows(name, kind, stored.get(name, {}))
                ]
            }
        )

    return await read(request, run)


def _rows(name: str, kind: type, stored: dict[str, Any]) -> list[SettingRow]:
    return [
        SettingRow(name, key, stored.get(key, preset), preset, "tenant" if key in stored else "default")
        for key, preset in defaults(kind).items()
    ]


@route(
    "/settings",
    http_method=PUT_OR_PATCH,
    **promises(
        summary="Change settings",
        name="updateSettings",
        tag=TAG,
        description=(
            "Only the keys that are sent change; null takes a key back to its default. What GET answered is accepted back, with"
            " or without `data` around it."
        ),
        body=SettingsChange,
        answer=SettingsView,
        scopes=("admin:write",),
        errors=(412, 422),
        etag=True,
        body_example={
            "passwordPolicy": {"minLength": 12, "requireNumbers": True},
            "registration": {"enabled": True},
        },
    ),
)
async def update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        changes = decode_change(raw, dict[str, Any])
        after = await change_settings_safely(work, changes, SECTIONS, if_match(request))
        return _answer(after, "Settings updated")

    return await write(request, run)


def _answer(tenant: Tenant, message: str | None = None) -> Answer:
    stored = msgspec.json.decode(tenant.settings)
    # No setting is a secret; one that becomes so is left out here.
    sections: dict[str, Any] = {
        name: msgspec.convert(stored.get(name, {}), kind) for name, kind in SECTIONS.items()
    }
    data = {GENERAL: General(tenant.name), **sections}
    body = {"data": data} if message is None else {"data": data, "message": message}
    return Answer(body, headers=version_tag(tenant.version))


ROUTES = [get_settings, list_setting_defaults, update]
