"""Facts about mail templates. `data` has the kind and fingerprints of the texts, never the texts."""

from typing import ClassVar

from tenantry.kernel.events import Event


class MailTemplateUpdated(Event, frozen=True, kw_only=True):
    """A tenant has a new text of its own."""

    type: ClassVar[str] = "mail_template.updated"
    target_type: ClassVar[str] = "mail_template"


class MailTemplateReset(Event, frozen=True, kw_only=True):
    """The built-in text is sent again."""

    type: ClassVar[str] = "mail_template.reset"
    target_type: ClassVar[str] = "mail_template"
