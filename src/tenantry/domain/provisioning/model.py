"""What is asked for when a person is created, before and after the rules have passed it."""

from uuid import UUID

import msgspec

from tenantry.domain.users.model import CleanUser, NewUser


class NewPerson(msgspec.Struct, kw_only=True):
    """A new user with roles and groups by slug, and perhaps a password.

    `send_setup` sends a link or code by which the person chooses a password, where none is given; `setup_method` says which, as
    recovery names them (as the tenant has it without). `send_welcome` mails a welcome. `claim` is the invitation that may hold
    the address back.
    """

    user: NewUser
    roles: list[str] = msgspec.field(default_factory=list)
    groups: list[str] = msgspec.field(default_factory=list)
    password: str | None = None
    send_setup: bool = True
    setup_method: str | None = None
    send_welcome: bool = False
    via: str = "admin_api"
    claim: UUID | None = None


class PreparedPerson(msgspec.Struct, frozen=True):
    """A new person whose fields the rules have passed; the password is still to be hashed."""

    new: NewPerson
    clean: CleanUser
