"""What every setting of a tenant means, and where its default comes from: one plain table, shown in the documentation.

A source names the documentation that gives the figure; "our choice" stands where none does, with the reason.
"""

import msgspec


class Explained(msgspec.Struct, frozen=True):
    """The meaning of a setting, and why its default is what it is."""

    meaning: str
    source: str


WSO2_LOCK = "WSO2 Identity Server, Login Attempts"
WSO2_CODES = "WSO2 Identity Server, Password Recovery and Ask Password"
LUMOAUTH_SESSIONS = "LumoAuth, Sessions"
LUMOAUTH_RATES = "LumoAuth, Rate limiting"
NIST = "NIST SP 800-63B section 5.1.1"

EXPLAINED: dict[str, Explained] = {
    "deletion.adminApiRetentionDays": Explained(
        "Days for which a person deleted by the admin API can be restored; 0 deletes for good.",
        "LumoAuth, Users API: a deletion is permanent",
    ),
    "deletion.retentionDays": Explained(
        "The same for deletions in the portal and by people themselves.",
        "our choice: a month, long enough to notice a mistake",
    ),
    "deletion.keepIdentifiers": Explained(
        "Hold address, number and username of a deleted person back while they can be restored.",
        "our choice: a restore must not fail because somebody else took the address",
    ),
    "registration.enabled": Explained("People may sign up by themselves.", "LumoAuth, Auth settings: off"),
    "registration.mode": Explained(
        "`open` to everybody, or `invitation_only`.", "LumoAuth, Email and password: open"
    ),
    "registration.allowedEmailDomains": Explained(
        "Domains whose addresses may sign up; empty allows every domain. Subdomains count by themselves.",
        "our choice: no restriction",
    ),
    "registration.requireEmailVerification": Explained(
        "An address must be verified before the first sign-in.", "LumoAuth, Email and password: a toggle"
    ),
    "registration.signInAtOnce": Explained(
        "Whoever has signed up is signed in without a mail in between. It lets anybody find out which addresses have an account.",
        "our choice: off, so that nobody learns who has an account",
    ),
    "registration.assignRoles": Explained(
        "Slugs of the roles that everybody gets who signs up; one with rights in the administration is left out.",
        "our choice: none",
    ),
    "accounts.disablingEnabled": Explained(
        "Accounts may be disabled, a lasting measure beside suspending and locking.",
        "WSO2 Identity Server, Account Disable: off",
    ),
    "accounts.setupMethod": Explained(
        "How people who are created without a password choose their first one, where the call does not say:"
        " `email_link`, `email_otp` or `sms_otp`, which needs a gateway (TENANTRY_SMS_URL); people without a number are mailed a"
        " link instead.",
        "WSO2 Identity Server, Invite User to Set Password: an email link",
    ),
    "accounts.defaultPhoneRegion": Explained(
        "The country (ISO 3166-1) of numbers that are written without a country code.",
        "our choice: none, so that no number is guessed",
    ),
    "audit.retentionDays": Explained(
        "For how many days the audit log is kept where `autoDelete` is on.", "LumoAuth, Audit logs: 90 days"
    ),
    "audit.autoDelete": Explained(
        "Delete audit events after `retentionDays`.", "our choice: off, nothing is lost unasked"
    ),
    "links.passwordResetMinutes": Explained(
        "A link by which a password is reset. -1 is for ever, 0 expires at once.",
        "IntelliAuth, Password reset: 24 hours",
    ),
    "links.passwordSetupMinutes": Explained(
        "A link by which a first password is set.", "as an invitation: 7 days"
    ),
    "links.emailVerificationMinutes": Explained("A link that verifies an address.", "our choice: a day"),
    "links.invitationMinutes": Explained("An invitation.", "LumoAuth, Invitations: 7 days"),
    "links.emailChangeMinutes": Explained(
        "A link that confirms a new address.", "as the verification of an address: 24 hours"
    ),
    "links.emailRevertMinutes": Explained(
        "A link by which the old address takes a change back.", "our choice: 72 hours, a weekend"
    ),
    "oneTimeCodes.length": Explained("Signs in a one-time code.", f"{WSO2_CODES}: 6, allowed 4 to 10"),
    "oneTimeCodes.charset": Explained(
        "Digits alone, or digits and letters that are not mistaken for one another.",
        "our choice: easy to read out and to type on a telephone",
    ),
    "oneTimeCodes.minutes": Explained(
        "For how long a one-time code works.", "NIST SP 800-63B section 5.1.3.2: at most 10 minutes"
    ),
    "oneTimeCodes.maxAttempts": Explained(
        "Wrong tries that a one-time code bears.", "our choice: 5 of a million guesses"
    ),
    "oneTimeCodes.maxSendsPerHour": Explained(
        "How often an hour a code or link of one kind is sent to one person.",
        "our choice: enough for a slow mailbox, too few to pester somebody",
    ),
    "oneTimeCodes.secondsBetweenSends": Explained(
        "Seconds between two of them.", "our choice: half a minute, the time a mail takes"
    ),
    "verification.emailForm": Explained(
        "How an address is verified: by a `link`, or by a code that is typed (`otp`).",
        "WSO2 Identity Server, Email verification: a link",
    ),
    "signIn.identifiers": Explained(
        "By what people sign in: `email`, `username`, `phone`.", "Logto, Sign-in experience: all of them"
    ),
    "signIn.rememberMe": Explained("People may ask to stay signed in.", f"{LUMOAUTH_SESSIONS}: offered"),
    "lockout.enabled": Explained(
        "Lock an account for a while after wrong passwords.", "our choice: on, unlike WSO2, where it is off"
    ),
    "lockout.maxFailures": Explained("Failures in a row that lock.", "our choice: 5, as most do"),
    "lockout.minutes": Explained("How long the first lock lasts.", "our choice: 30 minutes"),
    "lockout.factor": Explained(
        "Each further lock lasts so many times as long.",
        f"{WSO2_LOCK}: doubling, as in its example of 5, 10 and 20 minutes",
    ),
    "lockout.maxMinutes": Explained(
        "No lock lasts longer.", "our choice: a day, so that nobody is locked out for good"
    ),
    "lockout.resetMinutes": Explained(
        "Failures further apart than this do not add up.", "our choice: an hour"
    ),
    "throttling.signInsPerAddress": Explained(
        "Sign-ins a minute from one network address.", f"{LUMOAUTH_RATES}: 10"
    ),
    "throttling.signInsPerAccount": Explained(
        "Sign-ins a minute for one identifier, whether it exists or not.", "our choice: as for an address"
    ),
    "throttling.registrationsPerAddress": Explained(
        "Registrations a minute from one network address.", f"{LUMOAUTH_RATES}: 5"
    ),
    "throttling.recoveriesPerAddress": Explained(
        "Recoveries a minute from one network address.", "our choice: as for sign-ins"
    ),
    "throttling.recoveriesPerAccount": Explained(
        "Recoveries a minute for one identifier.", f"{LUMOAUTH_RATES}: 3"
    ),
    "throttling.codesPerAddress": Explained(
        "Codes and links tried a minute from one network address.",
        f"{LUMOAUTH_RATES}: 20 without a sign-in",
    ),
    "sessions.absoluteMinutes": Explained(
        "How long a session lasts at most.", f"{LUMOAUTH_SESSIONS}: 24 hours"
    ),
    "sessions.idleMinutes": Explained(
        "Unseen for so long a session ends; 0 is never.", f"{LUMOAUTH_SESSIONS}: 30 minutes"
    ),
    "sessions.rememberMeMinutes": Explained(
        "How long a session lasts, idle or not, for somebody who asked to be remembered.",
        f"{LUMOAUTH_SESSIONS}: 30 days",
    ),
    "sessions.maxConcurrent": Explained(
        "How many sessions one person may have; 0 is any number.", f"{LUMOAUTH_SESSIONS}: unlimited"
    ),
    "sessions.atLimit": Explained(
        "One more session ends the oldest (`end_oldest`) or is refused (`refuse`).",
        "our choice: nobody is kept out by a session they forgot",
    ),
    "recovery.methods": Explained(
        "How people recover a forgotten password: `email_link`, `email_otp`, `sms_otp`; none switches recovery off.",
        "WSO2 Identity Server, Password Recovery: an email link",
    ),
    "recovery.notifyOnSuccess": Explained(
        "Tell people by mail that their password was changed.", "our choice: on, so that a theft is noticed"
    ),
    "recovery.oldPasswordWorksUntilReset": Explained(
        "While a reset that an administrator demanded is pending, the old password still signs in and must then be changed.",
        "WSO2 Identity Server from 7.1 on: the old password is dead at once",
    ),
    "branding.accentColor": Explained(
        "The colour of buttons and links on pages and in mails, as `#rrggbb`; darker or lighter where nobody could read it.",
        "our choice: the colour of Tenantry itself",
    ),
    "passwordPolicy.minLength": Explained("Fewest characters.", f"{NIST}: 8"),
    "passwordPolicy.maxLength": Explained("Most characters.", f"{NIST}: at least 64 must be allowed"),
    "passwordPolicy.requireUppercase": Explained("An upper-case letter.", f"{NIST}: no rules of composition"),
    "passwordPolicy.requireLowercase": Explained("A lower-case letter.", f"{NIST}: no rules of composition"),
    "passwordPolicy.requireNumbers": Explained("A digit.", f"{NIST}: no rules of composition"),
    "passwordPolicy.requireSymbols": Explained("A symbol or space.", f"{NIST}: no rules of composition"),
    "passwordPolicy.rejectUserInfo": Explained(
        "Not the person's own names or addresses, nor the tenant's name.", f"{NIST}: context-specific words"
    ),
    "passwordPolicy.rejectCommon": Explained("None of the common passwords.", f"{NIST}: common values"),
    "passwordPolicy.rejectBreached": Explained(
        "None that published breaches hold.", f"{NIST}: values from earlier breaches"
    ),
    "passwordPolicy.historyCount": Explained(
        "How many earlier passwords may not come again.", f"{NIST}: no forced change, so no history"
    ),
    "passwordPolicy.minScore": Explained(
        "A score of zxcvbn that a password must reach, 0 to 4.", "our choice: the lists above suffice"
    ),
}
