"""Settings: what is read, what is refused by name, and the key that is made when none is set."""

import stat
from pathlib import Path

import pytest

from tenantry.kernel.config import ConfigError, load_settings, secret_keys, shown


@pytest.mark.parametrize(
    "proxies", ["127.0.0.1", "10.0.0.0/8, 2001:db8::1", "10.1.2.3/8", "::1", "192.0.2.0/255.255.255.0"]
)
def test_addresses_and_networks_may_be_trusted(proxies: str) -> None:
    settings = load_settings({"TENANTRY_TRUSTED_PROXIES": proxies})
    assert settings.trusted_proxies == tuple(part.strip() for part in proxies.split(","))


@pytest.mark.parametrize("wrong", ["10.0.0.300", "proxy.example.com", "10.0.0.0/33", "10", "1.2.3.4:80", "*"])
def test_a_proxy_that_is_no_address_is_named(wrong: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings({"TENANTRY_TRUSTED_PROXIES": f"127.0.0.1,{wrong}"})
    assert "TENANTRY_TRUSTED_PROXIES" in str(refused.value)
    assert repr(wrong) in str(refused.value)


def test_a_proxy_in_the_file_is_looked_at_as_well(tmp_path: Path) -> None:
    file = tmp_path / "tenantry.toml"
    file.write_text('trusted_proxies = ["10.0.0.0/8", "nonsense"]')
    with pytest.raises(ConfigError, match="nonsense"):
        load_settings({"TENANTRY_CONFIG": str(file)})


def test_a_key_is_made_once_and_shown_only_by_its_place(tmp_path: Path) -> None:
    settings = load_settings({"TENANTRY_DATA_DIR": str(tmp_path)})
    assert shown(settings)["TENANTRY_SECRET_KEY"] == ""
    made = secret_keys(settings)
    assert secret_keys(settings) == made
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert shown(settings)["TENANTRY_SECRET_KEY"] == f"generated, in {tmp_path}/secret.key"
    given = load_settings({"TENANTRY_DATA_DIR": str(tmp_path), "TENANTRY_SECRET_KEY": "s" * 40})
    assert secret_keys(given) == ["s" * 40]
    assert shown(given)["TENANTRY_SECRET_KEY"] == "********"


@pytest.mark.parametrize("content", ["", "short\n", f"{'k' * 40}, short\n"])
def test_a_file_that_holds_no_good_key_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(ConfigError, match=r"secret\.key must hold keys of at least 32 characters"):
        secret_keys(load_settings({"TENANTRY_DATA_DIR": str(tmp_path)}))


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(ConfigError, match=r"secret\.key cannot be read or made: Is a directory"):
        secret_keys(load_settings({"TENANTRY_DATA_DIR": str(tmp_path)}))
