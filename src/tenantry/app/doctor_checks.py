"""The single checks of `tenantry doctor`. Each gives findings and changes nothing."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import aiosmtplib
import msgspec
import psycopg

from tenantry.app.storage import conninfo_of, sealer_of
from tenantry.kernel.config import ConfigError, Settings, secret_file
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE
from tenantry.kernel.mail import parse_smtp_url
from tenantry.kernel.sms import parse_sms_url
from tenantry.migrations import heads

OLDEST = 160000
EXTENSIONS = ("btree_gin", "pg_trgm")
LEAST_FREE = 1024**3
MOST_SKEW_SECONDS = 5.0
MAIL_SECONDS = 10.0


class State(Enum):
    """How a check came out."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, how it is, and what to do about it (empty when nothing is to be done)."""

    what: str
    state: State
    found: str
    remedy: str = ""


def files(settings: Settings) -> list[Finding]:
    """The data directory: whether it can be written, who else can read it, and the space that is left."""
    path = settings.data_path
    if not path.exists():
        return [
            Finding(
                "data directory", State.DOUBTFUL, f"{path} does not exist yet", "the first start makes it"
            )
        ]
    if not os.access(path, os.W_OK | os.X_OK):
        remedy = f"give it to this user: chown {os.geteuid()} {path}"
        return [Finding("data directory", State.WRONG, f"{path} cannot be written", remedy)]
    return [_open_to_others(path), *_secret_files(path), _space(path)]


def _open_to_others(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("data directory", State.DOUBTFUL, f"{path} has mode {mode:04o}", f"chmod 700 {path}")
    return Finding("data directory", State.FINE, str(path))


def _secret_files(path: Path) -> Iterator[Finding]:
    for name in ("secret.key", "postgres.password", "demo.json"):
        file = path / name
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding(name, State.WRONG, "others can read it", f"chmod 600 {file}")


def _space(path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    found = f"{free / 1024**3:.1f} GiB free"
    if free < LEAST_FREE:
        return Finding(
            "disk", State.WRONG, found, "make room; the database stops writing when the disk is full"
        )
    return Finding("disk", State.FINE, found)


def database(settings: Settings, owner: str) -> list[Finding]:
    """The database as its owner sees it, and whether the login roles can do what they must and nothing beyond."""
    try:
        with psycopg.connect(owner, autocommit=True, connect_timeout=10) as conn:
            roles = list(_roles(conn))
            findings = [_version(conn), _clock(conn), _tables(conn), *_extensions(conn), *roles]
    except psycopg.Error as error:
        remedy = "is it running, and are host, user and password right?"
        return [Finding("database", State.WRONG, _said(error), remedy)]
    return [*findings, *_sign_ins(settings, owner)] if roles else findings


def _version(conn: psycopg.Connection) -> Finding:
    found = f"PostgreSQL {conn.info.server_version // 10000}.{conn.info.server_version % 10000}"
    if conn.info.server_version < OLDEST:
        return Finding("database", State.WRONG, found, f"version {OLDEST // 10000} or newer is needed")
    return Finding("database", State.FINE, found)


def _clock(conn: psycopg.Connection) -> Finding:
    row = conn.execute("select clock_timestamp()").fetchone()
    skew = abs((datetime.now(UTC) - row[0]).total_seconds()) if row else 0.0
    found = f"{skew:.1f} s between this machine and the database"
    if skew > MOST_SKEW_SECONDS:
        return Finding(
            "clock",
            State.WRONG,
            found,
            "synchronise both with a time server; links and keys end by the clock",
        )
    return Finding("clock", State.FINE, found)


def _tables(conn: psycopg.Connection) -> Finding:
    newest = heads.head()
    try:
        row = conn.execute("select version_num from alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if row is None:
        remedy = "`tenantry migrate` makes them; `tenantry serve` does it too"
        return Finding("tables", State.DOUBTFUL, "not made yet", remedy)
    at = f"at revision {row[0]}, this program knows {newest}"
    if row[0] > newest:
        return Finding("tables", State.WRONG, f"newer than this program: {at}", "install the newer program")
    if row[0] < newest:
        remedy = "`tenantry migrate` brings them up to date; `tenantry serve` does it too"
        return Finding("tables", State.DOUBTFUL, f"older than this program: {at}", remedy)
    return Finding("tables", State.FINE, f"up to date (revision {newest})")


def _extensions(conn: psycopg.Connection) -> Iterator[Finding]:
    rows = conn.execute(
        "select name, installed_version from pg_available_extensions where name = any(%s)", [list(EXTENSIONS)]
    )
    available: dict[str, str | None] = dict(rows.fetchall())
    for name in EXTENSIONS:
        if name not in available:
            yield Finding(
                f"extension {name}", State.WRONG, "not available", "install PostgreSQL's contrib package"
            )
        else:
            installed = available[name]
            yield Finding(f"extension {name}", State.FINE, installed or "available, the migration makes it")


def _roles(conn: psycopg.Connection) -> Iterator[Finding]:
    rows = conn.execute(
        """
        select r.rolname,
               r.rolsuper or r.rolbypassrls,
               exists (select from pg_auth_members m where m.member = r.oid),
               exists (
                   select from pg_class c
                   where c.relowner = r.oid
                     and c.relkind in ('r', 'p')
                     and c.relpersistence <> 't')
        from pg_roles r
        where r.rolname = any(%s)
        """,
        [[APP_ROLE, SYSTEM_ROLE]],
    ).fetchall()
    for name, powerful, member, owns in rows:
        faults = [
            text
            for wrong, text in (
                (powerful, "sees past row-level security"),
                (member, "is a member of other roles"),
                (owns, "owns tables"),
            )
            if wrong
        ]
        if faults:
            yield Finding(
                f"role {name}",
                State.WRONG,
                ", ".join(faults),
                "take that from it; the migration gives it what it needs",
            )
        else:
            yield Finding(f"role {name}", State.FINE, "neither owner nor past row-level security")


def _sign_ins(settings: Settings, owner: str) -> Iterator[Finding]:
    """Whether the passwords that follow from the secret key are those of the roles. A key is not made for that."""
    if not settings.secret_key and not secret_file(settings).exists():
        yield Finding(
            "secret key",
            State.WRONG,
            "there is none, but the database was made with one",
            f"set TENANTRY_SECRET_KEY to it, or put it into {secret_file(settings)}",
        )
        return
    for role in (APP_ROLE, SYSTEM_ROLE):
        try:
            with psycopg.connect(conninfo_of(role, owner, sealer_of(settings)), connect_timeout=10):
                yield Finding(f"sign-in of {role}", State.FINE, "works")
        except psycopg.Error as error:
            remedy = "if the secret key is right, `tenantry migrate` sets the password that follows from it"
            yield Finding(f"sign-in of {role}", State.DOUBTFUL, _said(error), remedy)


async def mail(settings: Settings) -> list[Finding]:
    """Whether the mail server can be reached and lets us in; nothing is sent."""
    if settings.smtp_url is None:
        found = "goes into the development mailbox, and to nobody"
        return [Finding("mail", State.DOUBTFUL, found, "set TENANTRY_SMTP_URL before real people use it")]
    try:
        route = parse_smtp_url(settings.smtp_url)
        client = aiosmtplib.SMTP(
            hostname=route.host,
            port=route.port,
            use_tls=route.tls,
            timeout=MAIL_SECONDS,
            validate_certs=not route.is_loopback,
        )
        async with client:
            if route.user:
                await client.login(route.user, route.password or "")
    except ConfigError as error:
        return [Finding("mail", State.WRONG, str(error), "correct TENANTRY_SMTP_URL")]
    except (aiosmtplib.SMTPException, OSError) as error:
        return [
            Finding("mail", State.WRONG, _said(error), "is the host right, and may this machine reach it?")
        ]
    return [Finding("mail", State.FINE, f"{route.host}:{route.port} lets us in")]


def text_messages(settings: Settings) -> list[Finding]:
    """Whether the address of the SMS gateway makes sense; it is not called, because a call costs a message."""
    if settings.sms_url is None:
        return []
    try:
        route = parse_sms_url(settings.sms_url)
    except ConfigError as error:
        return [Finding("text messages", State.WRONG, str(error), "correct TENANTRY_SMS_URL")]
    return [Finding("text messages", State.FINE, f"go to {route.host}, which is not tried")]


def _said(error: Exception) -> str:
    """The first line of what went wrong, without the words around it that a program makes when PostgreSQL refuses."""
    lines = str(error).rpartition("FATAL:")[2].strip().splitlines()
    return lines[0] if lines else type(error).__name__
