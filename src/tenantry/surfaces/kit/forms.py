"""Forms as browsers send them (application/x-www-form-urlencoded)."""

from urllib.parse import parse_qsl

from tenantry.kernel.errors import DomainError, Kind

MOST_FIELDS = 64


def decode_form(raw: bytes) -> dict[str, str]:
    """The fields of a form or query string; of a repeated one the last counts.

    Raises DomainError INVALID for what is not ASCII, not UTF-8 once decoded, or has too many fields.
    """
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except (UnicodeError, ValueError) as error:
        problem = "cannot be read as a form"
        raise DomainError(
            Kind.INVALID, "invalid_request", f"The request {problem}.", {"body": problem}
        ) from error
    return dict(pairs)
