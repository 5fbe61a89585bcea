"""Settings of one installation: from the environment, or from a TOML file named by TENANTRY_CONFIG. The environment wins."""

import contextlib
import os
import secrets
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec


class ConfigError(Exception):
    """A setting is wrong; the message names it and says what would be right."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator can set. Field `x_y` is the variable TENANTRY_X_Y, or the key `x_y` of the file."""

    data_dir: str = "./.tenantry"
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8400
    public_url: str | None = None
    secret_key: str | None = None
    smtp_url: str | None = None
    mail_from: str = "Tenantry <no-reply@localhost.localdomain>"
    sms_url: str | None = None
    sms_from: str | None = None
    db_pool: int = 16
    hash_threads: int = 0
    hash_queue: int = 64
    hash_memory_kib: int = 19456
    hash_time_cost: int = 2
    hash_lanes: int = 1
    breached_passwords: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    metrics_token: str | None = None
    geoip_file: str | None = None
    log_level: str = "info"
    log_format: str = "json"
    shutdown_seconds: int = 30

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).expanduser().absolute()

    @property
    def address(self) -> str:
        """The public address without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def is_development_mail(self) -> bool:
        return self.smtp_url is None

    @property
    def threads(self) -> int:
        """Hashing threads: as set, else one for each core that this process may use."""
        return self.hash_threads or len(os.sched_getaffinity(0))


SECRET = frozenset({"secret_key", "smtp_url", "sms_url", "database_url", "metrics_token"})
PREFIX = "TENANTRY_"
SHORTEST_KEY = 32
BOUNDS = {
    "port": (1, 65535),
    "db_pool": (2, 1000),
    "hash_threads": (0, 256),
    "hash_queue": (1, 100_000),
    "hash_memory_kib": (8, 4_194_304),
    "hash_time_cost": (1, 100),
    "hash_lanes": (1, 64),
    "shutdown_seconds": (1, 3600),
}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Reads the settings; ConfigError names the first one that is unknown or wrong."""
    values: dict[str, Any] = _from_file(environ.get("TENANTRY_CONFIG"))
    names = {field.name for field in msgspec.structs.fields(Settings)}
    for name in names:
        text = environ.get(PREFIX + name.upper())
        if text is not None and text != "":
            values[name] = _listed(text) if name == "trusted_proxies" else text
    unknown = sorted(values.keys() - names)
    if unknown:
        raise ConfigError(f"unknown setting {unknown[0]} in the file of TENANTRY_CONFIG")
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        wanted = problem.removeprefix("Expected ").partition(",")[0].strip("`")
        words = {"int": "a whole number", "bool": "true or false", "str": "text"}
        raise ConfigError(
            f"{PREFIX}{place.rstrip('`').upper()} must be {words.get(wanted, wanted)}"
        ) from error
    for name, (low, high) in BOUNDS.items():
        if not low <= getattr(settings, name) <= high:
            raise ConfigError(f"{PREFIX}{name.upper()} must lie between {low} and {high}")
    for proxy in settings.trusted_proxies:
        _check_network(proxy)
    return settings


def _check_network(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        problem = f"{text!r} is no IP address, nor a network such as 10.0.0.0/8"
        raise ConfigError(f"{PREFIX}TRUSTED_PROXIES: {problem}") from error


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _from_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"TENANTRY_CONFIG: {path}: {error}") from error


def secret_file(settings: Settings) -> Path:
    """Where the key is kept that is made when none is set."""
    return settings.data_path / "secret.key"


def secret_keys(settings: Settings) -> list[str]:
    """The keys that seal secrets, newest first; made and kept in the data directory when none is set."""
    source, text = f"{PREFIX}SECRET_KEY", settings.secret_key
    if not text:
        path = secret_file(settings)
        try:
            source, text = str(path), _kept_secret(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be read or made: {error.strerror}") from error
    keys = _listed(text)
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        raise ConfigError(f"{source} must hold keys of at least {SHORTEST_KEY} characters")
    return keys


def _kept_secret(path: Path) -> str:
    """The content of the file, which is made when it is not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
    return path.read_text(encoding="ascii")


def shown(settings: Settings) -> dict[str, str]:
    """The settings as an operator may print them: the names of the variables, secrets masked, empty where nothing is set."""
    listing = {}
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        masked = field.name in SECRET and value is not None
        text = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        listing[PREFIX + field.name.upper()] = "********" if masked else text
    if settings.secret_key is None and secret_file(settings).exists():
        listing[f"{PREFIX}SECRET_KEY"] = f"generated, in {secret_file(settings)}"
    return listing
