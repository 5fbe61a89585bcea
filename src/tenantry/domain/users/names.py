"""Full name, given name and family name: what follows from what, without touching what the caller gave."""

import msgspec

from tenantry.kernel import lazy


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
    parsed = lazy.nameparser().parse(whole)
    given = " ".join(part for part in (str(parsed.given), str(parsed.middle)) if part)
    family = str(parsed.family)
    if not given and not family:
        return whole, None
    return given or None, family or None


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
