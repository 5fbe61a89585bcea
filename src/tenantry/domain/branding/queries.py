"""Reading a tenant's looks."""

from tenantry.domain.branding import permissions
from tenantry.domain.branding.errors import LogoNotFound
from tenantry.domain.branding.model import Branding, Picture
from tenantry.domain.branding.rules import branding_of
from tenantry.domain.tenants import permissions as tenants
from tenantry.kernel.work import ReadWork


async def get_branding(work: ReadWork) -> Branding:
    """Name, accent colour and logo of the tenant of this unit of work."""
    work.require(tenants.SETTINGS_READ)
    return branding_of(work.tenant)


async def get_logo(work: ReadWork, digest: str) -> Picture:
    """The picture with this hash. Raises LogoNotFound unless it is the logo now."""
    work.require(permissions.SHOW)
    row = await work.db.one(
        """
        select media_type, content
        from tenant_logos
        where hash = %s
        """,
        (digest,),
    )
    if row is None:
        raise LogoNotFound
    media_type, content = row
    return Picture(media_type, bytes(content))
