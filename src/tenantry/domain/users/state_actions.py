"""Moving a user between the states that a person sets: suspended, locked, disabled. Each keeps its reason, actor and end."""

from datetime import datetime
from typing import Any, LiteralString

import msgspec

from tenantry.domain.tenants.model import Accounts
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions
from tenantry.domain.users.errors import StateRefused
from tenantry.domain.users.events import (
    UserDisabled,
    UserEnabled,
    UserEvent,
    UserLocked,
    UserReactivated,
    UserSuspended,
    UserUnlocked,
)
from tenantry.domain.users.lockout import clear_lockout
from tenantry.domain.users.model import User
from tenantry.domain.users.states import is_locked, note
from tenantry.kernel.problems import checked_moment
from tenantry.kernel.work import Job, Work, as_json


class StateSwitch(msgspec.Struct, frozen=True):
    """One state that can be switched on and off: its column, its name in the notes, and the events of both edges."""

    column: LiteralString
    state: str
    on: type[UserEvent]
    off: type[UserEvent]


END_SUSPENSION = "users.end_suspension"
SUSPENDED = StateSwitch("blocked", "suspended", UserSuspended, UserReactivated)
LOCKED = StateSwitch("locked", "locked", UserLocked, UserUnlocked)
DISABLED = StateSwitch("disabled", "disabled", UserDisabled, UserEnabled)


async def change_state(
    work: Work,
    user: User,
    switch: StateSwitch,
    *,
    on: bool,
    reason: str | None = None,
    until: datetime | None = None,
) -> bool:
    """Switches a state of a locked user; switching on ends every session and token at once.

    Says whether anything changed: a state that holds already, with the same end and for the same reason or none that is given, is
    left alone and records nothing.
    Raises StateRefused for an end that is past, or an end on a state that has none, and FieldError for an end without a time
    zone or in a far future.
    """
    work.require(permissions.UPDATE)
    if switch is DISABLED and on and not section(work.tenant, "accounts", Accounts).disabling_enabled:
        raise StateRefused("disabled", "Disabling accounts is switched off in the settings of this tenant.")
    if until is not None and switch is DISABLED:
        raise StateRefused("until", "A disabling has no end; lock or block the account instead.")
    until = None if until is None else checked_moment("until", until)
    if until is not None and until <= work.now:
        raise StateRefused("until", "The end must lie in the future.")
    notes: dict[str, Any] = dict(user.state_notes)
    old = notes.pop(switch.state, None)
    if on:
        fresh = note(reason, work.actor.label, work.now, until)
        present = is_locked(user, work.now) if switch is LOCKED else bool(getattr(user, switch.column))
        holds = old is not None and present
        # A repetition that says nothing new is most likely a retry: it must not wipe out why and since when. But for good is
        # something new where there was an end.
        if holds and old["until"] == fresh["until"] and reason in (None, old["reason"]):
            return False
        notes[switch.state] = fresh
    elif not getattr(user, switch.column):
        return await _end_lockout(work, user, switch, reason)
    locked_until = until if switch is LOCKED else user.locked_until
    await work.db.run(
        f"""
        update users
        set {switch.column} = %s,
            locked_until = %s,
            state_notes = %s,
            credential_epoch = credential_epoch + %s,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (on, locked_until, as_json(notes), 1 if on else 0, work.now, user.id),
    )
    if switch is LOCKED and not on:
        await clear_lockout(work, user.id)
    if switch is SUSPENDED and until is not None:
        args = {"tenant": str(work.tenant.id), "user": str(user.id), "until": notes[switch.state]["until"]}
        work.defer(Job(END_SUSPENSION, args, until))
    data: dict[str, Any] = {"reason": reason}
    if until is not None:
        data["until"] = until.isoformat()
    event = switch.on if on else switch.off
    work.record(event(target_id=user.id, data=data, personal={"email": user.email, "name": user.name}))
    return True


async def end_suspension(work: Work, user: User, until: str) -> bool:
    """Ends the suspension of a locked user whose end has come; one that was given another end meanwhile stays.

    `until` is the end as the note of the suspension has it. Says whether anything changed.
    """
    work.require(permissions.UPDATE)
    told = user.state_notes.get(SUSPENDED.state)
    if not user.blocked or told is None or told["until"] != until:
        return False
    return await change_state(work, user, SUSPENDED, on=False)


async def _end_lockout(work: Work, user: User, switch: StateSwitch, reason: str | None) -> bool:
    """Lifting a lock that no person has set lifts the automatic one; says whether there was one."""
    if switch is not LOCKED or not await clear_lockout(work, user.id):
        return False
    personal = {"email": user.email, "name": user.name}
    work.record(UserUnlocked(target_id=user.id, data={"reason": reason}, personal=personal))
    return True
