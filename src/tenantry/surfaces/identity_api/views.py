"""What the identity API takes and answers."""

import msgspec

PRIMARY = "PRIMARY"
RECOVERY_SCENARIO = "RecoveryScenario"


class UserName(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whom it is about: an email address, username or phone number, without a prefix. There is one `realm`, PRIMARY."""

    username: str
    realm: str = PRIMARY


class Property(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A name with a value."""

    key: str
    value: str


class ResendCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`properties` has one RecoveryScenario; without one it is SELF_SIGN_UP."""

    user: UserName
    properties: list[Property] = msgspec.field(default_factory=list)


class VerifiedChannel(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Over what the code came: `type` is EMAIL or SMS, `claim` the claim that it proves. Both are taken and not needed: a code
    knows itself over what it went."""

    type: str
    claim: str | None = None


class ValidateCode(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The token of a link; or a one-time code behind the id that its message's link has, with a dot between them."""

    code: str
    verified_channel: VerifiedChannel | None = None


class IntrospectCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The token of a link; or a one-time code behind the id that its message's link has, with a dot between them."""

    code: str


class CodeOwner(msgspec.Struct, frozen=True, rename="camel"):
    """Whose code it is. `tenantDomain` is the tenant's slug."""

    username: str
    realm: str
    tenant_domain: str


class Introspection(msgspec.Struct, frozen=True, rename="camel"):
    """What a code is for, and what using it comes to. An expired one is told of as well."""

    user: CodeOwner
    recovery_scenario: str
    recovery_step: str
    is_expired: bool
