"""When a text names a person.

Anybody may have created the account that is erased, under whatever name. So nothing counts that merely contains a name: names are
whole words, and short ones count only beside another; addresses, numbers and usernames stand for themselves.
"""

import re
import unicodedata
from collections.abc import Iterator

from tenantry.domain.users.model import User

SHORTEST_WORD = 4
# A name of these scripts is complete with two signs, and nothing parts it from the words beside it.
_WITHOUT_SPACES = re.compile("[\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]")
_SHORTEST_WITHOUT_SPACES = 2
# What can stand inside an address or a username. A full stop or comma at the end belongs to the sentence.
_TOKEN_BEGINS, _TOKEN_ENDS = r"(?<![\w.+-])(?<!\w@)", r"(?![\w@$+-])(?!\.\w)"
_BETWEEN_DIGITS = r"[\s()/.-]*"


class Names:
    """What one person is called and reached by. Upper and lower case are the same."""

    def __init__(self, user: User, freed_phone: str | None = None) -> None:
        """`freed_phone` is the number that a deleted user has left to others."""
        self._addresses = [_folded(one) for one in (user.email, user.pending_email) if one]
        both = f"{user.given_name} {user.family_name}" if user.given_name and user.family_name else None
        back = f"{user.family_name} {user.given_name}" if both else None
        self._called = [_folded(one) for one in (user.name, user.family_name, both, back) if one]
        username = _folded(user.username or "")
        phones = [one for one in (user.phone, freed_phone) if one]
        known = [*self._patterns(username), *(_phone(one) for one in phones)]
        self._known = re.compile("|".join(known)) if known else None

    def stand_in(self, text: str | None) -> bool:
        """Whether the text has a name, address, number or username of the person."""
        return bool(text and self._known and self._known.search(_folded(text)))

    def are_sought(self, search: str | None) -> bool:
        """Whether a search names the person: with what stands in it, or as a word of their name or the beginning of their
        address."""
        if self.stand_in(search):
            return True
        sought = _folded(search or "").strip()
        if not _is_enough(sought):
            return False
        return any(self._begins(one, sought) for one in self._addresses) or any(
            re.search(_words(sought), name) for name in self._called
        )

    def _patterns(self, username: str) -> Iterator[str]:
        yield from (_token(one) for one in self._addresses)
        if username and (_is_enough(username) or not username.isalpha()):
            yield _token(username)
        yield from (_words(one) for one in self._called if _is_enough(one))

    @staticmethod
    def _begins(address: str, sought: str) -> bool:
        local = address.partition("@")[0]
        return sought == local or ("@" in sought and address.startswith(sought))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _is_enough(text: str) -> bool:
    return len(text) >= (_SHORTEST_WITHOUT_SPACES if _WITHOUT_SPACES.search(text) else SHORTEST_WORD)


def _words(text: str) -> str:
    # The first word after an @ is that of a domain, which belongs to many.
    words = r"[\s,]+".join(re.escape(word) for word in text.split())
    return words if _WITHOUT_SPACES.search(text) else rf"(?<![\w@]){words}(?!\w)"


def _token(text: str) -> str:
    return f"{_TOKEN_BEGINS}{re.escape(text)}{_TOKEN_ENDS}"


def _phone(number: str) -> str:
    digits = _BETWEEN_DIGITS.join(sign for sign in number if sign.isdigit())
    return rf"(?<![\w+])(?:\+|00)?{_BETWEEN_DIGITS}{digits}(?!\w)"
