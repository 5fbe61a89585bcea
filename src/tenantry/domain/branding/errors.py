"""What can be refused about a logo."""

from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.problems import FieldError


class LogoUnusable(FieldError):
    """The file is no picture that can be shown; the message says why, and what is taken."""

    def __init__(self, problem: str) -> None:
        super().__init__("logo", problem)
        self.message = f"The logo {problem}."


class LogoTooLarge(DomainError):
    """The file has too many bytes."""

    def __init__(self, problem: str) -> None:
        super().__init__(Kind.TOO_LARGE, "logo_too_large", f"The logo {problem}.", {"logo": problem})


class LogoNotFound(DomainError):
    """The tenant has no logo, or another one by now."""

    def __init__(self) -> None:
        super().__init__(Kind.NOT_FOUND, "logo_not_found", "There is no such logo.")
