"""What each action does to one person: what a door would call for them alone, by whoever asked for the job."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.model import Action, BulkParams
from tenantry.domain.groups.actions import add_user_groups, remove_user_group
from tenantry.domain.provisioning.actions import remove_person, restore_person, switch_state
from tenantry.domain.recovery.request_actions import repeat_password_request
from tenantry.domain.roles.actions import add_user_roles, remove_user_role
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.sessions.actions import end_all_sessions
from tenantry.domain.users.credential_actions import confirm_email
from tenantry.domain.users.model import User
from tenantry.domain.users.state_actions import SUSPENDED
from tenantry.domain.verification.actions import request_email_verification, request_phone_verification
from tenantry.domain.verification.errors import NothingToVerify
from tenantry.kernel.work import Work


class Deed(msgspec.Struct, frozen=True):
    """What is to be done: the parameters, and the id of the role or group as its actions take it."""

    params: BulkParams
    object_id: UUID | None

    @property
    def ref(self) -> str:
        return str(self.object_id)


async def _suspend(work: Work, user: User, deed: Deed) -> bool:
    params = deed.params
    return await switch_state(work, user, SUSPENDED, on=True, reason=params.reason, until=params.until)


async def _enable(work: Work, user: User, deed: Deed) -> bool:
    return await switch_state(work, user, SUSPENDED, on=False, reason=deed.params.reason)


async def _add_role(work: Work, user: User, deed: Deed) -> bool:
    return bool(await add_user_roles(work, user.id, [deed.ref]))


async def _remove_role(work: Work, user: User, deed: Deed) -> bool:
    return await remove_user_role(work, user.id, deed.ref)


async def _add_group(work: Work, user: User, deed: Deed) -> bool:
    return bool(await add_user_groups(work, user.id, [deed.ref]))


async def _remove_group(work: Work, user: User, deed: Deed) -> bool:
    return await remove_user_group(work, user.id, deed.ref)


async def _mark_verified(work: Work, user: User, _deed: Deed) -> bool:
    await refuse_taking_over(work, user)
    if user.email is None:
        raise NothingToVerify("email")
    await confirm_email(work, user)
    return not user.email_verified


async def _resend(work: Work, user: User, _deed: Deed) -> bool:
    """One message: choosing a password by mail verifies the address as well."""
    if user.password_pending is not None:
        await repeat_password_request(work, user)
        return True
    if user.email is not None and not user.email_verified:
        await request_email_verification(work, user)
        return True
    if user.phone_pending and user.phone is not None and not user.phone_verified:
        await request_phone_verification(work, user)
        return True
    return False


async def _revoke_sessions(work: Work, user: User, _deed: Deed) -> bool:
    await end_all_sessions(work, user)
    return True


async def _delete(work: Work, user: User, deed: Deed) -> bool:
    params = deed.params
    await remove_person(work, user, permanent=params.permanent, from_admin_api=False, reason=params.reason)
    return True


async def _restore(work: Work, user: User, _deed: Deed) -> bool:
    if user.deleted_at is None:
        return False
    await restore_person(work, user)
    return True


DEEDS: dict[Action, Callable[[Work, User, Deed], Awaitable[bool]]] = {
    Action.SUSPEND: _suspend,
    Action.ENABLE: _enable,
    Action.ADD_ROLE: _add_role,
    Action.REMOVE_ROLE: _remove_role,
    Action.ADD_GROUP: _add_group,
    Action.REMOVE_GROUP: _remove_group,
    Action.MARK_VERIFIED: _mark_verified,
    Action.RESEND: _resend,
    Action.REVOKE_SESSIONS: _revoke_sessions,
    Action.DELETE: _delete,
    Action.RESTORE: _restore,
}
"""Each works on a locked user, says whether anything changed, and raises DomainError where it is refused."""


def reaches_deleted(action: Action, params: BulkParams) -> bool:
    """Whether the action is for people who are deleted already, too."""
    return action is Action.RESTORE or (action is Action.DELETE and params.permanent)
