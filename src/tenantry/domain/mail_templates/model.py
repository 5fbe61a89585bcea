"""Kinds of messages, their variables, and a tenant's own texts."""

import hashlib
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Medium(StrEnum):
    """What a text is written for: a mail has a subject and may have HTML, a text message is one plain text."""

    EMAIL = "email"
    SMS = "sms"


class Role(StrEnum):
    """What a variable can be used for. A flag is only asked about; an address may also stand in the `href` of a link."""

    TEXT = "text"
    ADDRESS = "address"
    FLAG = "flag"


class Variable(msgspec.Struct, frozen=True):
    """Something that a text can name. `may_be_empty` means that a text should ask with `if` before it shows it."""

    name: str
    meaning: str
    example: str | bool
    role: Role = Role.TEXT
    may_be_empty: bool = False


class TemplateKind(msgspec.Struct, frozen=True):
    """A message that is sent. `needs` are the variables without which it would be of no use."""

    name: str
    medium: Medium
    meaning: str
    variables: tuple[Variable, ...]
    needs: frozenset[str] = frozenset()

    @property
    def examples(self) -> dict[str, object]:
        """Values to show the text with."""
        return {variable.name: variable.example for variable in self.variables}


class Texts(msgspec.Struct, frozen=True):
    """The parts of a message as they are written. A text message has text alone; a mail may do without HTML."""

    text: str
    subject: str | None = None
    html: str | None = None

    @property
    def digest(self) -> str:
        """A fingerprint for the audit log, which keeps no texts."""
        return hashlib.sha256(msgspec.msgpack.encode(self)).hexdigest()


class MailTemplate(msgspec.Struct, frozen=True):
    """What a tenant says of one kind: its own texts, or None for the built-in ones. A reset is a version as well."""

    kind: str
    texts: Texts | None = None
    version: int = 0
    updated_at: datetime | None = None
    updated_by: UUID | None = None
