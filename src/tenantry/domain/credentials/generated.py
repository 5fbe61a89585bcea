"""Passwords that the program makes up for somebody, to be handed on by an administrator."""

import secrets

from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords, broken_rules

# Without what looks alike in print: 0 O, 1 I l, 5 S, 8 B. The signs need no explanation on the telephone.
UPPER = "ACDEFGHJKLMNPQRTUVWXYZ"
LOWER = "abcdefghijkmnopqrstuvwxyz"
DIGITS = "234679"
SYMBOLS = "-_.!?*+="
CLASSES = (UPPER, LOWER, DIGITS, SYMBOLS)
SHORTEST = 16
MOST_TRIES = 50


def generated_password(policy: PasswordPolicy, about: PersonalWords) -> str:
    """A random password of 16 characters or what the policy asks for (about 90 bits), of every class and without the person's
    name. Judging it takes some milliseconds, so it belongs off the event loop."""
    chance = secrets.SystemRandom()
    for _ in range(MOST_TRIES):
        length = max(SHORTEST, policy.min_length)
        signs = [chance.choice(one) for one in CLASSES]
        signs += [chance.choice("".join(CLASSES)) for _ in range(length - len(signs))]
        chance.shuffle(signs)
        password = "".join(signs)
        if not broken_rules(password, policy, about):
            return password
    raise AssertionError("no random password meets the policy")
