"""What a User-Agent tells of a device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.domain.sessions.device import NOTHING, Device, device_of

CHROME = "(KHTML, like Gecko) Chrome/126.0.0.0"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 {CHROME} Safari/537.36",
            Device("desktop", "Linux", "Chrome 126"),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {CHROME} Safari/537.36 Edg/126.0.0.0",
            Device("desktop", "Windows", "Edge 126"),
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Version/17.5 Safari/605.1.15",
            Device("desktop", "macOS", "Safari 17"),
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {SAFARI} Version/17.5 Mobile/15E148 Safari/604.1",
            Device("mobile", "iOS 17", "Safari 17"),
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {SAFARI} CriOS/126.0 Mobile/15E148 Safari/604.1",
            Device("mobile", "iOS 17", "Chrome 126"),
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) {SAFARI} Version/16.5 Mobile/15E148 Safari/604.1",
            Device("tablet", "iOS 16", "Safari 16"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 {CHROME} Mobile Safari/537.36",
            Device("mobile", "Android 14", "Chrome 126"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {SAFARI} SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36",
            Device("mobile", "Android 14", "Samsung Internet 25"),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            Device("desktop", "Windows", "Firefox 128"),
        ),
        ("curl/8.5.0", Device("program", None, "curl 8")),
        ("MyApp/1.2 CFNetwork/1494.0.7 Darwin/23.4.0", Device("program", None, "MyApp 1")),
        ("", NOTHING),
        (None, NOTHING),
        ("x" * 512, NOTHING),
    ],
)
def test_a_browser_is_known_by_what_people_call_it(text: str | None, device: Device) -> None:
    assert device_of(text) == device


@given(st.text(max_size=512))
def test_whatever_is_sent_something_is_said(text: str) -> None:
    assert isinstance(device_of(text), Device)
