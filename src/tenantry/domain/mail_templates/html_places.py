"""Where in the HTML of a mail a variable may stand: in text, or as the whole address of a link.

Values are escaped, which makes them harmless in text. In a tag, a comment or a style that would not be enough, so they are
kept out of there. Statements are as well, so that no branch can begin in text and end inside a tag.

The HTML must be as the standard writes it (WHATWG HTML section 13.1); what a browser would repair is refused, because each
repairs it in its own way. The standard library's parser is not used: some short texts keep it busy for minutes.
"""

import re
from collections.abc import Iterable
from html import unescape

from tenantry.kernel.problems import FieldError

# Mail programs drop these or show their content as it stands, and spam filters count them.
UNWANTED = frozenset(
    {
        *("applet", "base", "embed", "form", "frame", "frameset", "iframe", "input", "link", "math"),
        *("noembed", "noframes", "noscript", "object", "plaintext", "script", "svg", "template", "textarea"),
        "xmp",
    }
)
# Characters of the private use area stand for what is filled in; a text that holds them itself is refused.
VALUE, STATEMENT, ADDRESS = "\ue000", "\ue001", "\ue002"
MARKS = re.compile(f"[{VALUE}{STATEMENT}{ADDRESS}]")
# Possessive, so that each of them takes one walk over the text and never a second try.
ATTRIBUTE = re.compile(r"""\s++([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?+""")
TAG = re.compile(rf"""<([a-zA-Z][a-zA-Z0-9:-]*+)((?:{ATTRIBUTE.pattern})*+)\s*+/?+>""")
END_TAG = re.compile(r"</[a-zA-Z][a-zA-Z0-9:-]*+\s*+>")
COMMENT = re.compile(r"<!--(?!-?>)(?:[^-]++|-(?!->))*+-->")
DECLARATION = re.compile(r"<[!?][^<>]*+>")
STYLE_END = re.compile(r"(?i)</style\s*+>")
SCRIPT_ADDRESS = re.compile(r"(?i)(?:javascript|vbscript|data):")
# What a browser leaves out of an address before it reads it (WHATWG URL section 4.4).
PASSED_OVER = re.compile(r"[\s\x00-\x20]")

Token = tuple[int, str, str]


def check_html(field: str, tokens: Iterable[Token], addresses: set[str]) -> None:
    """Looks through the lexed text of a mail's HTML; `addresses` are the variables that hold one.

    Raises FieldError with the line of what is wrong.
    """
    text = _marked(field, tokens, addresses)
    at = text.find("<")
    while at != -1:
        at = text.find("<", _after(field, text, at))


def _marked(field: str, tokens: Iterable[Token], addresses: set[str]) -> str:
    parts: list[str] = []
    inside = ""
    for line, kind, text in tokens:
        if kind == "data":
            if MARKS.search(text):
                raise FieldError(field, f"line {line}: contains a character of the private use area")
            parts.append(text)
        elif kind in {"variable_begin", "block_begin"}:
            inside = VALUE if kind == "variable_begin" else STATEMENT
        elif kind == "name" and inside == VALUE and text in addresses:
            inside = ADDRESS
        elif kind in {"variable_end", "block_end"}:
            parts.append(inside)
    return "".join(parts)


def _after(field: str, text: str, at: int) -> int:
    """The end of what begins with the `<` at `at`."""
    following = text[at + 1 : at + 2]
    if following.isascii() and following.isalpha():
        return _after_tag(field, text, at)
    if text.startswith("<!--", at):
        pattern, name = COMMENT, "comment"
    elif following == "/":
        pattern, name = END_TAG, "closing tag"
    elif following in {"!", "?"} and following:
        pattern, name = DECLARATION, "declaration"
    elif MARKS.match(following):
        raise _refusal(field, text, at, "a value right behind < would become a tag; write &lt; for the sign")
    else:
        # A sign like any other.
        return at + 1
    found = pattern.match(text, at)
    if found is None:
        raise _refusal(field, text, at, f"this {name} is not closed or not well formed")
    if MARKS.search(found[0]):
        raise _refusal(field, text, at, f"nothing is filled in inside a {name}")
    return found.end()


def _after_tag(field: str, text: str, at: int) -> int:
    found = TAG.match(text, at)
    if found is None:
        problem = "this tag is not closed or not well formed; attributes stand in quotation marks"
        raise _refusal(field, text, at, problem)
    tag = found[1].lower()
    if tag in UNWANTED:
        raise _refusal(field, text, at, f"<{tag}> has no place in a mail")
    for attribute in ATTRIBUTE.finditer(found[2]):
        fault = _fault(attribute[1], attribute[2] or "")
        if fault is not None:
            raise _refusal(field, text, at, fault)
    return _after_style(field, text, found.end()) if tag == "style" else found.end()


def _fault(name: str, value: str) -> str | None:
    bare = value[1:-1] if value[:1] in {'"', "'"} else value
    if name.lower().startswith("on") or SCRIPT_ADDRESS.match(PASSED_OVER.sub("", unescape(bare))):
        return f"a mail runs no script, as {name[:32]} would"
    if MARKS.search(name) or (
        MARKS.search(value) and (name.lower() != "href" or bare != ADDRESS or value == bare)
    ):
        return 'inside a tag only the address of a link may stand, as in href="{{ link }}"'
    return None


def _after_style(field: str, text: str, begin: int) -> int:
    found = STYLE_END.search(text, begin)
    if found is None:
        raise _refusal(field, text, begin, "this style is not closed")
    if MARKS.search(text, begin, found.start()):
        raise _refusal(field, text, begin, "nothing is filled in inside a style")
    return found.end()


def _refusal(field: str, text: str, at: int, problem: str) -> FieldError:
    return FieldError(field, f"line {text.count(chr(10), 0, at) + 1}: {problem}")
