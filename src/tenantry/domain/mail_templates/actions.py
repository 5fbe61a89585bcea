"""Writing and resetting a tenant's own texts."""

import asyncio

from tenantry.domain.mail_templates import permissions
from tenantry.domain.mail_templates.errors import TemplateChanged
from tenantry.domain.mail_templates.events import MailTemplateReset, MailTemplateUpdated
from tenantry.domain.mail_templates.model import MailTemplate, TemplateKind, Texts
from tenantry.domain.mail_templates.queries import get_template
from tenantry.domain.mail_templates.rules import check_texts
from tenantry.kernel.work import Work


async def save_template(
    work: Work,
    kind: TemplateKind,
    texts: Texts,
    expected_version: int | None = None,
    *,
    built_in: Texts | None = None,
) -> MailTemplate:
    """Makes these the texts of the tenant for this kind; the same ones again are no change, and the built-in ones are a reset.

    Raises DomainError naming each part that is wrong, and TemplateChanged when `expected_version` is not the present one.
    """
    work.require(permissions.WRITE)
    if texts == built_in:
        return await reset_template(work, kind, expected_version)
    # A hundred thousand characters take a moment, in which others are to be served.
    await asyncio.to_thread(check_texts, kind, texts)
    before = await _locked(work, kind, expected_version)
    if before.texts == texts:
        return before
    await _store(work, kind, texts)
    work.record(MailTemplateUpdated(data=_data(kind, before.texts, texts)))
    return await get_template(work, kind)


async def reset_template(work: Work, kind: TemplateKind, expected_version: int | None = None) -> MailTemplate:
    """Lets the built-in text be sent again; where it is sent already nothing changes.

    Raises TemplateChanged when `expected_version` is given and not the present one.
    """
    work.require(permissions.WRITE)
    before = await _locked(work, kind, expected_version)
    if before.texts is None:
        return before
    await _store(work, kind, None)
    work.record(MailTemplateReset(data=_data(kind, before.texts, None)))
    return await get_template(work, kind)


async def _locked(work: Work, kind: TemplateKind, expected_version: int | None) -> MailTemplate:
    """The present state, locked against other writers. The row is made first, so that there is something to lock."""
    await work.db.run(
        """
        insert into mail_templates (kind, version, updated_at)
        values (%s, 0, %s)
        on conflict (tenant_id, kind) do update
        set kind = excluded.kind
        """,
        (kind.name, work.now),
    )
    present = await get_template(work, kind)
    if expected_version is not None and expected_version != present.version:
        raise TemplateChanged
    return present


async def _store(work: Work, kind: TemplateKind, texts: Texts | None) -> None:
    await work.db.run(
        """
        update mail_templates
        set text = %s,
            subject = %s,
            html = %s,
            version = version + 1,
            updated_at = %s,
            updated_by = %s
        where kind = %s
        """,
        (
            texts and texts.text,
            texts and texts.subject,
            texts and texts.html,
            work.now,
            work.actor.id,
            kind.name,
        ),
    )


def _data(kind: TemplateKind, before: Texts | None, after: Texts | None) -> dict[str, str | None]:
    return {
        "kind": kind.name,
        "before": None if before is None else before.digest,
        "after": None if after is None else after.digest,
    }
