"""What must be known to judge a new password."""

import msgspec

from tenantry.domain.credentials.policy import PasswordPolicy

SECTION = "passwordPolicy"
"""The section of the tenant's settings that holds the policy."""


class PasswordRules(msgspec.Struct, frozen=True):
    """The tenant's policy, and the hashes of the passwords that may not come again, the newest first."""

    policy: PasswordPolicy
    earlier: tuple[str, ...] = ()
