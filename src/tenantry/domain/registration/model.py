"""Somebody who signs up."""

import msgspec


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, as it was typed; the password travels apart."""

    email: str
    name: str | None
