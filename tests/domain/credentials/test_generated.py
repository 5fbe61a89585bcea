"""Generated passwords meet every policy and are never the same."""

import pytest

from tenantry.domain.credentials.generated import CLASSES, generated_password
from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords, broken_rules


@pytest.mark.parametrize("length", [8, 16, 64, 256])
def test_a_generated_password_meets_the_policy(length: int) -> None:
    policy = PasswordPolicy(
        min_length=length,
        require_uppercase=True,
        require_lowercase=True,
        require_numbers=True,
        require_symbols=True,
        min_score=4,
    )
    made = generated_password(policy, PersonalWords())
    assert (len(made), broken_rules(made, policy, PersonalWords())) == (max(16, length), [])
    assert all(set(made) & set(signs) for signs in CLASSES)


def test_it_never_holds_a_short_name_that_stands_alone() -> None:
    about = PersonalWords(given_name="Al", family_name="Bo", username="xy")
    made = [generated_password(PasswordPolicy(), about) for _ in range(50)]
    assert len(set(made)) == 50
    assert not [one for one in made if broken_rules(one, PasswordPolicy(), about)]


def test_nothing_in_it_looks_like_another_sign() -> None:
    assert not set("".join(CLASSES)) & set("0O1Il5S8B")
