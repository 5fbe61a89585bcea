"""Published passwords are found on disk, and a file of another form is refused at once."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.domain.credentials.breached import (
    BreachedLists,
    NotABreachFile,
    PackagedList,
    PwnedFile,
    breached_lists,
)

PUBLISHED = [f"published {number}" for number in range(500)]


def line(password: str, count: int) -> str:
    return f"{hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()}:{count}"


def write(path: Path, passwords: list[str], end: str = "\r\n", *, last_end: bool = True) -> Path:
    lines = sorted(line(password, 10 ** (index % 9)) for index, password in enumerate(passwords))
    path.write_bytes((end.join(lines) + (end if last_end else "")).encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last_end", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 500])
def test_every_published_password_is_found_and_no_other(
    tmp_path: Path, end: str, last_end: bool, count: int
) -> None:
    published = PwnedFile(write(tmp_path / "pwned.txt", PUBLISHED[:count], end, last_end=last_end))
    assert all(published.contains(password) for password in PUBLISHED[:count])
    assert not any(published.contains(f"unpublished {number}") for number in range(1000))
    published.close()


def test_lower_case_hashes_and_decomposed_spellings_are_found(tmp_path: Path) -> None:
    path = tmp_path / "pwned.txt"
    path.write_text(line("Pässwort", 3).lower() + "\n")
    published = PwnedFile(path)
    assert published.contains("Pa\u0308sswort")
    published.close()


def test_a_file_ordered_by_count_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "by-count.txt"
    path.write_text("\n".join(line(password, 9) for password in PUBLISHED))
    with pytest.raises(NotABreachFile, match="ordered by hash"):
        PwnedFile(path)


@pytest.mark.parametrize("content", ["", "password\nletmein\n", "0123456789ABCDEF0123456789ABCDEF:12\n"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(content)
    with pytest.raises(NotABreachFile, match="expected lines of a SHA-1 hash"):
        PwnedFile(path)


def test_a_missing_file_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        breached_lists(tmp_path / "missing.txt")


def test_the_packaged_list_needs_no_file() -> None:
    packaged = breached_lists(None)
    assert packaged.contains("Welcome123!")
    assert packaged.contains("1qaz2wsx3edc4rfv5tgb")
    assert not packaged.contains("SecurePass123!")
    assert not packaged.contains("password")


def test_a_password_of_any_list_is_breached(tmp_path: Path) -> None:
    both = breached_lists(write(tmp_path / "pwned.txt", PUBLISHED))
    assert both.contains("published 7")
    assert both.contains("Welcome123!")
    assert not both.contains("neither of them")
    assert not BreachedLists().contains("published 7")


@given(st.text(st.characters(exclude_categories=()), max_size=64))
def test_any_text_can_be_looked_up(text: str) -> None:
    assert PackagedList().contains(text) in (True, False)
