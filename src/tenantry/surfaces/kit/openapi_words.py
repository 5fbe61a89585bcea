"""The words of the OpenAPI document that more than one operation shares: sections, parameters, fields, and examples of them."""

INTRODUCTION = """
Users, groups, roles, permissions, API keys, the audit log and the settings of one tenant.

- **Key**: `Authorization: Bearer sk_live_...` or `X-API-Key`. Each operation names the scopes of which the key needs
  one; `admin:write` is good for all, and `internal_user_mgt_create`, `_list`, `_view`, `_update` and `_delete` are
  parts of `admin:users`.
- **Answers** hold `data`, `message` or both; a list also `pagination` and, with the same content, `meta`. Go on
  with `cursor`, which costs the same at any depth.
- **Errors**: `code` is for programs, `message` for people, and `details` maps each faulty field to what is wrong.
  400: it cannot be read, or a value has the wrong type. 422: what it says breaks a rule.
- **Trying again**: a POST with an `Idempotency-Key` of your own is done once in 24 hours, however often it is sent.
- **Versions**: send an `ETag` back as `If-Match` to change only what you have read (else 412), or as
  `If-None-Match` to be spared what you have (304).
- **Rates**: 1000 reads and 100 writes a minute, unless the key has its own. A 429 says in `Retry-After` when to go on.
""".strip()

TAGS = {
    "Users": "People and service accounts: their profile, state, password, second factors and sessions.",
    "Bulk jobs": "One action for many people at once: what it would reach, how far it has come, and what became of each.",
    "Invitations": "People who are asked to join: they become users when they accept, with a password of their own.",
    "Links and codes": "Sent anew and checked, in the words of WSO2 Identity Server's user API.",
    "Roles and groups of a user": "What one user holds, and where it comes from.",
    "Sessions": "Who is signed in, from where and since when.",
    "Groups": "Groups, their members, and the roles that they pass on.",
    "Roles": "Roles, the permissions in them, and who holds them.",
    "Permissions": "Those of this API, which are fixed, and those of the tenant's own applications.",
    "API keys": "Keys for programs. A key is shown once, when it is made.",
    "Audit logs": "What was done, by whom and to what.",
    "Figures": "The tenant at a glance, in numbers.",
    "Settings": "How the tenant wants it.",
    "Mail templates": "The texts of mails and text messages, as built in or as the tenant has written them.",
    "Messages": "What was mailed or texted to whom, and what became of it; never what it said.",
    "Sign-in": "Signing in without the pages.",
    "Own sessions": "What people see and end of their own sessions.",
}
"""The sections in the order in which a reader wants them."""

PARAMETERS = {
    "tenant": "The tenant's slug.",
    "user_id": "The user's id or email address.",
    "role": "A role's id or slug.",
    "group": "A group's id or slug.",
    "permission": "A permission's id or slug.",
    "key_id": "The key's id, not the key itself.",
    "entry_id": "The entry's id.",
    "session_id": "The session's id.",
    "invitation_id": "The invitation's id.",
    "message_id": "The message's id.",
    "job_id": "The bulk job's id.",
    "channel": "Only mails (`email`) or only text messages (`sms`).",
    "cursor": "Where to go on: `nextCursor` of the page before. Not together with `page`.",
    "limit": "Rows a page.",
    "page": "Which page, counted from 1.",
    "search": "Text to look for in names and what else the rows are known by, in upper or lower case.",
    "sortBy": "The field to sort by.",
    "sortDir": "Which way; without it times come newest first and everything else from A to Z.",
    "permanent": "Delete for good, whatever the tenant's settings say.",
    "erase": "Delete for good, and take the person out of the audit log as well.",
    "reason": "Why, for those who read the audit log; up to 500 characters.",
    "userId": "Only those of one user, by id or email address.",
    "ipAddress": "Only those from this address.",
    "keepCurrent": "Leave the session that asks.",
    "effective": "Also the roles that come through groups.",
    "action": "The name of an action, or its beginning followed by `*`, as in `user.*`.",
    "category": "What the action is about.",
    "actorId": "Who did it: the id of a key or a user.",
    "targetId": "To what it was done: the id of a user, a role and so on.",
    "ip": "The network address that it came from, IPv4 or IPv6.",
    "outcome": "How it ended.",
    "format": "`csv` for tables, `json` for programs.",
    "days": "How many days to show, today included, in UTC: 1 to 366.",
    "isSystem": "Only what comes with the program (`true`), or only the tenant's own (`false`).",
    "startDate": "From this date or moment on, as in `2030-01-15` or `2030-01-15T10:30:00Z`.",
    "endDate": "Before this moment, or up to the end of this date.",
    "from": "From this date or moment on, as in `2030-01-15` or `2030-01-15T10:30:00Z`; without it, from the beginning.",
    "to": "Before this moment, or up to the end of this date; without it, until now.",
}

FIELDS = {
    "email": "The email address.",
    "username": "The username, without `@`.",
    "phoneNumber": "The phone number in its international form (E.164).",
    "givenName": "The first name.",
    "familyName": "The last name.",
    "picture": "The address of a picture (http or https).",
    "locale": "The preferred language, as in `en-GB` (BCP 47).",
    "zoneinfo": "The time zone, as in `Europe/Berlin` (IANA).",
    "password": "It must meet the tenant's password policy.",
    "profile": "Further facts about the person, as they may see and change them.",
    "customData": "Whatever your own applications keep with the user.",
    "emailVerified": "Whether the email address is known to be theirs.",
    "phoneNumberVerified": "Whether the phone number is known to be theirs.",
    "kind": "A `person`, or a `service`, which never signs in on pages.",
    "isActive": "Whether they may sign in now.",
    "blocked": "Whether somebody has blocked them.",
    "states": "Every state that holds, the strongest first.",
    "stateDetails": "For each of `states` but `active`: `reason`, `by`, `since` and `until`; null where that is not known.",
    "mustChangePassword": "Whether they must choose a new password at the next sign-in.",
    "mustEnrolMfa": "Whether they must set up a second factor. Kept with the user: signing in does not ask for one yet.",
    "mfaEnabled": "Whether they have a second factor.",
    "hasPassword": "Whether a password is set.",
    "identities": "The ways in which they can sign in.",
    "applicationId": "The application that created them, or null.",
    "createdAt": "When it was created.",
    "updatedAt": "When it was last changed.",
    "lastLoginAt": "When they last signed in, or null.",
    "loginCount": "How often they have signed in.",
    "version": "Counts the changes; the ETag shows it.",
    "slug": "The short name for programs.",
    "isSystem": "Whether it comes with the program, and cannot be changed.",
    "memberCount": "How many users are members.",
    "userCount": "How many users hold it directly.",
    "groupCount": "How many groups pass it on.",
    "sendSetupEmail": "Whether a user without a password is sent a link or code to choose one.",
    "temporary": "Whether it must be changed at the next sign-in.",
    "userIds": "Ids or email addresses, up to 1000.",
    "reason": "Why, for those who read the user or the audit log; up to 500 characters.",
    "until": "When it ends by itself; without it, when somebody lifts it.",
    "hint": "The beginning of the key, by which you recognise it.",
    "scopes": "What the key may do.",
    "readRate": "Reads a minute; null for the usual 1000.",
    "writeRate": "Writes a minute; null for the usual 100.",
    "expiresAt": "When it ends, or null for never.",
    "nextCursor": "What `cursor` takes to go on, or null at the end.",
    "totalIsExact": "Whether `total` is exact; otherwise there are more.",
}
"""For every field of that name that says nothing of itself."""

AN_ID = "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20"
EXAMPLES = {
    "tenant": "acme-corp",
    "user_id": "ann@example.com",
    "role": "developer",
    "group": "engineering",
    "permission": "orders:refund",
    "key_id": AN_ID,
    "entry_id": AN_ID,
    "session_id": AN_ID,
    "invitation_id": AN_ID,
    "message_id": AN_ID,
    "job_id": AN_ID,
}
"""For parameters in a path."""

FIELD_EXAMPLES = {
    "email": "ann@example.com",
    "username": "ann.lee",
    "phoneNumber": "+15551234567",
    "givenName": "Ann",
    "familyName": "Lee",
    "picture": "https://example.com/ann.jpg",
    "locale": "en-GB",
    "zoneinfo": "Europe/London",
    "hint": "sk_live_S6rV",
    "ipAddress": "203.0.113.7",
    "ip": "203.0.113.7",
    "userAgent": "Mozilla/5.0",
}
"""For every field of that name, so that the examples that are made of schemas look like answers."""
