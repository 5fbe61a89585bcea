"""Where to go on after a sign-in: only a path of the same tenant, never another site."""

from urllib.parse import unquote, urlsplit

LONGEST = 1024


def safe_next(slug: str, wanted: str | None) -> str | None:
    """The wanted path when it lies within the tenant, else None.

    Browsers take a backslash for a slash, drop control characters, and decode what was encoded once or twice on its way, so all
    of that is refused rather than repaired (OWASP Unvalidated Redirects and Forwards Cheat Sheet).
    """
    if not wanted or len(wanted) > LONGEST or not wanted.isascii() or not wanted.isprintable():
        return None
    path = wanted.partition("?")[0].partition("#")[0]
    decoded = unquote(unquote(path))
    for text in (wanted, path, decoded):
        if "\\" in text or "//" in text.partition("?")[0] or not text.isprintable():
            return None
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return None
    inside = decoded == f"/t/{slug}" or decoded.startswith(f"/t/{slug}/")
    if parts.scheme or parts.netloc or not inside or any(part in (".", "..") for part in decoded.split("/")):
        return None
    return wanted
