"""The settings: read from the environment once, checked, frozen. Nothing else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from chat.core.errors import Misconfigured
from chat.core.networks import network

NAMES = (
    "LETHE_DATA",
    "LETHE_DATABASE_URL",
    "LETHE_KEYS_URL",
    "LETHE_REDIS_URL",
    "LETHE_SECRET_KEY",
    "LETHE_BASE_URL",
    "LETHE_SMTP_URL",
    "LETHE_TRUSTED_PROXIES",
    "LETHE_OUTBOUND_ALLOW",
    "LETHE_LOG_LEVEL",
    "LETHE_DISK_FLOOR",
    "LETHE_CONTACT_QUOTA",
    "LETHE_ACCOUNT_QUOTA",
    "LETHE_SERVER_QUOTA",
    "LETHE_API_RATE",
)
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_SECRET = 32
DIGITS_MOST = 9
SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Settings:
    """How one server runs. Secrets stay out of its `repr`."""

    data: Path
    database_url: str = field(repr=False)
    keys_url: str = field(repr=False)
    redis_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    base_url: str = ""
    smtp_url: str = field(default="", repr=False)
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    outbound_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    log_level: str = "INFO"
    disk_floor: int = 512
    contact_quota: int = 200
    account_quota: int = 20_480
    server_quota: int = 0
    api_rate: int = 1200

    @property
    def embedded(self) -> bool:
        """Whether one process is everything: SQLite and no Redis."""
        return self.database_url.startswith("sqlite") and not self.redis_url

    def shown(self) -> dict[str, str]:
        """Return each setting as it may be printed: passwords and the secret are masked."""
        return {
            "LETHE_DATA": str(self.data),
            "LETHE_DATABASE_URL": masked(self.database_url),
            "LETHE_KEYS_URL": masked(self.keys_url),
            "LETHE_REDIS_URL": masked(self.redis_url) or "(unset: one process)",
            "LETHE_SECRET_KEY": "(set)" if self.secret_key else "(in the data folder)",
            "LETHE_BASE_URL": self.base_url or "(unset: taken from each request)",
            "LETHE_SMTP_URL": masked(self.smtp_url) or "(unset: no mail)",
            "LETHE_TRUSTED_PROXIES": ", ".join(map(str, self.trusted_proxies)) or "(none)",
            "LETHE_OUTBOUND_ALLOW": ", ".join(map(str, self.outbound_allow)) or "(none: public addresses alone)",
            "LETHE_LOG_LEVEL": self.log_level,
            "LETHE_DISK_FLOOR": f"{self.disk_floor} MB",
            "LETHE_CONTACT_QUOTA": f"{self.contact_quota} MB",
            "LETHE_ACCOUNT_QUOTA": f"{self.account_quota} MB",
            "LETHE_SERVER_QUOTA": f"{self.server_quota} MB" if self.server_quota else "(none: the disk's floor)",
            "LETHE_API_RATE": f"{self.api_rate} requests a minute" if self.api_rate else "(none)",
        }


def from_env(environ: Mapping[str, str] = os.environ) -> Settings:
    """
    Read the settings.

    Raises Misconfigured, naming the variable and what it takes, where one does not parse or is unknown.
    """
    # A misspelt name would be a setting that is not there, and the server would run otherwise than its operator thinks.
    unknown = sorted(n for n in environ if n.startswith("LETHE_") and n not in NAMES)
    if unknown:
        raise Misconfigured(f"{unknown[0]} is not a setting of Lethe; known are {', '.join(NAMES)}")
    data = Path(environ.get("LETHE_DATA") or "lethe-data").absolute()
    database_url = _database(environ.get("LETHE_DATABASE_URL") or f"sqlite:///{data / 'lethe.db'}")
    return Settings(
        data=data,
        database_url=database_url,
        keys_url=_keys(environ.get("LETHE_KEYS_URL", ""), database_url, data),
        redis_url=_url("LETHE_REDIS_URL", environ.get("LETHE_REDIS_URL", ""), ("redis", "rediss", "unix")),
        secret_key=_secret(environ.get("LETHE_SECRET_KEY", "")),
        base_url=_origin("LETHE_BASE_URL", environ.get("LETHE_BASE_URL", "")),
        smtp_url=_url("LETHE_SMTP_URL", environ.get("LETHE_SMTP_URL", ""), SMTP_SCHEMES),
        trusted_proxies=_networks("LETHE_TRUSTED_PROXIES", environ.get("LETHE_TRUSTED_PROXIES", "")),
        outbound_allow=_networks("LETHE_OUTBOUND_ALLOW", environ.get("LETHE_OUTBOUND_ALLOW", "")),
        log_level=_level(environ.get("LETHE_LOG_LEVEL") or "INFO"),
        disk_floor=_megabytes("LETHE_DISK_FLOOR", environ.get("LETHE_DISK_FLOOR") or "512"),
        contact_quota=_megabytes("LETHE_CONTACT_QUOTA", environ.get("LETHE_CONTACT_QUOTA") or "200"),
        account_quota=_megabytes("LETHE_ACCOUNT_QUOTA", environ.get("LETHE_ACCOUNT_QUOTA") or "20480"),
        server_quota=_megabytes("LETHE_SERVER_QUOTA", environ.get("LETHE_SERVER_QUOTA") or "0"),
        api_rate=_number("LETHE_API_RATE", environ.get("LETHE_API_RATE") or "1200", "requests a minute, as 1200"),
    )


def masked(url: str) -> str:
    """Return `url` with its password, if any, replaced by three stars."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    return url.replace(f":{parts.password}@", ":***@")


def _database(url: str) -> str:
    if url.startswith(("sqlite:///", "postgresql://")):
        _parts("LETHE_DATABASE_URL", url)
        return url
    raise Misconfigured("LETHE_DATABASE_URL must begin with sqlite:/// or postgresql://")


def _keys(url: str, database_url: str, data: Path) -> str:
    if url and not url.startswith(("file:///", "postgresql://")):
        raise Misconfigured("LETHE_KEYS_URL must begin with file:/// or postgresql://")
    if url:
        _parts("LETHE_KEYS_URL", url)
        return url
    if database_url.startswith("sqlite"):
        return f"file://{data / 'keys' / 'contacts.keys'}"
    # A database of its own and no table beside the data: what backs up the one must not take the other along.
    parts = urlsplit(database_url)
    return parts._replace(path=f"{parts.path.rstrip('/')}_keys").geturl()


def _url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    if value and _parts(name, value).scheme not in schemes:
        raise Misconfigured(f"{name} must begin with {' or '.join(s + '://' for s in schemes)}")
    return value


def _origin(name: str, value: str) -> str:
    """Return an origin as browsers write it (RFC 6454), since it is compared with what they send."""
    if not value:
        return ""
    parts = _parts(name, value)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in PORTS or not parts.hostname or not bare:
        raise Misconfigured(f"{name} must be a scheme, a host and perhaps a port, as https://chat.example")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if parts.port in {None, PORTS[parts.scheme]} else f":{parts.port}")


def _parts(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise Misconfigured(f"{name} is not an address that can be read: its host or port is not right") from error
    return parts


def _secret(value: str) -> str:
    if value and len(value) < SHORTEST_SECRET:
        raise Misconfigured(f"LETHE_SECRET_KEY must have at least {SHORTEST_SECRET} characters, or be unset")
    return value


def _megabytes(name: str, value: str) -> int:
    return _number(name, value, "megabytes, as 512")


def _number(name: str, value: str, what: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > DIGITS_MOST:
        raise Misconfigured(f"{name} must be a number of {what}; 0 for none")
    return int(value)


def _level(value: str) -> str:
    if value.upper() not in LEVELS:
        raise Misconfigured(f"LETHE_LOG_LEVEL must be one of {', '.join(LEVELS)}")
    return value.upper()


def _networks(name: str, value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise Misconfigured(
            f"{name} must be addresses or networks with commas between, as 127.0.0.1,10.0.0.0/8"
        ) from error
