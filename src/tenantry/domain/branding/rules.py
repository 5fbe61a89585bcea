"""What a tenant looks like, from what every unit of work knows of it."""

from functools import lru_cache

import msgspec

from tenantry.domain.branding.colours import accent_of
from tenantry.domain.branding.model import SECTION, Branding, LogoFacts
from tenantry.domain.tenants.model import Looks
from tenantry.domain.tenants.rules import section
from tenantry.kernel.work import TenantFacts


def branding_of(tenant: TenantFacts) -> Branding:
    """Name, accent colour and logo of the tenant. Costs no statement."""
    colour = section(tenant, "branding", Looks).accent_color
    accent = None if colour is None else accent_of(colour.lower())
    return Branding(tenant.name, colour, accent, logo_of(bytes(tenant.settings)))


@lru_cache(maxsize=512)
def logo_of(settings: bytes) -> LogoFacts | None:
    """What the settings, as JSON, know of the logo."""
    return msgspec.json.decode(settings, type=_Noted).logo if settings else None


class _Noted(msgspec.Struct, frozen=True):
    logo: LogoFacts | None = None


assert _Noted.__struct_fields__ == (SECTION,)
