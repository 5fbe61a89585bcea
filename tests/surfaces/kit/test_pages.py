"""Rendering: what is escaped, what is refused, what headers say."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.manifest import AssetsMissing, asset, built_files

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
SHOWN = {"status": 404, "title": "Gone", "message": "It is gone.", "request_id": None, "home": None}


def test_values_are_escaped() -> None:
    page = pages.render("errors/error.html", **{**SHOWN, "message": "<script>alert('x')</script>"})
    assert b"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page


def test_a_name_that_the_page_was_not_given_is_refused() -> None:
    with pytest.raises(UndefinedError, match="message"):
        pages.render("errors/error.html", status=404, title="Gone", request_id=None, home=None)


def test_no_template_holds_a_script_a_style_or_an_outside_address() -> None:
    forbidden = re.compile(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|hx-on|https?://|javascript:")
    found = [
        f"{path.name}: {match.group()}"
        for path in pages.TEMPLATES.rglob("*.html")
        # Shown under the policy of messages, which lets a mail style itself and do nothing else.
        if path.name != "mail_preview.html"
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_no_policy_lets_a_script_run_that_is_not_ours() -> None:
    for policy in (pages.PAGE_POLICY, pages.MAILBOX_POLICY, pages.MESSAGE_POLICY):
        rules = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
        assert rules.get("script-src", rules["default-src"]) in (["'self'"], ["'none'"])
        assert rules["default-src"] == rules["base-uri"] == ["'none'"]


def test_only_a_message_may_be_framed() -> None:
    assert pages.headers()["x-frame-options"] == "DENY"
    assert pages.headers(pages.MESSAGE_POLICY)["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in pages.headers()["content-security-policy"]


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "2026-03-07"),
    ],
)
def test_a_moment_is_told_in_words_for_a_week(passed: timedelta, words: str) -> None:
    assert pages.ago(NOW - passed, NOW) == words


def test_an_asset_has_the_hash_of_its_content_in_its_address() -> None:
    assert re.fullmatch(r"/assets/pages-[\w-]{8}\.css", asset("pages.css"))


def test_an_asset_that_was_not_built_is_named() -> None:
    with pytest.raises(AssetsMissing, match=r"nothing\.css"):
        asset("nothing.css")


def test_missing_assets_say_how_to_build_them(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="make setup"):
        built_files(tmp_path)


@pytest.mark.parametrize(
    ("problems", "hints", "described"),
    [
        ([], [], None),
        (["is short"], [], "new-problems"),
        ([], ["long"], "new-hints"),
        (["is short"], ["long"], "new-problems new-hints"),
    ],
)
def test_the_markup_of_a_field_has_no_stray_spaces_and_no_python_in_it(
    problems: list[str], hints: list[str], described: str | None
) -> None:
    source = (
        '{% from "components/field.html" import password_field %}'
        '{{ password_field("new", "New", "new-password", problems, hints, {"autofocus": ""}) }}'
    )
    page = pages._environment().from_string(source).render(problems=problems, hints=hints)
    found = re.search(r'aria-describedby="([^"]*)"', page)
    assert (found[1] if found else None) == described
    assert 'autofocus=""' in page
    assert not re.search(r'class="(\s|[^"]*\s")', page)
