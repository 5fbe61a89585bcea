"""Problems as sentences, as pages tell them."""


def sentence(text: str) -> str:
    """The problem with a capital letter in front and a full stop behind."""
    shown = text[:1].upper() + text[1:]
    return shown if shown.endswith((".", "?", "!")) else f"{shown}."
