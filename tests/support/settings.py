"""Changing a tenant's settings for a test, by the action that the API calls."""

from typing import Any

from tenantry.domain.credentials.model import SECTION
from tenantry.domain.credentials.policy import PasswordPolicy
from tenantry.domain.tenants.actions import change_settings
from tenantry.domain.tenants.rules import OWN_SECTIONS
from tests.support.makers import Home

SECTIONS = {**OWN_SECTIONS, SECTION: PasswordPolicy}


async def change(home: Home, section: str, **values: Any) -> None:
    """Lays values over one section; their names are those of the API."""
    async with home.works.write(home.opener()) as work:
        await change_settings(work, {section: values}, SECTIONS)
