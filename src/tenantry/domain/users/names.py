"""Full name, given name and family name: what follows from what, without touching what the caller gave."""

from collections.abc import Sequence
from functools import cache

import msgspec

from tenantry.kernel import lazy

_NUMERAL = frozenset("ivxlcdm")


class Names(msgspec.Struct, frozen=True):
    """The three names of a user; each may be unknown."""

    name: str | None
    given: str | None
    family: str | None


def split_name(name: str) -> tuple[str | None, str | None]:
    """Given and family name found in a full name: "Anita Singh" is ("Anita", "Singh").

    Middle names count as given names (OpenID Connect Core 1.0 section 5.1 allows several). Titles, suffixes
    and nicknames belong to neither; they stay in the full name. A single word is a given name.
    """
    whole = " ".join(name.split())
    if not whole:
        return None, None
    if " " not in whole:
        return whole, None
    words = whole.split(" ")
    if _are_plain(words):
        return words[0], words[1]
    parsed = lazy.nameparser().parse(whole)
    given = " ".join(part for part in (str(parsed.given), str(parsed.middle)) if part)
    family = str(parsed.family)
    if not given and not family:
        return whole, None
    return given or None, family or None


def _are_plain(words: Sequence[str]) -> bool:
    """Whether there are two words which the library would take for a given and a family name, that is, none that it knows.

    Most names are like that, and asking it takes 0.1 ms, which is two minutes for a million people.
    """
    return len(words) == 2 and all(
        word.isascii() and word.isalpha() and word.istitle() and _means_nothing(word.lower())
        for word in words
    )


def _means_nothing(word: str) -> bool:
    return len(word) > 1 and word not in _known_words() and not _NUMERAL.issuperset(word)


@cache
def _known_words() -> frozenset[str]:
    """Titles, suffixes, particles and all else that the library knows words for."""
    lexicon = lazy.nameparser().Lexicon.default()
    fields = (getattr(lexicon, name) for name in lexicon.__dataclass_fields__)
    return frozenset(word for words in fields for word in words if isinstance(word, str))


def completed_names(name: str | None, given: str | None, family: str | None) -> Names:
    """All three names, as far as they follow from those that were given; none of those is changed."""
    if name is None:
        composed = " ".join(part for part in (given, family) if part)
        return Names(composed or None, given, family)
    if given is not None and family is not None:
        return Names(name, given, family)
    likely_given, likely_family = split_name(name)
    if given is not None:
        return Names(name, given, likely_family if given == likely_given else _rest_after(name, given))
    if family is not None:
        return Names(name, likely_given if family == likely_family else _rest_before(name, family), family)
    return Names(name, likely_given, likely_family)


def _rest_after(name: str, given: str) -> str | None:
    return (name[len(given) :].strip() or None) if name.startswith(f"{given} ") else None


def _rest_before(name: str, family: str) -> str | None:
    return (name[: -len(family)].strip() or None) if name.endswith(f" {family}") else None
