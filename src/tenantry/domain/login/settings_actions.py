"""Changing the settings without locking oneself out of signing in."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.actions import change_settings
from tenantry.domain.tenants.model import SignIn, Tenant
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import Work

SIGN_IN = "signIn"
WORDS = {"email": "email address", "username": "username", "phone": "phone number"}


async def change_settings_safely(
    work: Work, changes: dict[str, Any], sections: Mapping[str, type], expected_version: int | None = None
) -> Tenant:
    """As `change_settings`; raises FieldError as well where a person could no longer sign in by anything that they have."""
    work.require(permissions.SETTINGS_WRITE)
    tenant = await change_settings(work, changes, sections, expected_version)
    if SIGN_IN in changes and work.actor.kind is ActorKind.USER:
        stored: dict[str, Any] = msgspec.json.decode(tenant.settings)
        await _refuse_own_lockout(work, msgspec.convert(stored.get(SIGN_IN, {}), SignIn))
    return tenant


async def _refuse_own_lockout(work: Work, sign_in: SignIn) -> None:
    row = await work.db.one(
        """
        select email is not null, username is not null, phone is not null
        from users
        where id = %s
        """,
        (work.actor.id,),
    )
    has = dict(zip(WORDS, row or (False, False, False), strict=True))
    if not any(has[kind] for kind in sign_in.identifiers):
        missing = " and no ".join(WORDS[kind] for kind in sign_in.identifiers)
        raise FieldError(
            f"{SIGN_IN}.identifiers", f"you could no longer sign in yourself: you have no {missing}"
        )
