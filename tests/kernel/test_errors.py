"""The words that refusals share."""

import pytest

from tenantry.kernel.errors import waiting


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (30, "30 seconds"), (120, "120 seconds"), (121, "3 minutes"), (3600, "60 minutes")],
)
def test_a_wait_is_told_in_words(seconds: int, words: str) -> None:
    assert waiting(seconds) == words
