"""Users: block and unblock, lock and unlock, disable and enable."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, post

from tenantry.domain.provisioning.actions import switch_state
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, StateSwitch
from tenantry.kernel.problems import clean_text
from tenantry.kernel.work import Work
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.admin_api.user_writes import SCOPES
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import Moment, decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

MAX_REASON = 500


class StateChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, as it stands in the profile and the audit log. An empty body is fine."""

    reason: str | None = None


class StateWithEnd(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, and until when; without an end the state holds until somebody lifts it."""

    reason: str | None = None
    until: Moment | None = None


def _promised(
    summary: str, name: str, body: type, example: dict[str, str], description: str
) -> dict[str, Any]:
    return promises(
        summary=summary,
        name=name,
        tag="Users",
        description=description,
        body=body,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422),
        body_example=example,
    )


@post(
    "/users/{user_id:str}/block",
    **_promised(
        "Block a user",
        "blockUser",
        StateWithEnd,
        {"reason": "Asked for by the security team"},
        "The user cannot sign in, and every session and token of theirs ends at once. With `until` they are unblocked within"
        " seconds of that moment; without it they are blocked until somebody unblocks them.",
    ),
)
async def block(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, SUSPENDED, "User blocked", on=True)


@post(
    "/users/{user_id:str}/unblock",
    **_promised(
        "Unblock a user",
        "unblockUser",
        StateChange,
        {"reason": "The report was a mistake"},
        "Ends a block. A lock or a disabling stays.",
    ),
)
async def unblock(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, SUSPENDED, "User unblocked", on=False)


@post(
    "/users/{user_id:str}/lock",
    **_promised(
        "Lock an account",
        "lockUser",
        StateWithEnd,
        {"reason": "Sign-ins from two countries at once", "until": "2030-01-15T10:30:00Z"},
        "The user cannot sign in, and every session and token of theirs ends at once. With `until` the lock ends by itself at"
        " that moment. Without it the lock holds until somebody lifts it with `/unlock`, or an administrator sets a password.",
    ),
)
async def lock(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, LOCKED, "User locked", on=True)


@post(
    "/users/{user_id:str}/unlock",
    **_promised(
        "Unlock an account",
        "unlockUser",
        StateChange,
        {"reason": "It was a business trip"},
        "Lifts a lock before its end. A block or a disabling stays.",
    ),
)
async def unlock(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, LOCKED, "User unlocked", on=False)


@post(
    "/users/{user_id:str}/disable",
    **_promised(
        "Disable an account",
        "disableUser",
        StateChange,
        {"reason": "Has left the company"},
        "A lasting measure: the user cannot sign in, and every session and token of theirs ends at once. The tenant must allow it"
        " with the setting `accounts.disablingEnabled`; otherwise this is refused (422).",
    ),
)
async def disable(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, DISABLED, "User disabled", on=True)


@post(
    "/users/{user_id:str}/enable",
    **_promised(
        "Enable a disabled account",
        "enableUser",
        StateChange,
        {"reason": "Has come back"},
        "Ends a disabling. A block or a lock stays.",
    ),
)
async def enable(request: AnyRequest) -> Response[bytes]:
    return await _switch(request, DISABLED, "User enabled", on=False)


async def _switch(request: AnyRequest, switch: StateSwitch, message: str, *, on: bool) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        reason, until = _decoded(raw, may_end=on and switch is not DISABLED)
        user = await locked_user(work, request)
        await switch_state(work, user, switch, on=on, reason=reason, until=until)
        return await user_answer(work, user, message)

    return await write(request, run)


def _decoded(raw: bytes, *, may_end: bool) -> tuple[str | None, datetime | None]:
    if may_end:
        ending = decode_body(raw, StateWithEnd)
        return clean_text("reason", ending.reason, MAX_REASON), ending.until
    return clean_text("reason", decode_body(raw, StateChange).reason, MAX_REASON), None


ROUTES = [block, unblock, lock, unlock, disable, enable]
