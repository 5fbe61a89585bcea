"""Forms as browsers send them (application/x-www-form-urlencoded)."""

from urllib.parse import parse_qsl

from tenantry.kernel.errors import DomainError, Kind

MOST_FIELDS = 64
MOST_OF_A_LARGE_FORM = 2000


class Form:
    """The fields of a form, of which each may be there more than once."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a field that is not empty, as of the boxes that are ticked."""
        return [value for key, value in self.pairs if key == name and value]

    def text(self, name: str) -> str | None:
        """The value of a field without spaces around it; None when nothing was typed."""
        return self.get(name).strip() or None

    def ticked(self, name: str) -> bool:
        return bool(self.get(name))

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.pairs)


def decode_form(raw: bytes) -> dict[str, str]:
    """The fields of a form or query string; of a repeated one the last counts.

    Raises DomainError INVALID for what is not ASCII, not UTF-8 once decoded, or has too many fields.
    """
    return dict(_pairs(raw, MOST_FIELDS))


def decode_fields(raw: bytes) -> Form:
    """The fields of a form that may hold lists, such as rows that were picked. Raises DomainError INVALID as `decode_form`."""
    return Form(_pairs(raw, MOST_OF_A_LARGE_FORM))


def _pairs(raw: bytes, most: int) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except (UnicodeError, ValueError) as error:
        problem = "cannot be read as a form"
        raise DomainError(
            Kind.INVALID, "invalid_request", f"The request {problem}.", {"body": problem}
        ) from error
