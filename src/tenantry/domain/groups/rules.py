"""Rules about lists of slugs that callers send; roles keep the same ones."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from tenantry.kernel.problems import FieldError
from tenantry.kernel.slugs import parse_named_ref

MOST_SLUGS = 100
"""So many roles or groups can be named in one call."""


def distinct(field: str, refs: Sequence[str], most: int = MOST_SLUGS) -> list[str]:
    """The references without duplicates, in the order in which they came. Raises FieldError when there are too many."""
    if len(refs) > most:
        raise FieldError(field, f"must have at most {most} entries, but has {len(refs)}")
    return list(dict.fromkeys(refs))


def unknown_of(refs: Iterable[str], known: Iterable[tuple[UUID, str]]) -> list[str]:
    """Those references that are neither the id nor the slug of anything known."""
    found: set[UUID | str | None] = {name for pair in known for name in pair}
    return [ref for ref in refs if not {(named := parse_named_ref(ref)).id, named.slug} & found]
