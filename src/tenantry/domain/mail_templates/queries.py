"""Reading a tenant's own texts."""

from tenantry.domain.mail_templates import permissions
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.errors import TemplateNotFound
from tenantry.domain.mail_templates.model import MailTemplate, TemplateKind, Texts
from tenantry.kernel.db import Row
from tenantry.kernel.work import ReadWork


def find_kind(name: str) -> TemplateKind:
    """The kind of this name. Raises TemplateNotFound."""
    kind = KINDS.get(name)
    if kind is None:
        raise TemplateNotFound(name)
    return kind


async def get_template(work: ReadWork, kind: TemplateKind) -> MailTemplate:
    """What the tenant says of this kind; version 0 where it has never said anything."""
    work.require(permissions.READ)
    row = await work.db.one(
        """
        select kind, text, subject, html, version, updated_at, updated_by
        from mail_templates
        where kind = %s
        """,
        (kind.name,),
    )
    return MailTemplate(kind.name) if row is None else _template(row)


async def list_templates(work: ReadWork) -> list[tuple[TemplateKind, MailTemplate]]:
    """Every kind of message, with what the tenant says of it."""
    work.require(permissions.READ)
    rows = await work.db.all(
        """
        select kind, text, subject, html, version, updated_at, updated_by
        from mail_templates
        """
    )
    own = {row[0]: _template(row) for row in rows}
    return [(kind, own.get(name, MailTemplate(name))) for name, kind in KINDS.items()]


def _template(row: Row) -> MailTemplate:
    kind, text, subject, html, version, updated_at, updated_by = row
    texts = None if text is None else Texts(text, subject, html)
    # Version 0 is a row that was only locked.
    return MailTemplate(kind, texts, version, updated_at if version else None, updated_by)
