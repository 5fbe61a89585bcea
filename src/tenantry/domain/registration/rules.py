"""Who may sign up."""

from tenantry.domain.registration.errors import RegistrationClosed
from tenantry.domain.tenants.model import Registration
from tenantry.kernel import lazy
from tenantry.kernel.problems import FieldError


def refuse_closed(settings: Registration) -> None:
    """Raises RegistrationClosed unless people may sign up by themselves."""
    if not settings.enabled or settings.mode != "open":
        raise RegistrationClosed(by_invitation=settings.mode == "invitation_only")


def refuse_foreign_domain(settings: Registration, email_key: str) -> None:
    """Raises FieldError for an address in no domain that the tenant allows; a domain below an allowed one is another."""
    if not settings.allowed_email_domains:
        return
    allowed = {normal_domain(domain) for domain in settings.allowed_email_domains}
    if email_key.rpartition("@")[2] not in allowed:
        raise FieldError("email", "addresses of this domain cannot sign up here")


def normal_domain(text: str) -> str:
    """A domain as it stands in the key of an address: in lower case and, where it is internationalised, in its ASCII form."""
    domain = text.strip().lstrip("@").rstrip(".").lower()
    if domain.isascii():
        return domain
    library = lazy.idna()
    try:
        return str(library.encode(domain, uts46=True).decode())
    except library.IDNAError:
        return domain
