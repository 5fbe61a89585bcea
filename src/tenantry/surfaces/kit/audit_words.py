"""An entry of the audit log in words for a page: what was done, by whom and to whom, and what it was before and after."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tenantry.domain.audit.model import Category, Entry
from tenantry.domain.audit.names import Names
from tenantry.kernel.events import Outcome
from tenantry.kernel.permissions import ActorKind
from tenantry.surfaces.kit.audit_entries import AuditActor, AuditEntry, entry_view

CATEGORY_LABELS = {
    Category.AUTHENTICATION: "Authentication",
    Category.AUTHORIZATION: "Authorization",
    Category.USER_MANAGEMENT: "User management",
    Category.TOKEN_MANAGEMENT: "Keys and tokens",
    Category.CONFIGURATION: "Configuration",
}
OUTCOME_LABELS = {
    Outcome.SUCCESS: "Success",
    Outcome.FAILURE: "Failure",
    Outcome.DENIED: "Denied",
    Outcome.PARTIAL: "In part",
}
OUTCOME_TONES = {
    Outcome.SUCCESS: "good",
    Outcome.FAILURE: "bad",
    Outcome.DENIED: "bad",
    Outcome.PARTIAL: "wait",
}
ACTOR_LABELS = {
    ActorKind.API_KEY.value: "API key",
    ActorKind.USER.value: "User",
    ActorKind.SYSTEM.value: "The program itself",
    ActorKind.ANONYMOUS.value: "Somebody who was not signed in",
}
KNOWN_WORDS = {
    "apikey": "API key",
    "config": "settings",
    "gdpr": "GDPR",
    "mfa": "second factor",
    "email": "email",
    "ip": "network address",
}
_BREAKS = re.compile(r"[._]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Shown(msgspec.Struct, frozen=True):
    """An entry as a page shows it. `actor` and `target` are names, with what kind of thing each is; `target_user` is the id of a
    user whose page can be opened."""

    id: str
    action: str
    words: str
    category: str
    outcome: str
    tone: str
    actor: str
    actor_kind: str
    target: str | None
    target_kind: str | None
    target_user: str | None
    ip: str | None
    at: Any


class Changed(msgspec.Struct, frozen=True):
    """One field before and after, in words; None where there was nothing."""

    field: str
    before: str | None
    after: str | None


def shown(entry: Entry, names: Names) -> Shown:
    """The entry as a row of a list; `names` are those of now."""
    view = entry_view(entry)
    return Shown(
        str(entry.id),
        entry.action,
        in_words(entry.action),
        CATEGORY_LABELS[view.category],
        OUTCOME_LABELS[entry.outcome],
        OUTCOME_TONES[entry.outcome],
        _actor(view.actor),
        ACTOR_LABELS.get(view.actor.type, view.actor.type),
        _target(entry, view, names),
        None if view.target is None else in_words(view.target.type),
        str(entry.target_id) if entry.target_type == "user" and names.of(entry) else None,
        entry.ip,
        entry.occurred_at,
    )


def in_words(name: str) -> str:
    """A name such as "user.signed_in" or "emailVerified" as words: "User signed in", "Email verified"."""
    parts = _BREAKS.sub(" ", _HUMPS.sub(" ", name)).split()
    text = " ".join(KNOWN_WORDS.get(part.lower(), part.lower()) for part in parts)
    return text[:1].upper() + text[1:]


def changed(changes: Mapping[str, Any] | None) -> list[Changed]:
    """What an entry says was before and after, one row for each field; what lies in a section is named with it."""
    rows: list[Changed] = []
    for name, change in (changes or {}).items():
        pair = change if isinstance(change, dict) and change.keys() <= {"from", "to"} else {"to": change}
        rows += _compared(in_words(name), pair.get("from"), pair.get("to"))
    return rows


def facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What else an entry says, each with its name in words."""
    found = ((in_words(name), value_in_words(value)) for name, value in values.items())
    return [(name, value) for name, value in found if value is not None]


def value_in_words(value: Any) -> str | None:
    """A value as somebody reads it; None where there is nothing."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode()


def _compared(name: str, before: Any, after: Any) -> list[Changed]:
    sides = [side for side in (before, after) if side is not None]
    if not sides or not all(isinstance(side, dict) for side in sides):
        return [Changed(name, value_in_words(before), value_in_words(after))]
    old, new = before or {}, after or {}
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return [
        Changed(
            f"{name}: {in_words(key).lower()}", value_in_words(old.get(key)), value_in_words(new.get(key))
        )
        for key in keys
    ]


def _actor(actor: AuditActor) -> str:
    kind = ACTOR_LABELS.get(actor.type, actor.type)
    return actor.label or (f"{kind} {str(actor.id)[:8]}" if actor.id else kind)


def _target(entry: Entry, view: AuditEntry, names: Names) -> str | None:
    target = view.target
    if target is None:
        return None
    if target.type == "tenant":
        return target.label or "This tenant"
    kind = view.metadata.get("kind")
    if entry.action.startswith("mail_template.") and isinstance(kind, str):
        return in_words(kind)
    then = target.email or target.label or (str(target.id)[:8] if target.id else None)
    return f"{then} (gone)" if names.is_gone(entry) else names.of(entry) or then
