"""What the settings are called on their page. A setting that is missing here is called by its own name."""

TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("registration", "Registration", ("registration",)),
    ("sign-in", "Sign-in", ("signIn", "lockout", "throttling")),
    ("sessions", "Sessions", ("sessions",)),
    ("passwords", "Passwords", ("passwordPolicy",)),
    ("recovery", "Verification and recovery", ("verification", "recovery")),
    ("expiry", "Links and codes", ("links", "oneTimeCodes")),
    ("accounts", "Accounts", ("accounts", "deletion")),
    ("audit", "Audit log", ("audit",)),
)
"""The tabs: name, label, and the sections of the settings that stand on each."""

ELSEWHERE = frozenset({"branding"})
"""Sections that have a page of their own."""

SECTION_LABELS = {
    "registration": "Registration",
    "signIn": "Sign-in",
    "lockout": "Lockout after wrong passwords",
    "throttling": "Throttling",
    "sessions": "Session lifetimes",
    "passwordPolicy": "Password policy",
    "verification": "Verification",
    "recovery": "Password recovery",
    "links": "How long links work",
    "oneTimeCodes": "One-time codes",
    "accounts": "Accounts",
    "deletion": "Deletion",
    "audit": "Keeping the audit log",
}

MINUTES, DAYS, SECONDS, A_MINUTE = "minutes", "days", "seconds", "a minute"
UNITS = {"Minutes": MINUTES, "Days": DAYS, "Seconds": SECONDS, "PerAddress": A_MINUTE, "PerAccount": A_MINUTE}
"""The unit of a setting, by the end of its name."""

UNITS_OF = {
    "lockout.minutes": MINUTES,
    "oneTimeCodes.minutes": MINUTES,
    "oneTimeCodes.secondsBetweenSends": SECONDS,
    "oneTimeCodes.length": "signs",
    "passwordPolicy.minLength": "characters",
    "passwordPolicy.maxLength": "characters",
    "lockout.factor": "times",
}

LABELS = {
    "registration.enabled": "People may sign up by themselves",
    "registration.mode": "Who may sign up",
    "registration.allowedEmailDomains": "Allowed email domains",
    "registration.requireEmailVerification": "Verify the address before the first sign-in",
    "registration.signInAtOnce": "Sign in at once",
    "registration.assignRoles": "Roles that everybody gets",
    "signIn.identifiers": "Sign in by",
    "signIn.rememberMe": "Offer to stay signed in",
    "lockout.enabled": "Lock accounts after wrong passwords",
    "lockout.maxFailures": "Failures in a row",
    "lockout.minutes": "First lock",
    "lockout.factor": "Each further lock is longer by",
    "lockout.maxMinutes": "Longest lock",
    "lockout.resetMinutes": "Forget failures after",
    "throttling.signInsPerAddress": "Sign-ins from one address",
    "throttling.signInsPerAccount": "Sign-ins for one account",
    "throttling.registrationsPerAddress": "Registrations from one address",
    "throttling.recoveriesPerAddress": "Recoveries from one address",
    "throttling.recoveriesPerAccount": "Recoveries for one account",
    "throttling.codesPerAddress": "Codes and links from one address",
    "sessions.absoluteMinutes": "Longest session",
    "sessions.idleMinutes": "Ends when idle for",
    "sessions.rememberMeMinutes": "When staying signed in",
    "sessions.maxConcurrent": "Sessions of one person",
    "sessions.atLimit": "One more than that",
    "passwordPolicy.minLength": "Shortest password",
    "passwordPolicy.maxLength": "Longest password",
    "passwordPolicy.requireUppercase": "Demand an upper-case letter",
    "passwordPolicy.requireLowercase": "Demand a lower-case letter",
    "passwordPolicy.requireNumbers": "Demand a digit",
    "passwordPolicy.requireSymbols": "Demand a symbol",
    "passwordPolicy.rejectUserInfo": "Refuse the person's own data",
    "passwordPolicy.rejectCommon": "Refuse common passwords",
    "passwordPolicy.rejectBreached": "Refuse breached passwords",
    "passwordPolicy.historyCount": "Earlier passwords that may not come again",
    "passwordPolicy.minScore": "Strength that is demanded",
    "verification.emailForm": "Verify addresses by",
    "recovery.methods": "Ways to recover a password",
    "recovery.notifyOnSuccess": "Tell people when their password was changed",
    "recovery.oldPasswordWorksUntilReset": "The old password works until the reset",
    "links.passwordResetMinutes": "Password reset",
    "links.passwordSetupMinutes": "First password",
    "links.emailVerificationMinutes": "Email verification",
    "links.invitationMinutes": "Invitation",
    "links.emailChangeMinutes": "Change of address",
    "links.emailRevertMinutes": "Taking a change of address back",
    "oneTimeCodes.length": "Length",
    "oneTimeCodes.charset": "Made of",
    "oneTimeCodes.minutes": "Works for",
    "oneTimeCodes.maxAttempts": "Wrong tries",
    "oneTimeCodes.maxSendsPerHour": "Sent to one person in an hour",
    "oneTimeCodes.secondsBetweenSends": "Wait between two",
    "accounts.disablingEnabled": "Accounts may be disabled",
    "accounts.setupMethod": "New people choose their password with",
    "accounts.defaultPhoneRegion": "Country of phone numbers",
    "deletion.adminApiRetentionDays": "Restore for, when deleted by the API",
    "deletion.retentionDays": "Restore for, when deleted here",
    "deletion.keepIdentifiers": "Hold identifiers back meanwhile",
    "audit.retentionDays": "Keep entries for",
    "audit.autoDelete": "Delete older entries",
}

CHOICE_LABELS = {
    "open": "Everybody",
    "invitation_only": "Only people with an invitation",
    "link": "A link",
    "otp": "A code that is typed",
    "email": "Email address",
    "username": "Username",
    "phone": "Phone number",
    "numeric": "Digits",
    "alphanumeric": "Digits and letters",
    "end_oldest": "Ends the oldest session",
    "refuse": "Is refused",
    "email_link": "A link by email",
    "email_otp": "A code by email",
    "sms_otp": "A code by text message",
}

FORMS = {"accounts.defaultPhoneRegion": "must be the two capital letters of a country, as in GB"}
"""What a text must be like, where the setting allows only some."""

SHORT_WORDS = {
    "registration.mode": "Whether everybody may sign up, or only people who were invited.",
    "recovery.methods": "How people recover a forgotten password by themselves. None of them switches recovery off.",
    "accounts.setupMethod": (
        "What is sent to people who are created without a password, unless somebody chooses another way for them. Text messages"
        " need a gateway; people without a number are sent a link by email."
    ),
    "signIn.identifiers": "By what people say who they are. At least one.",
    "verification.emailForm": "How people show that an address is theirs.",
    "sessions.atLimit": "What becomes of a sign-in beyond the number above.",
    "audit.retentionDays": "After so many days entries are deleted, if that is switched on below.",
    "audit.autoDelete": "Without this every entry is kept for ever.",
}
"""What a setting means, where the words for programs name values that this page shows otherwise."""
