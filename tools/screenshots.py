"""Pictures of the main pages for README and docs, from a demo tenant of its own: `make screenshots`.

Every run makes other people, so the pictures change; take new ones when the pages have changed.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.helpers import Look, launch, open_context
from tests.support.portal_browser import enter
from tests.support.server import free_port

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "images"
READY_WITHIN = 120.0
SHOTS = (
    ("users", "light", "access-management/users"),
    ("dashboard", "light", ""),
    ("user", "light", "access-management/users?status=locked"),
    ("settings", "dark", "configuration/auth-settings"),
)


def main() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "TENANTRY_DATA_DIR": folder, "TENANTRY_PORT": str(port)}
        command = [sys.executable, "-m", "tenantry.app.cli", "demo"]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
        try:
            asyncio.run(_take(_ready(Path(folder) / "demo.json")))
        finally:
            process.terminate()
            process.wait(timeout=40)


def _ready(path: Path) -> dict[str, str]:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        if path.exists():
            facts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
            return facts
        time.sleep(0.2)
    raise SystemExit("the demo did not become ready")


async def _take(demo: dict[str, str]) -> None:
    PICTURES.mkdir(exist_ok=True)
    portal = f"{demo['url']}/t/{demo['tenant']}/portal/"
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        for name, colours, path in SHOTS:
            context = await open_context(browser, Look(colours, 1280))
            page = await context.new_page()
            await enter(page, portal, demo["admin_email"], demo["admin_password"])
            await page.goto(f"{portal}{path}")
            if name == "user":
                await page.locator(".row-link").first.click()
                await page.wait_for_load_state()
            await page.screenshot(path=PICTURES / f"{name}.png")
            await context.close()
        await browser.close()


if __name__ == "__main__":
    main()
