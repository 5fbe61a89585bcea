"""What follows which event: a plain table. Each reaction is a job, deferred in the transaction of the event, safe to run twice.

Every class of event has its line, also where nothing follows.
"""

from collections.abc import Callable
from uuid import UUID

import msgspec

from tenantry.domain.apikeys import events as apikeys
from tenantry.domain.audit.events import AuditExported
from tenantry.domain.branding.events import LogoChanged, LogoRemoved
from tenantry.domain.bulk_jobs import events as bulk_jobs
from tenantry.domain.credentials.events import PasswordResetCompleted, PasswordSetByAdmin
from tenantry.domain.factors.events import FactorsReset
from tenantry.domain.groups import events as groups
from tenantry.domain.invitations import events as invitations
from tenantry.domain.login.events import SignInFailed, UserSignedIn
from tenantry.domain.mail_templates import events as mail_templates
from tenantry.domain.notices import events as notices
from tenantry.domain.privacy import events as privacy
from tenantry.domain.recovery.events import (
    ForcedPasswordReset,
    PasswordResetFailed,
    PasswordResetRequested,
)
from tenantry.domain.registration.events import RegistrationAttempted
from tenantry.domain.roles import events as roles
from tenantry.domain.saved_views import events as saved_views
from tenantry.domain.sessions.events import AllSessionsRevoked, SessionRevoked, UserSignedOut
from tenantry.domain.tenants import events as tenants
from tenantry.domain.users import events as users
from tenantry.domain.verification import events as verification
from tenantry.kernel.events import Event, Outcome
from tenantry.kernel.work import Job


def _always(_: Event) -> bool:
    return True


def _waits_for_a_first_password(event: Event) -> bool:
    return event.data.get("passwordPending") is True and event.data.get("sendSetup") is True


def _is_to_be_welcomed(event: Event) -> bool:
    return event.data.get("sendWelcome") is True


def _is_to_be_told(event: Event) -> bool:
    return event.data.get("notify") is True


def _is_not_denied(event: Event) -> bool:
    # Where nobody is found a job follows all the same, so that the answer takes as long.
    return event.outcome is not Outcome.DENIED


def _goes_by_mail(event: Event) -> bool:
    return event.data.get("mail") is True


def _is_sent(event: Event) -> bool:
    return event.data.get("method") != "at_sign_in"


def _is_new(event: Event) -> bool:
    return event.data.get("repeated") is not True


def _was_locked_out(event: Event) -> bool:
    # A person who locks somebody may give any reason; only the automatic lockout counts how many there were.
    return "lockouts" in event.data


class Reaction(msgspec.Struct, frozen=True):
    """A task that follows an event when the event is such that it should."""

    task: str
    when: Callable[[Event], bool] = _always


NOTHING: tuple[Reaction, ...] = ()

REACTIONS: dict[type[Event], tuple[Reaction, ...]] = {
    users.UserCreated: (
        Reaction("notices.password_setup", _waits_for_a_first_password),
        Reaction("notices.welcome", _is_to_be_welcomed),
    ),
    PasswordResetRequested: (Reaction("notices.password_reset", _is_not_denied),),
    PasswordResetCompleted: (Reaction("notices.password_changed"),),
    PasswordSetByAdmin: (Reaction("notices.password_set_by_admin", _is_to_be_told),),
    ForcedPasswordReset: (Reaction("notices.forced_reset", _is_sent),),
    PasswordResetFailed: NOTHING,
    invitations.UserInvited: (Reaction("notices.invitation", _goes_by_mail),),
    invitations.InvitationResent: (Reaction("notices.invitation"),),
    invitations.InvitationRequested: (Reaction("notices.invitation"),),
    invitations.InvitationLinkCreated: NOTHING,
    invitations.InvitationRevoked: NOTHING,
    invitations.InvitationAccepted: NOTHING,
    RegistrationAttempted: (Reaction("notices.registration_attempt"),),
    verification.EmailVerificationRequested: (Reaction("notices.verify_email"),),
    verification.PhoneVerificationRequested: (Reaction("notices.verify_phone"),),
    verification.EmailChangeRequested: (
        Reaction("notices.email_change"),
        Reaction("notices.email_change_notice", _is_new),
    ),
    verification.EmailChangeCancelled: NOTHING,
    verification.EmailChangeCompleted: (Reaction("notices.email_changed"),),
    verification.EmailChangeReverted: NOTHING,
    verification.VerificationFailed: NOTHING,
    verification.CodeResendIgnored: NOTHING,
    users.UserUpdated: NOTHING,
    users.UserEmailVerified: NOTHING,
    users.UserPhoneVerified: NOTHING,
    users.UserSuspended: NOTHING,
    users.UserReactivated: NOTHING,
    users.UserLocked: (Reaction("notices.account_locked", _was_locked_out),),
    users.UserUnlocked: NOTHING,
    users.UserDisabled: NOTHING,
    users.UserEnabled: NOTHING,
    users.UserDeleted: NOTHING,
    users.UserRestored: NOTHING,
    privacy.UserPurged: NOTHING,
    privacy.ErasureRequested: NOTHING,
    privacy.ErasureCompleted: NOTHING,
    bulk_jobs.BulkJobStarted: NOTHING,
    bulk_jobs.BulkJobFinished: NOTHING,
    bulk_jobs.BulkJobCancelled: NOTHING,
    FactorsReset: NOTHING,
    UserSignedIn: NOTHING,
    SignInFailed: NOTHING,
    UserSignedOut: NOTHING,
    SessionRevoked: NOTHING,
    AllSessionsRevoked: NOTHING,
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
    LogoChanged: NOTHING,
    LogoRemoved: NOTHING,
    apikeys.ApiKeyCreated: NOTHING,
    apikeys.ApiKeyRevoked: NOTHING,
    AuditExported: NOTHING,
    mail_templates.MailTemplateUpdated: NOTHING,
    mail_templates.MailTemplateReset: NOTHING,
    notices.MailTemplateTested: NOTHING,
    notices.MessageRetried: NOTHING,
    saved_views.SavedViewShared: NOTHING,
    saved_views.SavedViewUnshared: NOTHING,
    saved_views.SavedViewUpdated: NOTHING,
    saved_views.SavedViewDeleted: NOTHING,
}


def reactions(tenant_id: UUID, event_id: UUID, event: Event) -> list[Job]:
    """The jobs that follow one recorded event; each finds the event by its id, so no job row holds anything about a person."""
    following = REACTIONS.get(type(event), NOTHING)
    args = {"tenant": str(tenant_id), "event": str(event_id)}
    return [Job(reaction.task, args) for reaction in following if reaction.when(event)]
