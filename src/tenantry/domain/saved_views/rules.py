"""What a view may be called and hold."""

import re
from collections.abc import Sequence
from urllib.parse import unquote_plus

from tenantry.domain.saved_views.model import MAX_NAME, MAX_QUERY, MOST_COLUMNS, ListName
from tenantry.kernel.problems import FieldError, clean_text, forbidden_character

_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def checked_list(name: str) -> ListName:
    """The list of this name. Raises FieldError."""
    try:
        return ListName(name)
    except ValueError as error:
        raise FieldError("listName", f"must be one of {', '.join(ListName)}") from error


def checked_name(text: str) -> str:
    """A name of 1 to 80 characters. Raises FieldError."""
    name = clean_text("name", text, MAX_NAME)
    if name is None:
        raise FieldError("name", f"must have 1 to {MAX_NAME} characters")
    return name


def checked_query(text: str) -> str:
    """A query string without its question mark, of at most 2000 characters that a page can show, also once it is decoded.

    What its parameters mean is not looked at: the list says so itself when the view is opened. Raises FieldError.
    """
    query = text.removeprefix("?")
    if len(query) > MAX_QUERY:
        raise FieldError("query", f"must be at most {MAX_QUERY} characters long")
    try:
        decoded = unquote_plus(query, errors="strict")
    except UnicodeError as error:
        raise FieldError("query", "is not UTF-8 once it is decoded") from error
    forbidden = forbidden_character(query) or forbidden_character(decoded)
    if forbidden is not None:
        raise FieldError("query", f"contains the character {forbidden}, which is not allowed")
    return query


def checked_columns(names: Sequence[str]) -> list[str]:
    """The names of the columns in their order, each once. Raises FieldError."""
    if len(names) > MOST_COLUMNS:
        raise FieldError("columns", f"must be at most {MOST_COLUMNS}")
    if not all(_COLUMN.fullmatch(name) for name in names):
        problem = "must be names of 1 to 64 letters, digits, - and _, each beginning with a letter"
        raise FieldError("columns", problem)
    return list(dict.fromkeys(names))
