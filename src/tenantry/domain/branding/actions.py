"""Giving a tenant a logo, and taking it away."""

import asyncio
from typing import Any

import msgspec

from tenantry.domain.branding.events import LogoChanged, LogoRemoved
from tenantry.domain.branding.model import SECTION, LogoFacts
from tenantry.domain.branding.pictures import Checked, checked_picture
from tenantry.domain.branding.rules import logo_of
from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.actions import note_in_settings
from tenantry.kernel.work import Work


async def set_logo(work: Work, content: bytes) -> LogoFacts:
    """Makes a PNG, JPEG or WebP file the logo of the tenant; the same one again is no change.

    Raises LogoTooLarge and LogoUnusable.
    """
    work.require(permissions.SETTINGS_WRITE)
    checked = await asyncio.to_thread(checked_picture, content)
    before = await note_in_settings(work, SECTION, msgspec.to_builtins(checked.facts))
    known = logo_of(bytes(before.settings))
    if known == checked.facts:
        return checked.facts
    await _store(work, checked)
    work.record(LogoChanged(target_id=work.tenant.id, data=_data(known, checked)))
    return checked.facts


async def remove_logo(work: Work) -> bool:
    """Has the tenant show no logo; says whether it showed one."""
    work.require(permissions.SETTINGS_WRITE)
    before = await note_in_settings(work, SECTION, None)
    known = logo_of(bytes(before.settings))
    if known is None:
        return False
    await work.db.run("delete from tenant_logos")
    work.record(LogoRemoved(target_id=work.tenant.id, data={"from": known.hash}))
    return True


async def _store(work: Work, checked: Checked) -> None:
    await work.db.run(
        """
        insert into tenant_logos (hash, media_type, content, updated_at)
        values (%s, %s, %s, %s)
        on conflict (tenant_id) do update
        set hash = excluded.hash,
            media_type = excluded.media_type,
            content = excluded.content,
            updated_at = excluded.updated_at
        """,
        (checked.facts.hash, checked.picture.media_type, checked.picture.content, work.now),
    )


def _data(before: LogoFacts | None, checked: Checked) -> dict[str, Any]:
    facts, picture = checked.facts, checked.picture
    return {
        "from": None if before is None else before.hash,
        "to": facts.hash,
        "type": picture.media_type,
        "bytes": len(picture.content),
        "width": facts.width,
        "height": facts.height,
    }
