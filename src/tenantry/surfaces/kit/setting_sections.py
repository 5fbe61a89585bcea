"""Every section of a tenant's settings, with the Struct that checks it."""

from tenantry.domain.credentials.model import SECTION as PASSWORD_POLICY
from tenantry.domain.credentials.policy import PasswordPolicy
from tenantry.domain.tenants.rules import OWN_SECTIONS

SECTIONS: dict[str, type] = {**OWN_SECTIONS, PASSWORD_POLICY: PasswordPolicy}
