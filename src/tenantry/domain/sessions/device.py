"""What a User-Agent header tells of a device. Browsers say of themselves what they like, so it is shown and decides nothing."""

import re
from functools import lru_cache
from typing import Any

import httpagentparser
import msgspec

# The library's own names where people know a browser by another one.
BROWSERS = {
    "ChromiumEdge": "Edge",
    "ChromeiOS": "Chrome",
    "FirefoxiOS": "Firefox",
    "AndroidBrowser": "Android Browser",
}
SYSTEMS = {"Mac OS": "macOS"}
# Samsung's browser calls itself Chrome as well; the library believes that.
SAMSUNG = re.compile(r"SamsungBrowser/([0-9]+)")
# A program rather than a browser begins with its own name: "curl/8.5.0", "MyApp/1.2".
PROGRAM = re.compile(r"([A-Za-z][A-Za-z0-9 ._+-]{0,39})/([0-9]+)")
TABLET = re.compile(r"iPad|Tablet|Android(?!.*Mobile)")
PHONE = re.compile(r"Mobile|iPhone|iPod|Windows Phone")


class Device(msgspec.Struct, frozen=True):
    """`type` is desktop, mobile, tablet, program or bot; `os` and `browser` have the main version where it is told. None is
    unknown."""

    type: str | None
    os: str | None
    browser: str | None


NOTHING = Device(None, None, None)


@lru_cache(maxsize=1024)
def device_of(user_agent: str | None) -> Device:
    """The device behind a User-Agent header, as far as it is known."""
    if not user_agent:
        return NOTHING
    try:
        found: dict[str, Any] = httpagentparser.detect(user_agent)
    except Exception:  # noqa: BLE001 - anybody may send anything; the library must never cost a page
        return NOTHING
    browser = _browser(user_agent, found.get("browser") or {})
    system = _system(found.get("platform") or {})
    if browser is None and system is None:
        program = PROGRAM.match(user_agent)
        return NOTHING if program is None else Device("program", None, f"{program[1]} {program[2]}")
    return Device(_type(user_agent, found), system, browser)


def _type(user_agent: str, found: dict[str, Any]) -> str:
    if found.get("bot"):
        return "bot"
    if TABLET.search(user_agent):
        return "tablet"
    return "mobile" if PHONE.search(user_agent) else "desktop"


def _browser(user_agent: str, found: dict[str, Any]) -> str | None:
    samsung = SAMSUNG.search(user_agent)
    if samsung is not None:
        return f"Samsung Internet {samsung[1]}"
    name = found.get("name")
    return None if not name else _named(BROWSERS.get(name, name), found.get("version"))


def _system(found: dict[str, Any]) -> str | None:
    name = found.get("name")
    if not name:
        return None
    # Browsers have long stopped to tell which macOS or Windows they really run on (frozen User-Agent).
    version = None if name in ("Mac OS", "Windows", "Linux") else found.get("version")
    return _named(SYSTEMS.get(name, name), version)


def _named(name: str, version: str | None) -> str:
    main = (version or "").partition(".")[0].strip()
    return f"{name} {main}" if main.isdecimal() else name
