"""What an administrator can do with messages: preview a text, send a test of it, and have one that waits tried again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec

from tenantry.domain.codes.model import Channel
from tenantry.domain.mail_templates import permissions as templates
from tenantry.domain.mail_templates.errors import Unusable
from tenantry.domain.mail_templates.model import Medium, TemplateKind, Texts
from tenantry.domain.mail_templates.queries import get_template
from tenantry.domain.mail_templates.rules import check_texts
from tenantry.domain.notices import permissions
from tenantry.domain.notices.errors import MessageNotFound, NothingToRetry, NowhereToSend, TooManyTests
from tenantry.domain.notices.events import MailTemplateTested, MessageRetried
from tenantry.domain.notices.looks import look_of
from tenantry.domain.notices.model import MessageState
from tenantry.domain.notices.outbox import Entry, put
from tenantry.domain.notices.queries import find_own_address
from tenantry.domain.notices.rendering import Letter, addressed, built_in, filled
from tenantry.domain.users.fields import normal_email, normal_phone
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import Job, ReadWork, Work

TEST = "notices.test"
RETRY = "notices.retry"
MOST_TESTS = 20
MARK = "[Test]"
WINDOW = timedelta(hours=1)


async def preview(
    work: ReadWork, kind: TemplateKind, texts: Texts | None, public_address: str | None = None
) -> Texts:
    """The texts with example values: those given, else the tenant's own, else the built-in ones, which show the tenant's logo
    where `public_address` says where it is fetched from.

    Raises DomainError naming each part that is wrong.
    """
    work.require(templates.READ)
    values = {**kind.examples, "tenant_name": work.tenant.name}
    if texts is not None:
        await asyncio.to_thread(check_texts, kind, texts)
    shown = texts or (await get_template(work, kind)).texts
    if shown is None:
        return await asyncio.to_thread(built_in, kind, values, look_of(work.tenant, public_address))
    try:
        return await asyncio.to_thread(filled, kind, shown, values)
    except Unusable as error:
        raise FieldError("text", str(error)) from error


async def send_test(
    work: Work,
    kind: TemplateKind,
    to: str,
    texts: Texts | None,
    sealer: Sealer,
    public_address: str | None = None,
) -> UUID:
    """Puts a message with example values into the outbox, and gives its id. It says that it is a test where it is seen first.

    Raises DomainError for a bad address, number or text, and TooManyTests.
    """
    work.require(templates.WRITE)
    address, channel = _address(kind, to)
    shown = await preview(work, kind, texts, public_address)
    letter = Letter(address, kind.name, {}, channel)
    return await _put_test(work, letter, shown, sealer, None)


async def send_test_to_oneself(
    work: Work, kind: TemplateKind, texts: Texts | None, sealer: Sealer, public_address: str | None = None
) -> str:
    """As `send_test`, to the address or number of whoever is signed in, which it gives. Raises NowhereToSend as well.

    The message is theirs, and goes with them.
    """
    work.require(templates.WRITE)
    to = await find_own_address(work, kind.medium)
    if to is None:
        raise NowhereToSend(kind.medium)
    address, channel = _address(kind, to)
    shown = await preview(work, kind, texts, public_address)
    await _put_test(work, Letter(address, kind.name, {}, channel), shown, sealer, work.actor.id)
    return to


async def retry_message(work: Work, message_id: UUID) -> None:
    """Has a message that waits for its next try tried at once. Raises MessageNotFound and NothingToRetry."""
    work.require(permissions.RETRY)
    row = await work.db.one(
        """
        select state, content is not null
        from mail_messages
        where id = %s
        for no key update
        """,
        (message_id,),
    )
    if row is None:
        raise MessageNotFound(str(message_id))
    state, has_content = MessageState(row[0]), row[1]
    if state is not MessageState.QUEUED or not has_content:
        raise NothingToRetry(state)
    work.record(MessageRetried(target_id=message_id))
    work.defer(_delivery(work, RETRY, message_id))


async def _put_test(work: Work, letter: Letter, shown: Texts, sealer: Sealer, owner: UUID | None) -> UUID:
    """`owner` is who sends it to themselves: then the event has no address, for it is that of the actor."""
    await _count_test(work)
    entry = Entry(TEST, owner, None, None, letter.template)
    message_id = await put(work, entry, addressed(letter, _marked(shown)), sealer)
    personal = {"to": letter.to} if owner is None else {}
    work.record(MailTemplateTested(target_id=message_id, data={"kind": letter.template}, personal=personal))
    work.defer(_delivery(work, TEST, message_id))
    return message_id


def _marked(shown: Texts) -> Texts:
    if shown.subject is None:
        return msgspec.structs.replace(shown, text=f"{MARK} {shown.text}")
    return msgspec.structs.replace(shown, subject=f"{MARK} {shown.subject}")


def _delivery(work: Work, task: str, message_id: UUID) -> Job:
    return Job(task, {"tenant": str(work.tenant.id), "message": str(message_id)})


def _address(kind: TemplateKind, to: str) -> tuple[str, Channel]:
    if kind.medium is Medium.SMS:
        return normal_phone(to, field="to"), Channel.SMS
    return normal_email(to, field="to").original, Channel.EMAIL


async def _count_test(work: Work) -> None:
    # One after the other, so that two at once do not both count to one less than there are.
    await work.db.run("select pg_advisory_xact_lock(hashtextextended(current_tenant()::text, 7204118338))")
    sent, first = await work.db.one(  # type: ignore[misc]
        """
        select count(*), min(created_at)
        from mail_messages
        where kind = %s
          and created_at > %s
        """,
        (TEST, work.now - WINDOW),
    )
    if sent >= MOST_TESTS:
        raise TooManyTests(MOST_TESTS, int((first + WINDOW - work.now).total_seconds()) + 1)
