"""How a caller names a user: by id or by email address."""

from uuid import UUID

import msgspec

from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.fields import email_key


class UserRef(msgspec.Struct, frozen=True):
    """Either an id or the normalised form of an email address."""

    id: UUID | None
    email_key: str | None


def parse_ref(text: str) -> UserRef:
    """A UUID or an address, as every `{user_id}` in a path is. Raises UserNotFound for anything else."""
    if "@" in text:
        key = email_key(text) if len(text) <= 320 else None
        if key is None:
            raise UserNotFound(text)
        return UserRef(None, key)
    try:
        return UserRef(UUID(text), None)
    except ValueError as error:
        raise UserNotFound(text) from error
