"""A desk at which people of the tenant sign in."""

import pytest

from tenantry.domain.credentials.hashing import PasswordHasher
from tests.conftest import CHEAP
from tests.support.makers import Home
from tests.support.signing_in import Desk


@pytest.fixture
def desk(home: Home) -> Desk:
    return Desk(home, PasswordHasher(CHEAP, threads=1, queue=8))
