"""What is asked for when a person is created, before and after the rules have passed it."""

import msgspec

from tenantry.domain.users.model import CleanUser, NewUser


class NewPerson(msgspec.Struct, kw_only=True):
    """A new user with roles and groups by slug, and perhaps a password.

    `send_setup` mails a link by which the person chooses a password, where none is given.
    """

    user: NewUser
    roles: list[str] = msgspec.field(default_factory=list)
    groups: list[str] = msgspec.field(default_factory=list)
    password: str | None = None
    send_setup: bool = True
    via: str = "admin_api"


class PreparedPerson(msgspec.Struct, frozen=True):
    """A new person whose fields the rules have passed; the password is still to be hashed."""

    new: NewPerson
    clean: CleanUser
