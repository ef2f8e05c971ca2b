"""Addresses of PostgreSQL. Servers over SQLite check them too, so this module imports no driver."""

from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from diary.errors import BadSetting

URL_SCHEMES: Final = ("postgres", "postgresql")


def is_postgres(url: str) -> bool:
    """Return whether an address names a PostgreSQL server."""
    return url.partition("://")[0] in URL_SCHEMES


def check_postgres_url(url: str) -> str:
    """Return an address that names a PostgreSQL database. Raise BadSetting, without the address, for any other."""
    try:
        parts = urlsplit(url)
        port = str(parts.port or parse_qs(parts.query).get("port", ["1"])[-1])
    except ValueError:
        parts, port = urlsplit(""), ""
    if not is_postgres(url) or len(parts.path) < 2 or not port.isdecimal():
        raise BadSetting("DIARY_DATABASE_URL is not an address of the form postgres://user:password@host/database.")
    return url


def parse_credentials(url: str) -> dict[str, Any]:
    """Return the parts of an address in Tortoise's form. Raise BadSetting if the address is not valid."""
    parts = urlsplit(check_postgres_url(url))
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    connection_options: dict[str, Any] = {
        "host": parts.hostname or query.get("host"),
        "port": parts.port or int(query.get("port", 5432)),
        "user": unquote(parts.username or query.get("user", "")) or None,
        "password": unquote(parts.password) if parts.password else None,
        "database": unquote(parts.path[1:]),
        "minsize": 1,
        "maxsize": 4,
    }
    if "sslmode" in query:
        connection_options["ssl"] = query["sslmode"]
    return connection_options
