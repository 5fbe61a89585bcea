"""The texts of mails: whole, escaped where they are HTML, and in words that people use."""

import pytest

from tenantry.domain.notices.rendering import in_words, render

LINK = {
    "tenant_name": "Fish & <b>Chips</b>",
    "account": "ann@example.org",
    "person_name": "Ann <script>",
    "link": "http://localhost:8400/t/acme/reset-password?token=abc",
    "works_for": "24 hours",
}


@pytest.mark.parametrize("first", [True, False])
def test_a_mail_with_a_link_names_account_link_and_time_in_both_bodies(first: bool) -> None:
    mail = render("password_reset", first=first, **LINK)
    for body in (mail.text, mail.html):
        assert LINK["link"] in body
        assert LINK["account"] in body
        assert "24 hours" in body
    assert mail.subject == f"{'Choose' if first else 'Reset'} your Fish & <b>Chips</b> password"


def test_values_are_escaped_in_html_and_left_alone_in_text() -> None:
    mail = render("password_reset", first=False, **LINK)
    assert "Ann <script>" in mail.text
    assert "<script>" not in mail.html
    assert "Fish &amp; &lt;b&gt;Chips&lt;/b&gt;" in mail.html


def test_a_subject_is_one_line_whatever_a_name_brings_along() -> None:
    mail = render(
        "password_changed", tenant_name="Acme\r\nBcc: eve", account="a@example.org", person_name=None
    )
    assert mail.subject == "Your Acme Bcc: eve account has a new password"


def test_a_notice_of_a_new_password_holds_no_link() -> None:
    mail = render("password_changed", tenant_name="Acme", account="a@example.org", person_name="Ann")
    assert "http" not in mail.text
    assert "<a " not in mail.html


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 minutes"), (1, "1 minute"), (30, "30 minutes"), (60, "1 hour"), (90, "90 minutes"), (1440, "24 hours"),
     (10080, "7 days"), (-1, "an unlimited time")],
)  # fmt: skip
def test_a_time_in_words(minutes: int, words: str) -> None:
    assert in_words(minutes) == words
