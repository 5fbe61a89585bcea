"""What a new password must be like: the tenant's policy and the rules that a given password breaks."""

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from tenantry.domain.credentials.breached import BreachedList
from tenantry.domain.credentials.opaque import opaque
from tenantry.kernel import lazy
from tenantry.kernel.problems import forbidden_character

# A password counts as common when an attacker's dictionary finds it within this many guesses. The estimate
# is that of zxcvbn: a list of 30,000 passwords, words, names, dates and keyboard runs, and the usual
# substitutions. Every password of its list lies below 30,001; the rest leaves room for a capital letter or
# a digit more.
_COMMON_GUESSES = 100_000
# zxcvbn takes time with the cube of the length and more: 300 ms for a hundred signs that each stand for
# several letters, 5 ms for 24. So a long password is judged by both of its ends; together they cover 48
# characters.
_JUDGED = 24
# A shorter name stands inside too many other words ("Ann" in "planning"), so it counts only where no letter is beside it.
_LONG_PERSONAL_WORD = 4
_SHORTEST_PERSONAL_WORD = 2


class Rule(StrEnum):
    """The rules, by the names under which a refusal lists them."""

    CHARACTERS = "characters"
    MIN_LENGTH = "min_length"
    MAX_LENGTH = "max_length"
    UPPERCASE = "uppercase"
    LOWERCASE = "lowercase"
    NUMBERS = "numbers"
    SYMBOLS = "symbols"
    USER_INFO = "user_info"
    COMMON = "common"
    BREACHED = "breached"
    SCORE = "score"
    HISTORY = "history"


class BrokenRule(msgspec.Struct, frozen=True):
    """One rule that a password breaks, and what to tell the person who chose it."""

    rule: Rule
    message: str


class PasswordPolicy(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A tenant's rules for new passwords.

    Lengths count characters (code points). `history_count` is how many earlier passwords, the present one included, may not
    come again; `min_score` is a score of zxcvbn from 0 (no demand) to 4.
    """

    # Counted in the password as it is hashed (see `opaque`): NIST SP 800-63B has every code point count as one character, and
    # counting what is hashed makes the answer the same for composed and decomposed spellings.
    min_length: Annotated[int, msgspec.Meta(ge=8, le=256)] = 8
    max_length: Annotated[int, msgspec.Meta(ge=64, le=256)] = 256
    require_uppercase: bool = False
    require_lowercase: bool = False
    require_numbers: bool = False
    require_symbols: bool = False
    reject_user_info: bool = True
    reject_common: bool = True
    reject_breached: bool = True
    history_count: Annotated[int, msgspec.Meta(ge=0, le=24)] = 0
    min_score: Annotated[int, msgspec.Meta(ge=0, le=4)] = 0

    def __post_init__(self) -> None:
        if self.min_length > self.max_length:
            raise ValueError("minLength must not be greater than maxLength")


class PersonalWords(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the person who chooses the password, and of the tenant; it makes a password easy to
    guess."""

    email: str | None = None
    username: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    tenant_name: str | None = None

    def named(self) -> dict[str, str]:
        """The words to look for, in lower case without separators, by what to call them."""
        local_part = self.email.rpartition("@")[0].partition("+")[0] if self.email else None
        words = {
            "the email address": local_part,
            "the username": self.username,
            "the given name": self.given_name,
            "the family name": self.family_name,
            "the name of the organisation": self.tenant_name,
        }
        squeezed = {what: _squeezed(word) for what, word in words.items() if word}
        return {what: word for what, word in squeezed.items() if len(word) >= _SHORTEST_PERSONAL_WORD}


def broken_rules(
    password: str, policy: PasswordPolicy, about: PersonalWords, breached: BreachedList | None = None
) -> list[BrokenRule]:
    """Every rule that the password breaks; an empty list means that it may be set.

    Takes up to 25 ms for a hostile password (0.6 for a common one) and reads the disk when `breached` does,
    so it belongs off the event loop (`PasswordHasher.run`). The history is not looked at, since it takes a
    hash for each earlier password: see `repeats_history`.
    """
    chosen = opaque(password)
    checks = [
        _check_characters(chosen),
        _check_shortest(chosen, policy),
        _check_longest(chosen, policy),
        *_check_classes(chosen, policy),
        _check_user_info(chosen, about) if policy.reject_user_info else None,
    ]
    # What is not fit to be stored or far too long is refused already; the dictionaries could not even take
    # it.
    if forbidden_character(chosen) is None and len(chosen) <= policy.max_length:
        checks.append(_check_common(chosen) if policy.reject_common else None)
        checks.append(_check_breached(chosen, breached) if policy.reject_breached else None)
        checks.append(_check_score(chosen, policy, about))
    return [broken for broken in checks if broken is not None]


def repeats_history(count: int) -> BrokenRule:
    """The broken rule to report when the password is one of the last `count`."""
    which = "the last password" if count == 1 else f"any of the last {count} passwords"
    return BrokenRule(Rule.HISTORY, f"must not be {which}")


def _check_characters(chosen: str) -> BrokenRule | None:
    found = forbidden_character(chosen)
    return BrokenRule(Rule.CHARACTERS, f"must not contain the character {found}") if found else None


def _check_shortest(chosen: str, policy: PasswordPolicy) -> BrokenRule | None:
    if len(chosen) >= policy.min_length:
        return None
    return BrokenRule(Rule.MIN_LENGTH, f"must be at least {policy.min_length} characters long")


def _check_longest(chosen: str, policy: PasswordPolicy) -> BrokenRule | None:
    if len(chosen) <= policy.max_length:
        return None
    return BrokenRule(Rule.MAX_LENGTH, f"must be at most {policy.max_length} characters long")


def _check_classes(chosen: str, policy: PasswordPolicy) -> list[BrokenRule]:
    demands = (
        (policy.require_uppercase, Rule.UPPERCASE, "an upper-case letter", str.isupper),
        (policy.require_lowercase, Rule.LOWERCASE, "a lower-case letter", str.islower),
        (policy.require_numbers, Rule.NUMBERS, "a digit", str.isdecimal),
        (policy.require_symbols, Rule.SYMBOLS, "a symbol or space", _is_symbol),
    )
    return [
        BrokenRule(rule, f"must contain {what}")
        for demanded, rule, what, is_one in demands
        if demanded and not any(is_one(sign) for sign in chosen)
    ]


def _is_symbol(sign: str) -> bool:
    return not sign.isalnum()


def _check_user_info(chosen: str, about: PersonalWords) -> BrokenRule | None:
    signs = _squeezed(chosen)
    found = [what for what, word in about.named().items() if _names(chosen, signs, word)]
    return BrokenRule(Rule.USER_INFO, f"must not contain {' or '.join(found)}") if found else None


def _names(chosen: str, signs: str, word: str) -> bool:
    if len(word) >= _LONG_PERSONAL_WORD:
        return word in signs
    letter = r"[^\W\d_]"
    return re.search(rf"(?<!{letter}){re.escape(word)}(?!{letter})", chosen.casefold()) is not None


def _squeezed(text: str) -> str:
    """Letters and digits alone, without case: "Acme-Corp" and "acme corp" are one word to a guesser."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _check_common(chosen: str) -> BrokenRule | None:
    judge = lazy.zxcvbn().zxcvbn
    if not chosen or any(judge(end).guesses > _COMMON_GUESSES for end in _ends(chosen)):
        return None
    return BrokenRule(
        Rule.COMMON,
        "is among the most common passwords, or hardly more than a word, name or row of keys",
    )


def _check_breached(chosen: str, breached: BreachedList | None) -> BrokenRule | None:
    if breached is None or not breached.contains(chosen):
        return None
    return BrokenRule(Rule.BREACHED, "is known from published breaches")


def _check_score(chosen: str, policy: PasswordPolicy, about: PersonalWords) -> BrokenRule | None:
    if policy.min_score == 0:
        return None
    judge = lazy.zxcvbn().zxcvbn
    words = list(about.named().values())
    score = max(int(judge(end, words).score) for end in _ends(chosen))
    if score >= policy.min_score:
        return None
    return BrokenRule(
        Rule.SCORE, f"is too easy to guess: its strength is {score}, at least {policy.min_score} is needed"
    )


def _ends(chosen: str) -> list[str]:
    """The pieces of a password that are judged: all of a short one, both ends of a long one."""
    if len(chosen) <= _JUDGED:
        return [chosen]
    return [chosen[:_JUDGED], chosen[-_JUDGED:]]
