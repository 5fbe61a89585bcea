"""What follows which event: a plain table. Each reaction is a job, deferred in the transaction of the event, safe to run twice.

Every class of event has its line, also where nothing follows.
"""

from collections.abc import Callable
from uuid import UUID

import msgspec

from tenantry.domain.apikeys import events as apikeys
from tenantry.domain.audit.events import AuditExported
from tenantry.domain.credentials.events import PasswordResetCompleted, PasswordSetByAdmin
from tenantry.domain.factors.events import FactorsReset
from tenantry.domain.groups import events as groups
from tenantry.domain.recovery.events import PasswordResetRequested
from tenantry.domain.roles import events as roles
from tenantry.domain.sessions.events import SessionRevoked
from tenantry.domain.tenants import events as tenants
from tenantry.domain.users import events as users
from tenantry.kernel.events import Event
from tenantry.kernel.work import Job


def _always(_: Event) -> bool:
    return True


def _waits_for_a_first_password(event: Event) -> bool:
    return event.data.get("passwordPending") is True and event.data.get("sendSetup") is True


class Reaction(msgspec.Struct, frozen=True):
    """A task that follows an event when the event is such that it should."""

    task: str
    when: Callable[[Event], bool] = _always


NOTHING: tuple[Reaction, ...] = ()

REACTIONS: dict[type[Event], tuple[Reaction, ...]] = {
    users.UserCreated: (Reaction("notices.password_setup", _waits_for_a_first_password),),
    PasswordResetRequested: (Reaction("notices.password_reset"),),
    PasswordResetCompleted: (Reaction("notices.password_changed"),),
    PasswordSetByAdmin: NOTHING,
    users.UserUpdated: NOTHING,
    users.UserEmailVerified: NOTHING,
    users.UserSuspended: NOTHING,
    users.UserReactivated: NOTHING,
    users.UserLocked: NOTHING,
    users.UserUnlocked: NOTHING,
    users.UserDisabled: NOTHING,
    users.UserEnabled: NOTHING,
    users.UserDeleted: NOTHING,
    users.UserRestored: NOTHING,
    FactorsReset: NOTHING,
    SessionRevoked: NOTHING,
    groups.GroupCreated: NOTHING,
    groups.GroupUpdated: NOTHING,
    groups.GroupDeleted: NOTHING,
    groups.UserGroupAdded: NOTHING,
    groups.UserGroupRemoved: NOTHING,
    roles.RoleCreated: NOTHING,
    roles.RoleUpdated: NOTHING,
    roles.RoleDeleted: NOTHING,
    roles.PermissionCreated: NOTHING,
    roles.PermissionUpdated: NOTHING,
    roles.PermissionDeleted: NOTHING,
    roles.UserRoleAssigned: NOTHING,
    roles.UserRoleRemoved: NOTHING,
    roles.GroupRoleAssigned: NOTHING,
    roles.GroupRoleRemoved: NOTHING,
    tenants.TenantCreated: NOTHING,
    tenants.TenantSuspended: NOTHING,
    tenants.TenantActivated: NOTHING,
    tenants.SettingsUpdated: NOTHING,
    apikeys.ApiKeyCreated: NOTHING,
    apikeys.ApiKeyRevoked: NOTHING,
    AuditExported: NOTHING,
}


def reactions(tenant_id: UUID, event_id: UUID, event: Event) -> list[Job]:
    """The jobs that follow one recorded event; each finds the event by its id, so no job row holds anything about a person."""
    following = REACTIONS.get(type(event), NOTHING)
    args = {"tenant": str(tenant_id), "event": str(event_id)}
    return [Job(reaction.task, args) for reaction in following if reaction.when(event)]
