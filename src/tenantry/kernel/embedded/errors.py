"""What can keep the embedded PostgreSQL from running."""


class EmbeddedError(Exception):
    """One line for the operator: what is wrong and what to do about it."""
