"""Reading what a page holds."""

import re

import httpx

FIELD = re.compile(r'name="csrf" value="([^"]+)"')


def csrf(page: httpx.Response) -> str:
    """The value of the hidden field that guards the first form of a page."""
    found = FIELD.search(page.text)
    assert found is not None, page.text
    return found[1]
