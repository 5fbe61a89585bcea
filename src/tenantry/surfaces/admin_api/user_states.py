"""Users: block and unblock, lock and unlock, disable and enable."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, post

from tenantry.domain.provisioning.actions import switch_state
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, StateSwitch
from tenantry.kernel.problems import clean_text
from tenantry.kernel.work import Work
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.admin_api.user_writes import SCOPES, if_match, user_answer
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

MAX_REASON = 500


class StateChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, as it stands in the profile and the audit log. An empty body is fine."""

    reason: str | None = None


class Lock(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, and until when; without an end the lock holds until somebody lifts it."""

    reason: str | None = None
    until: datetime | None = None


def _promised(summary: str, body: type, description: str = "") -> dict[str, Any]:
    return promises(
        summary=summary,
        tag="Users",
        description=description,
        body=body,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422),
    )


@post(
    "/users/{user_id:str}/block",
    **_promised(
        "Block a user", StateChange, "The user cannot sign in, and every session and token ends at once."
    ),
)
async def block(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, SUSPENDED, "User blocked", on=True)


@post("/users/{user_id:str}/unblock", **_promised("Unblock a user", StateChange))
async def unblock(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, SUSPENDED, "User unblocked", on=False)


@post(
    "/users/{user_id:str}/lock",
    **_promised(
        "Lock an account for a while", Lock, "Ends every session and token at once; lifts itself at `until`."
    ),
)
async def lock(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, LOCKED, "User locked", on=True)


@post("/users/{user_id:str}/unlock", **_promised("Unlock an account", StateChange))
async def unlock(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, LOCKED, "User unlocked", on=False)


@post(
    "/users/{user_id:str}/disable",
    **_promised(
        "Disable an account",
        StateChange,
        "Meant to last. The tenant must allow it: `accounts.disablingEnabled`.",
    ),
)
async def disable(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, DISABLED, "User disabled", on=True)


@post("/users/{user_id:str}/enable", **_promised("Enable a disabled account", StateChange))
async def enable(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, DISABLED, "User enabled", on=False)


async def _switch(request: AnyRequest, switch: StateSwitch, message: str, *, on: bool) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        reason, until = _decoded(raw, locks=switch is LOCKED and on)
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]), if_match(request))
        await switch_state(work, user, switch, on=on, reason=reason, until=until)
        return await user_answer(work, user, message)

    return await write(request, run)


def _decoded(raw: bytes, *, locks: bool) -> tuple[str | None, datetime | None]:
    body: Lock | StateChange = decode_body(raw, Lock) if locks else decode_body(raw, StateChange)
    until = body.until if isinstance(body, Lock) else None
    return clean_text("reason", body.reason, MAX_REASON), until


ROUTES = [block, unblock, lock, unlock, disable, enable]
