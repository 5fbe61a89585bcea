"""All messages that are sent, each with what a text of it can name. The built-in text of a kind has the same name."""

from tenantry.domain.mail_templates.model import Medium, Role, TemplateKind, Variable

TENANT = Variable("tenant_name", "The name of the tenant.", "Acme")
PERSON = Variable("person_name", "How to greet the person.", "Anita", may_be_empty=True)
ACCOUNT = Variable("account", "The account by its email address, username or number.", "anita@example.com")
COMMON = (TENANT, PERSON, ACCOUNT)
CODE = Variable("code", "The one-time code.", "123456")
FIRST = Variable("first", "Whether the account has no password yet.", example=False, role=Role.FLAG)
FORCED = Variable(
    "forced", "Whether an administrator demands the new password.", example=False, role=Role.FLAG
)


def _works_for(example: str) -> Variable:
    return Variable("works_for", "How long the link or code works, to stand after the word for.", example)


def _link(meaning: str, path: str, *, may_be_empty: bool = False) -> Variable:
    example = f"https://id.example.com/t/acme/{path}"
    return Variable("link", meaning, example, Role.ADDRESS, may_be_empty)


def _mail(name: str, meaning: str, *variables: Variable, needs: str | None = None) -> TemplateKind:
    return TemplateKind(name, Medium.EMAIL, meaning, variables, _needs(needs))


def _sms(name: str, meaning: str, *variables: Variable, needs: str | None = None) -> TemplateKind:
    return TemplateKind(name, Medium.SMS, meaning, variables, _needs(needs))


def _needs(name: str | None) -> frozenset[str]:
    return frozenset() if name is None else frozenset({name})


SIGN_IN = _link("Where to sign in.", "login")
TAKES_CODE = _link("The page that takes the code.", "verify-email?id=example")
EMAIL = Variable("email", "The address that is to be verified.", "anita@example.com")
NEW_EMAIL = Variable("email", "The new address.", "anita.singh@example.com")

_ALL = (
    _mail(
        "invitation",
        "Invites somebody who has no account yet.",
        TENANT,
        PERSON,
        Variable("account", "The address that was invited.", "anita@example.com"),
        Variable("message", "What the inviting person has written.", "See you on Monday.", may_be_empty=True),
        _link("Accepts the invitation.", "invitation?token=example"),
        _works_for("7 days"),
        needs="link",
    ),
    _mail(
        "password_reset",
        "A link to choose a password: a new one, or the first one of an account.",
        *COMMON,
        _link("Leads to the page that takes the password.", "reset-password?token=example"),
        _works_for("24 hours"),
        FIRST,
        needs="link",
    ),
    _mail(
        "forced_reset",
        "A link to choose a new password because an administrator demands it.",
        *COMMON,
        _link("Leads to the page that takes the password.", "reset-password?token=example"),
        _works_for("24 hours"),
        Variable("old_works", "Whether the present password still signs in.", example=False, role=Role.FLAG),
        needs="link",
    ),
    _mail(
        "password_code",
        "A code to choose a password.",
        *COMMON,
        CODE,
        _link("The page that takes the code.", "forgot-password/code?id=example"),
        _works_for("10 minutes"),
        FIRST,
        FORCED,
        needs="code",
    ),
    _sms(
        "password_code_sms",
        "A code to choose a password, as a text message.",
        *COMMON,
        CODE,
        _link(
            "The page that takes the code, unless it is open already.",
            "forgot-password/code?id=example",
            may_be_empty=True,
        ),
        _works_for("10 minutes"),
        FIRST,
        FORCED,
        needs="code",
    ),
    _mail("password_changed", "Says that the password was changed.", *COMMON),
    _mail(
        "account_locked",
        "Says that too many wrong passwords have locked the account for a while.",
        *COMMON,
        Variable("locked_for", "How long nobody can sign in.", example="30 minutes"),
        Variable("recovery", "Whether people reset their password themselves.", example=True, role=Role.FLAG),
    ),
    _mail(
        "password_set_by_admin",
        "Says that an administrator has set the password; the password itself is never mailed.",
        *COMMON,
        Variable(
            "temporary",
            "Whether another one must be chosen at the next sign-in.",
            example=True,
            role=Role.FLAG,
        ),
    ),
    _mail(
        "welcome",
        "Welcomes the owner of a new account.",
        *COMMON,
        SIGN_IN,
        Variable("has_password", "Whether a password is set already.", example=True, role=Role.FLAG),
    ),
    _mail(
        "verify_email",
        "A link that verifies an email address.",
        *COMMON,
        EMAIL,
        _link("Verifies the address.", "verify-email?token=example"),
        _works_for("24 hours"),
        needs="link",
    ),
    _mail(
        "verify_email_code",
        "A code that verifies an email address.",
        *COMMON,
        EMAIL,
        CODE,
        TAKES_CODE,
        _works_for("10 minutes"),
        needs="code",
    ),
    _sms(
        "verify_phone_code",
        "A code that verifies a phone number.",
        *COMMON,
        CODE,
        _link("The page that takes the code.", "verify-phone?id=example"),
        _works_for("10 minutes"),
        needs="code",
    ),
    _mail(
        "email_change",
        "Asks the new address to confirm a change of address.",
        *COMMON,
        NEW_EMAIL,
        _link("Confirms the new address.", "verify-email?token=example"),
        _works_for("24 hours"),
        needs="link",
    ),
    _mail(
        "email_change_taken",
        "Tells an address that it cannot become the new one because it is not free.",
        TENANT,
        Variable("email", "The address that was asked for.", "anita.singh@example.com"),
        SIGN_IN,
    ),
    _mail(
        "email_change_notice",
        "Tells the old address that it is about to be replaced, or was, with a link that takes it back.",
        *COMMON,
        Variable("old_email", "The old address.", "anita@example.com"),
        NEW_EMAIL,
        Variable("completed", "Whether the new address holds already.", example=False, role=Role.FLAG),
        _link("Takes the change back.", "revert-email?token=example"),
        _works_for("72 hours"),
        needs="link",
    ),
    _mail(
        "registration_attempt",
        "Tells the owner of an account that somebody tried to register with its address.",
        *COMMON,
        SIGN_IN,
        Variable(
            "forgot_link",
            "Where to get a new password.",
            "https://id.example.com/t/acme/forgot-password",
            Role.ADDRESS,
        ),
    ),
)
KINDS: dict[str, TemplateKind] = {kind.name: kind for kind in _ALL}
