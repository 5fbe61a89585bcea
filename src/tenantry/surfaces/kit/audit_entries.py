"""An entry of the audit log as it is shown, and as it stands in an export."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.audit.model import Category, Entry, ExportFormat
from tenantry.domain.audit.rules import category_of
from tenantry.kernel.events import Outcome
from tenantry.kernel.permissions import ActorKind
from tenantry.surfaces.kit.csv_lines import csv_line, in_chunks
from tenantry.surfaces.kit.wire import Moment

COLUMNS = (
    "id", "timestamp", "action", "category", "outcome", "actorType", "actorId", "actor", "targetType", "targetId", "target",
    "ipAddress", "userAgent", "requestId", "changes", "metadata",
)  # fmt: skip
_encoder = msgspec.json.Encoder()


class AuditActor(msgspec.Struct, frozen=True):
    """Who did it: `api_key`, `user`, `system` or `anonymous`. `label` is the key's name or the person's address."""

    type: str
    id: UUID | None
    label: str | None
    email: str | None


class AuditTarget(msgspec.Struct, frozen=True):
    """To whom or what it was done. `label` and `email` are as they were then."""

    type: str
    id: UUID | None
    label: str | None
    email: str | None


class AuditEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One entry. `changes` maps each changed field to what was before and after."""

    id: UUID
    action: str
    category: Category
    outcome: Outcome
    actor: AuditActor
    target: AuditTarget | None
    ip_address: str | None
    user_agent: str | None
    request_id: str | None
    changes: dict[str, Any] | None
    metadata: dict[str, Any]
    timestamp: Moment


def entry_view(entry: Entry) -> AuditEntry:
    """The entry in the words of the API."""
    facts = {**entry.data, **entry.personal}
    actor = facts.pop("actor", None)
    changes = facts.pop("changes", None)
    return AuditEntry(
        entry.id,
        entry.action,
        category_of(entry.action),
        entry.outcome,
        AuditActor(
            entry.actor_kind, entry.actor_id, actor, actor if entry.actor_kind == ActorKind.USER else None
        ),
        _target(entry),
        entry.ip,
        entry.user_agent,
        entry.request_id,
        changes,
        facts,
        entry.occurred_at,
    )


def _target(entry: Entry) -> AuditTarget | None:
    if entry.target_type is None:
        return None
    facts = {**entry.data, **entry.personal}
    named = [facts[key] for key in ("name", "email", "username", "slug") if isinstance(facts.get(key), str)]
    email = entry.personal.get("email")
    return AuditTarget(entry.target_type, entry.target_id, named[0] if named else None, email)


def exported(entries: AsyncIterable[Entry], wanted: ExportFormat) -> AsyncGenerator[bytes, None]:
    """The entries as a file, in chunks."""
    return in_chunks(_csv_rows(entries) if wanted is ExportFormat.CSV else _json_rows(entries))


async def _json_rows(entries: AsyncIterable[Entry]) -> AsyncGenerator[bytes, None]:
    lead = b"[\n"
    async for entry in entries:
        yield lead + _encoder.encode(entry_view(entry))
        lead = b",\n"
    yield b"\n]\n" if lead == b",\n" else b"[]\n"


async def _csv_rows(entries: AsyncIterable[Entry]) -> AsyncGenerator[bytes, None]:
    yield csv_line(COLUMNS)
    async for entry in entries:
        yield csv_line(_cells(entry_view(entry)))


def _cells(view: AuditEntry) -> tuple[str, ...]:
    target = view.target or AuditTarget("", None, None, None)
    return (
        str(view.id),
        view.timestamp.isoformat().replace("+00:00", "Z"),
        view.action,
        view.category.value,
        view.outcome.value,
        view.actor.type,
        _text(view.actor.id),
        _text(view.actor.label),
        target.type,
        _text(target.id),
        _text(target.email or target.label),
        _text(view.ip_address),
        _text(view.user_agent),
        _text(view.request_id),
        "" if view.changes is None else _encoder.encode(view.changes).decode(),
        _encoder.encode(view.metadata).decode(),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
