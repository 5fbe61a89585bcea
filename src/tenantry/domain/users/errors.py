"""What can be refused about users."""

from tenantry.kernel.errors import DomainError, Kind

DUPLICATE = "a user with this {field} already exists"
RESERVED = "address_free"
FIELDS = {"users_email_key": "email", "users_username_key": "username", "users_phone_key": "phoneNumber"}


class UserNotFound(DomainError):
    """No user of this tenant has this id or address, or the user was deleted."""

    def __init__(self, ref: str) -> None:
        super().__init__(Kind.NOT_FOUND, "resource_not_found", "There is no such user.", {"id": ref[:320]})


class IdentifierTaken(DomainError):
    """Another user of this tenant has the same email, username or phone number. `field` says which."""

    def __init__(self, field: str) -> None:
        text = DUPLICATE.format(field={"phoneNumber": "phone number"}.get(field, field))
        super().__init__(Kind.CONFLICT, "duplicate_resource", text[0].upper() + text[1:] + ".", {field: text})
        self.field = field


class AddressReserved(DomainError):
    """Nobody has the address as their own, but it is held back: for an invited person, a change under way or a deleted user."""

    def __init__(self) -> None:
        text = "this email is reserved: somebody was invited with it, is changing to it, or had it until they were deleted"
        super().__init__(
            Kind.CONFLICT, "duplicate_resource", text[0].upper() + text[1:] + ".", {"email": text}
        )


class UserChanged(DomainError):
    """The user has changed since the caller read it; the caller's version is stale."""

    def __init__(self, version: int) -> None:
        super().__init__(
            Kind.PRECONDITION,
            "precondition_failed",
            "The user has changed since you read it. Read it again and repeat your change.",
            {"If-Match": f'the present version is "{version}"'},
        )


class OwnAccount(DomainError):
    """A person would shut themselves out of the administration; whoever is the last who can undo it would be lost as well."""

    def __init__(self, message: str) -> None:
        super().__init__(Kind.CONFLICT, "own_account", message, {"id": message})


class StateRefused(DomainError):
    """The state cannot be changed in this way."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(Kind.UNPROCESSABLE, "validation_error", message, {field: message})
