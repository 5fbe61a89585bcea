"""Messages about addresses and numbers: links and codes that verify them, and word of a changed address to the old one."""

from functools import partial
from typing import Any

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.model import Channel, CodeKind, Form, NewCode
from tenantry.domain.codes.rules import minutes_of
from tenantry.domain.notices.following import common_values, follow, mail_to, text_to
from tenantry.domain.notices.outbox import ATTEMPTS
from tenantry.domain.notices.rendering import Letter, in_words
from tenantry.domain.tenants.model import Links, OneTimeCodes
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.model import User
from tenantry.kernel.event_log import RecordedEvent
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.work import Work

VERIFY_EMAIL = "notices.verify_email"
VERIFY_PHONE = "notices.verify_phone"
EMAIL_CHANGE = "notices.email_change"
EMAIL_CHANGE_NOTICE = "notices.email_change_notice"
EMAIL_CHANGED = "notices.email_changed"


async def mail_verify_email(env: TaskEnv, args: dict[str, Any]) -> None:
    """Mails the link or code that verifies an address; nothing to somebody whose address is verified by now."""
    await follow(env, args, VERIFY_EMAIL, partial(_verify_email, env))


async def text_verify_phone(env: TaskEnv, args: dict[str, Any]) -> None:
    """Sends the code that verifies a number; nothing to somebody whose number is verified by now."""
    await follow(env, args, VERIFY_PHONE, partial(_verify_phone, env))


async def mail_email_change(env: TaskEnv, args: dict[str, Any]) -> None:
    """Mails the new address the link that confirms it; to one that is not free, that it is not."""
    await follow(env, args, EMAIL_CHANGE, partial(_email_change, env))


async def mail_email_change_notice(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells the present address that it is about to be replaced, with a link that prevents it."""

    async def write(work: Work, user: User, event: RecordedEvent) -> Letter | None:
        old, new = user.email, event.personal.get("newEmail")
        if old is None or new is None or old != event.personal.get("email") or user.pending_email != new:
            return None
        return await _notice(env, work, user, old, new)

    await follow(env, args, EMAIL_CHANGE_NOTICE, write)


async def mail_email_changed(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells the old address that it was replaced, with a link that takes that back."""

    async def write(work: Work, user: User, event: RecordedEvent) -> Letter | None:
        old, new = event.personal.get("oldEmail"), event.personal.get("email")
        if old is None or new is None:
            return None
        return await _notice(env, work, user, old, new, completed=True)

    await follow(env, args, EMAIL_CHANGED, write)


async def _verify_email(env: TaskEnv, work: Work, user: User, event: RecordedEvent) -> Letter | None:
    if user.email is None or user.email_verified:
        return None
    form = Form(event.data["form"])
    wanted = NewCode(
        kind=CodeKind.EMAIL_VERIFICATION,
        form=form,
        user_id=user.id,
        sent_to=email_key(user.email),
        scenario=event.data.get("scenario"),
        id=event.id,
    )
    issued = await issue_code(work, wanted, env.sealer)
    values = {**common_values(work, user), "email": user.email, "works_for": _works_for(work, wanted)}
    page = f"{_pages(env, work)}/verify-email"
    if form is Form.LINK:
        return mail_to(user, "verify_email", {**values, "link": f"{page}?token={issued.secret}"})
    return mail_to(
        user, "verify_email_code", {**values, "code": issued.secret, "link": f"{page}?id={issued.id}"}
    )


async def _verify_phone(env: TaskEnv, work: Work, user: User, event: RecordedEvent) -> Letter | None:
    if user.phone is None or user.phone_verified or not user.phone_pending:
        return None
    wanted = NewCode(
        kind=CodeKind.PHONE_VERIFICATION,
        form=Form.OTP,
        channel=Channel.SMS,
        user_id=user.id,
        sent_to=user.phone,
        scenario=event.data.get("scenario"),
        id=event.id,
    )
    issued = await issue_code(work, wanted, env.sealer)
    values = {
        **common_values(work, user),
        "code": issued.secret,
        "link": f"{_pages(env, work)}/verify-phone?id={issued.id}",
        "works_for": _works_for(work, wanted),
    }
    return text_to(user, "verify_phone_code", values)


async def _email_change(env: TaskEnv, work: Work, user: User, event: RecordedEvent) -> Letter | None:
    wanted = user.pending_email
    if wanted is None or wanted != event.personal.get("newEmail"):
        return None
    if "reason" in event.data:
        values: dict[str, object] = {
            "tenant_name": work.tenant.name,
            "email": wanted,
            "link": f"{_pages(env, work)}/login",
        }
        return Letter(wanted, "email_change_taken", values)
    code = NewCode(
        kind=CodeKind.EMAIL_CHANGE,
        user_id=user.id,
        sent_to=email_key(wanted),
        scenario="EMAIL_VERIFICATION_ON_UPDATE",
        id=event.id,
    )
    issued = await issue_code(work, code, env.sealer)
    values = {
        **common_values(work, user),
        "email": wanted,
        "link": f"{_pages(env, work)}/verify-email?token={issued.secret}",
        "works_for": _works_for(work, code),
    }
    return Letter(wanted, "email_change", values)


async def _notice(
    env: TaskEnv, work: Work, user: User, old: str, new: str, *, completed: bool = False
) -> Letter:
    code = NewCode(kind=CodeKind.EMAIL_REVERT, user_id=user.id, sent_to=email_key(old))
    issued = await issue_code(work, code, env.sealer)
    values = {
        **common_values(work, user),
        "old_email": old,
        "email": new,
        "completed": completed,
        "link": f"{_pages(env, work)}/revert-email?token={issued.secret}",
        "works_for": _works_for(work, code),
    }
    return Letter(old, "email_change_notice", values)


def _works_for(work: Work, code: NewCode) -> str:
    links, otps = section(work.tenant, "links", Links), section(work.tenant, "oneTimeCodes", OneTimeCodes)
    minutes = minutes_of(code.kind, code.form, links, otps)
    return in_words(-1 if minutes is None else minutes)


def _pages(env: TaskEnv, work: Work) -> str:
    # The configured address and never that of a request, which its sender chooses.
    return f"{env.settings.address}/t/{work.tenant.slug}"


TASKS = (
    Task(VERIFY_EMAIL, mail_verify_email, attempts=ATTEMPTS),
    Task(VERIFY_PHONE, text_verify_phone, attempts=ATTEMPTS),
    Task(EMAIL_CHANGE, mail_email_change, attempts=ATTEMPTS),
    Task(EMAIL_CHANGE_NOTICE, mail_email_change_notice, attempts=ATTEMPTS),
    Task(EMAIL_CHANGED, mail_email_changed, attempts=ATTEMPTS),
)
