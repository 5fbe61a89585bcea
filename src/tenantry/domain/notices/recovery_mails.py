"""Messages about passwords: links and codes to choose one, and that there is a new one."""

from datetime import datetime
from functools import partial
from typing import Any

from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.codes.model import CodeKind, Form, IssuedCode
from tenantry.domain.codes.queries import refuse_too_many
from tenantry.domain.codes.rules import minutes_of
from tenantry.domain.notices.following import common_values, follow, log, mail_to, text_to
from tenantry.domain.notices.outbox import ATTEMPTS
from tenantry.domain.notices.rendering import Letter, in_words
from tenantry.domain.recovery.actions import create_code, wanted_code
from tenantry.domain.recovery.model import By, Method, Request, request_of, set_up
from tenantry.domain.tenants.model import Links, OneTimeCodes, Recovery
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.model import PasswordPending, User
from tenantry.kernel.event_log import RecordedEvent
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.work import Work

PASSWORD_RESET = "notices.password_reset"
PASSWORD_SETUP = "notices.password_setup"
PASSWORD_CHANGED = "notices.password_changed"
PASSWORD_SET_BY_ADMIN = "notices.password_set_by_admin"
FORCED_RESET = "notices.forced_reset"
WELCOME = "notices.welcome"
ACCOUNT_LOCKED = "notices.account_locked"


async def mail_password_reset(env: TaskEnv, args: dict[str, Any]) -> None:
    """Sends a single-use link or code to somebody who asked for it, or for whom an administrator did."""
    await follow(env, args, PASSWORD_RESET, partial(_write_asked, env))


async def mail_forced_reset(env: TaskEnv, args: dict[str, Any]) -> None:
    """Sends somebody of whom an administrator demands a new password the link or code to choose it."""
    await follow(env, args, FORCED_RESET, partial(_write_asked, env))


async def mail_password_setup(env: TaskEnv, args: dict[str, Any]) -> None:
    """Invites the owner of a new account to choose its first password; nothing goes to somebody who has one by now."""

    async def write(work: Work, user: User, event: RecordedEvent) -> Letter | None:
        if user.password_pending != PasswordPending.INITIAL_SETUP:
            return None
        method = Method(event.data.get("setupMethod", Method.EMAIL_LINK.value))
        return await _write(env, work, user, event, set_up(method))

    await follow(env, args, PASSWORD_SETUP, write)


async def mail_password_changed(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells somebody that their password was changed, in case it was not they who did it."""

    async def write(work: Work, user: User, _: RecordedEvent) -> Letter | None:
        if not section(work.tenant, "recovery", Recovery).notify_on_success:
            return None
        return mail_to(user, "password_changed", common_values(work, user))

    await follow(env, args, PASSWORD_CHANGED, write)


async def mail_password_set_by_admin(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells somebody that an administrator set their password; the password itself is never mailed."""

    async def write(work: Work, user: User, event: RecordedEvent) -> Letter | None:
        values = {**common_values(work, user), "temporary": event.data.get("temporary") is True}
        return mail_to(user, "password_set_by_admin", values)

    await follow(env, args, PASSWORD_SET_BY_ADMIN, write)


async def mail_welcome(env: TaskEnv, args: dict[str, Any]) -> None:
    """Welcomes the owner of a new account, and says where and as whom they sign in."""

    async def write(work: Work, user: User, _: RecordedEvent) -> Letter | None:
        values = {
            **common_values(work, user),
            "link": f"{env.settings.address}/t/{work.tenant.slug}/login",
            "has_password": user.password_pending != PasswordPending.INITIAL_SETUP,
        }
        return mail_to(user, "welcome", values)

    await follow(env, args, WELCOME, write)


async def mail_account_locked(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells somebody that wrong passwords have locked their account for a while, unless that is over by now."""

    async def write(work: Work, user: User, event: RecordedEvent) -> Letter | None:
        until = datetime.fromisoformat(event.data["until"])
        if until <= work.now:
            return None
        minutes = round((until - event.occurred_at).total_seconds() / 60)
        values = {
            **common_values(work, user),
            "locked_for": in_words(minutes),
            "recovery": bool(section(work.tenant, "recovery", Recovery).methods),
        }
        return mail_to(user, "account_locked", values)

    await follow(env, args, ACCOUNT_LOCKED, write)


async def _write_asked(env: TaskEnv, work: Work, user: User, event: RecordedEvent) -> Letter | None:
    request = request_of(event.data)
    return None if request is None else await _write(env, work, user, event, request)


async def _write(
    env: TaskEnv, work: Work, user: User, event: RecordedEvent, request: Request
) -> Letter | None:
    """The message with the link or code; none for somebody without the address, or who asked for too many."""
    wanted = wanted_code(user, request, event.id)
    if wanted is None:
        return None
    if request.by is By.SELF:
        # Here and not where it is asked for: there the answer would be another one for those who exist.
        try:
            await refuse_too_many(work, wanted)
        except TooManyCodes:
            log.info("a code that was asked for too often is not sent", event_id=str(event.id))
            return None
    issued = await create_code(work, wanted, env.sealer)
    values = {**common_values(work, user), **_facts(work, request)}
    if request.method.form is Form.LINK:
        values["link"] = f"{_pages(env, work)}/reset-password?token={issued.secret}"
        values["old_works"] = event.data.get("oldPasswordWorks") is True
        return mail_to(user, "forced_reset" if values["forced"] else "password_reset", values)
    return _with_code(env, work, user, request, issued, values)


def _with_code(
    env: TaskEnv, work: Work, user: User, request: Request, issued: IssuedCode, values: dict[str, object]
) -> Letter | None:
    by_sms = request.method is Method.SMS_OTP
    link = f"{_pages(env, work)}/forgot-password/code?id={issued.id}&via={'sms' if by_sms else 'email'}"
    values["code"] = issued.secret
    if not by_sms:
        return mail_to(user, "password_code", {**values, "link": link})
    # Whoever asked has the page open, and a text message is short.
    return text_to(user, "password_code_sms", {**values, "link": None if request.by is By.SELF else link})


def _facts(work: Work, request: Request) -> dict[str, object]:
    links, otps = section(work.tenant, "links", Links), section(work.tenant, "oneTimeCodes", OneTimeCodes)
    minutes = minutes_of(request.kind, request.method.form, links, otps)
    return {
        "first": request.kind is CodeKind.PASSWORD_SETUP,
        "forced": request.scenario is not None and request.kind is CodeKind.PASSWORD_RESET,
        "works_for": in_words(-1 if minutes is None else minutes),
    }


def _pages(env: TaskEnv, work: Work) -> str:
    # The configured address and never that of a request, which its sender chooses.
    return f"{env.settings.address}/t/{work.tenant.slug}"


TASKS = (
    Task(PASSWORD_RESET, mail_password_reset, attempts=ATTEMPTS),
    Task(PASSWORD_SETUP, mail_password_setup, attempts=ATTEMPTS),
    Task(PASSWORD_CHANGED, mail_password_changed, attempts=ATTEMPTS),
    Task(PASSWORD_SET_BY_ADMIN, mail_password_set_by_admin, attempts=ATTEMPTS),
    Task(FORCED_RESET, mail_forced_reset, attempts=ATTEMPTS),
    Task(WELCOME, mail_welcome, attempts=ATTEMPTS),
    Task(ACCOUNT_LOCKED, mail_account_locked, attempts=ATTEMPTS),
)
