"""What browser tests share: starting Chromium, watching a page for forbidden things, and axe-core."""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, expect

from tools.programs import CHROMIUM, advice, find

AXE = Path(sys.prefix) / ".cache/assets/node_modules/axe-core/axe.min.js"
# The size of what is pressed is a rule of WCAG 2.2 that axe looks at only when it is told to.
AXE_OPTIONS = {
    "iframes": False,
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}
WCAG_22_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
LAUNCH_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCAL_SCHEMES = frozenset({"data", "blob", "about"})


class Look(msgspec.Struct, frozen=True):
    """One way to look at a page: the system's colours, and the width in CSS pixels."""

    colours: str
    width: int

    def __str__(self) -> str:
        return f"{self.colours}-{self.width}"


LOOKS = tuple(Look(colours, width) for colours in ("light", "dark") for width in (1280, 360))


async def launch(playwright: Playwright) -> Browser:
    """The system's Chromium without a screen. Its sandbox is off only for root, who can't start it with one."""
    path = find(CHROMIUM)
    if path is None:
        raise RuntimeError(advice(CHROMIUM))
    root = os.geteuid() == 0
    return await playwright.chromium.launch(
        executable_path=path, args=[*LAUNCH_FLAGS], chromium_sandbox=not root
    )


class Watch:
    """Collects what a page must never do: complain on the console, throw, or ask another host."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        # A refusal by the content security policy is reported here too, as an error.
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _failed(self, request: Request) -> None:
        # What the page's policy refused was announced as a request, and never left.
        if request.failure == "csp":
            self.requests.remove(request.url)

    def hosts(self) -> set[str]:
        """The hosts, with ports, that anything was asked from."""
        parts = [urlsplit(url) for url in self.requests]
        return {part.netloc for part in parts if part.scheme not in LOCAL_SCHEMES}


async def open_context(browser: Browser, look: Look) -> BrowserContext:
    return await browser.new_context(
        color_scheme="dark" if look.colours == "dark" else "light",
        viewport={"width": look.width, "height": 800},
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )


async def turn(page: Page, colours: str) -> None:
    """The system's colours change, and those of the page that is open follow."""
    await page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    if page.url != "about:blank":
        await expect(page.locator(":root")).to_have_attribute("data-bs-theme", colours)


async def assert_accessible(page: Page, only: tuple[str, ...] = ()) -> None:
    """Fails with axe-core's findings, one line each: of all its rules, or of those with the tags in `only`.

    The page's policy refuses an injected script, hence evaluate. Only our own page is asked: axe can't enter a sandboxed frame,
    whose content is somebody's mail.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8") + "\n;undefined")
    options = {**AXE_OPTIONS, "runOnly": list(only)} if only else AXE_OPTIONS
    found = await page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)", options
    )
    lines = [
        f"{violation['id']} ({violation['impact']}): {node['html']} {json.dumps(node['any'][:1])[:300]}"
        for violation in found
        for node in violation["nodes"]
    ]
    assert not lines, "axe-core found:\n" + "\n".join(lines)


async def assert_fits(page: Page) -> None:
    """The page must not scroll sideways."""
    wide, view = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= view, f"the page is {wide} px wide in a view of {view} px"


on_one_loop = pytest.mark.asyncio(loop_scope="session")
"""For every module of async browser tests: the browser, and the servers that it talks to, live on this loop."""

in_every_look = pytest.mark.parametrize("watch_and_page", LOOKS, indirect=True, ids=str)

in_every_width = pytest.mark.parametrize(
    "watch_and_page", [look for look in LOOKS if look.colours == "light"], indirect=True, ids=str
)
"""For tests that look at each page in both colours themselves."""
