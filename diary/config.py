"""Settings: one table, read from the environment at the start and frozen."""

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from diary import constants
from diary.encoding import unb64
from diary.errors import BadRequest, BadSetting
from diary.paths import chown_to_folder_owner

SECRET_BYTES: Final = 32
ENROLMENT_MODES: Final = ("invite", "code", "open")
_ORIGIN_PATTERN = re.compile(r"(https?)://([a-z0-9.-]{1,253})(:[0-9]{1,5})?/?")
_EMAIL_ADDRESS = re.compile(r"[^@\s:/?#]+@[^@\s:/?#]+\.[^@\s:/?#]+")
_CONTACT_URI = re.compile(r"(https://|mailto:|tel:)[!-~]+")


class Secret:
    """Bytes whose `repr` is stars, so that no log or traceback shows them."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        """Store `raw`."""
        self._raw = raw

    def reveal(self) -> bytes:
        """Return the bytes."""
        return self._raw

    def __repr__(self) -> str:
        """Return a text without the bytes."""
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings. A `default` of None means that there is no fixed default."""

    name: str
    default: str | None
    parse: Callable[[str], Any]
    description: str

    @property
    def attribute_name(self) -> str:
        """Return the name of the attribute on Settings."""
        return self.name.removeprefix("DIARY_").lower()


def _is_localhost(host: str) -> bool:
    """Return whether a host name means this computer."""
    return host in {"127.0.0.1", "localhost"} or host.endswith(".localhost")


def _parse_origin(text: str) -> str:
    """Return scheme, host and port. Raise ValueError for any other form, or for http to another computer."""
    match = _ORIGIN_PATTERN.fullmatch(text.lower())
    if not match:
        raise ValueError("is not an address like https://notes.example")
    scheme, host, port = match.groups()
    if scheme == "http" and not _is_localhost(host):
        raise ValueError("must begin with https:// (http is for localhost only)")
    return f"{scheme}://{host}{port or ''}"


def _parse_positive_integer(text: str) -> int:
    """Return an integer of at least 1. Raise ValueError for any other text."""
    if not re.fullmatch(r"[1-9][0-9]{0,15}", text):
        raise ValueError("is not a whole number above zero")
    return int(text)


def _parse_switch(text: str) -> bool:
    """Return whether `text` is `on`. Raise ValueError unless it is `on` or `off`."""
    if text not in ("on", "off"):
        raise ValueError("is neither on nor off")
    return text == "on"


def _parse_secret(text: str) -> Secret:
    """Return 32 bytes or more from base64url. Raise ValueError for any other text."""
    try:
        raw = unb64(text)
    except BadRequest:
        raise ValueError("is not base64url without padding") from None
    if len(raw) < SECRET_BYTES:
        raise ValueError("is shorter than 32 bytes")
    return Secret(raw)


def _parse_line(text: str) -> str:
    """Return one line of text, stripped. Raise ValueError if it is not printable or longer than 200 characters."""
    if not text.isprintable() or len(text) > 200:
        raise ValueError("is not one line of at most 200 characters")
    return text.strip()


def contact_uri(text: str) -> str:
    """Return a contact as a URI (`mailto:`, `https:` or `tel:`), or "" if it is neither an email address nor a URI."""
    if _EMAIL_ADDRESS.fullmatch(text):
        return f"mailto:{text}"
    return text if _CONTACT_URI.fullmatch(text) else ""


def _parse_contact(text: str) -> str:
    """Return an email address, a URI or ''. Raise ValueError for any other text."""
    if text and not contact_uri(text):
        raise ValueError("is not an email address or an address that begins with https://")
    return _parse_line(text)


def _parse_enrolment_mode(text: str) -> str:
    """Return the mode if it is one of ENROLMENT_MODES. Raise ValueError otherwise."""
    if text not in ENROLMENT_MODES:
        raise ValueError("is not invite, code or open")
    return text


def _parse_log_format(text: str) -> str:
    """Return `text` or `json`. Raise ValueError for any other text."""
    if text not in ("text", "json"):
        raise ValueError("is neither text nor json")
    return text


def _parse_optional_path(text: str) -> Path | None:
    """Return an absolute path, or None for `none`."""
    return None if text == "none" else Path(text).absolute()


def _parse_public_key(text: str) -> str:
    """Return the base64url of a 32-byte public key, or '' for `none`. Raise ValueError for any other text."""
    try:
        if text != "none" and len(unb64(text)) != SECRET_BYTES:
            raise ValueError("is not 32 bytes")
    except BadRequest:
        raise ValueError("is not base64url without padding") from None
    return "" if text == "none" else text


def _parse_bind(text: str) -> str:
    """Return HOST:PORT, '' for `none`. A port alone is one of this computer only. Raise ValueError for any other text.

    The host is an IP address: a name could come to mean another interface than the one that was chosen.
    """
    if text == "none":
        return ""
    host, _, port = text.rpartition(":")
    host = host or "127.0.0.1"
    try:
        ipaddress.ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        raise ValueError("is not a port, or an IP address and a port like 127.0.0.1:9100") from None
    if not re.fullmatch(r"[1-9][0-9]{0,4}", port) or int(port) >= 1 << 16:
        raise ValueError("has no port from 1 to 65535")
    return f"{host}:{port}"


def _parse_seed(text: str) -> Secret:
    """Return exactly 32 bytes from base64url. Raise ValueError for any other text."""
    seed = _parse_secret(text)
    if len(seed.reveal()) != SECRET_BYTES:
        raise ValueError("is not 32 bytes")
    return seed


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "DIARY_APP_URL",
        "http://localhost:8000",
        _parse_origin,
        "Address of the app. Choose a host name that does not reveal its purpose.",
    ),
    Setting("DIARY_PUBLIC_URL", "http://public.localhost:8000", _parse_origin, "Address of the public pages."),
    Setting("DIARY_DATA", "var", Path, "Folder for everything that the server stores itself."),
    Setting("DIARY_DATABASE_URL", None, str, "Database. Default: SQLite in the data folder."),
    Setting("DIARY_BLOB_URL", None, str, "Store of sealed files. Default: a folder in the data folder."),
    Setting("DIARY_COUNTS_URL", "memory", str, "Store of request counts. Use redis://… when workers share them."),
    Setting(
        "DIARY_PEPPER",
        None,
        _parse_secret,
        "Secret that hides stored usernames. Default: the file pepper in the data folder, created once.",
    ),
    Setting(
        "DIARY_NOTARY_KEY",
        None,
        _parse_seed,
        "Key that signs receipts. Default: the file notary.key in the data folder, created once.",
    ),
    Setting("DIARY_QUOTA_BYTES", str(2 << 30), _parse_positive_integer, "Maximum bytes of files in one account."),
    Setting(
        "DIARY_TEXT_QUOTA_BYTES",
        str(200 << 20),
        _parse_positive_integer,
        "Maximum bytes of text in one account, counted apart from files.",
    ),
    Setting(
        "DIARY_SERVER_PACKS",
        "off",
        _parse_switch,
        "Whether phones may have this server make their packs, which it can read while it makes them: on or off.",
    ),
    Setting("DIARY_FILE_BYTES", str(constants.FILE_LIMIT_BYTES), _parse_positive_integer, "Largest single file."),
    Setting("DIARY_HANDOVER_BYTES", str(250 << 20), _parse_positive_integer, "Largest pack that can be handed over."),
    Setting(
        "DIARY_CHECKPOINT_SECONDS",
        "600",
        _parse_positive_integer,
        "Interval at which the public log is signed, if it has grown.",
    ),
    Setting("DIARY_TIMESTAMPS", "none", _parse_optional_path, "TOML file that names timestamp authorities."),
    Setting("DIARY_WITNESSES", "none", _parse_optional_path, "TOML file that names log witnesses."),
    Setting("DIARY_OPERATOR", "", _parse_line, "Name of the person or organisation that runs this server."),
    Setting(
        "DIARY_PRIVACY_CONTACT", "", _parse_line, "Address for questions about personal data. Somebody must read it."
    ),
    Setting(
        "DIARY_SECURITY_CONTACT",
        "",
        _parse_contact,
        "Email or https address for reports of vulnerabilities. Default: the privacy contact.",
    ),
    Setting("DIARY_ENROLMENT", None, _parse_enrolment_mode, "Who may register: invite, code (of the day) or open."),
    Setting(
        "DIARY_OPEN_QUOTA_BYTES",
        str(50 << 20),
        _parse_positive_integer,
        "Maximum bytes of files in an account registered under open enrolment.",
    ),
    Setting(
        "DIARY_OPEN_TEXT_QUOTA_BYTES",
        str(20 << 20),
        _parse_positive_integer,
        "Maximum bytes of text in such an account.",
    ),
    Setting(
        "DIARY_OPEN_DAY_BYTES",
        str(2 << 30),
        _parse_positive_integer,
        "Maximum bytes of files that all such accounts together may send in a day.",
    ),
    Setting(
        "DIARY_OPEN_DAY_TEXT_BYTES",
        str(200 << 20),
        _parse_positive_integer,
        "Maximum bytes of text that all such accounts together may send in a day.",
    ),
    Setting(
        "DIARY_MIN_FREE_BYTES",
        None,
        _parse_positive_integer,
        "Free disk space below which files and new accounts are refused.",
    ),
    Setting(
        "DIARY_METRICS_BIND",
        "none",
        _parse_bind,
        "Port, or IP address and port, that serves /metrics for Prometheus. A port alone is for this computer only.",
    ),
    Setting(
        "DIARY_LOG_FORMAT", "text", _parse_log_format, "Form of the log of `serve`: text, or json (an object a line)."
    ),
    Setting("DIARY_RELEASE", "none", _parse_optional_path, "Signed list of this release's files, release.json."),
    Setting(
        "DIARY_WEBCAT",
        "none",
        _parse_optional_path,
        "Folder with the files of a WEBCAT enrolment, which the server then serves.",
    ),
    Setting(
        "DIARY_RELEASE_KEY",
        "none",
        _parse_public_key,
        "Public half of the key that signs the list. Phones check later releases with it.",
    ),
    Setting(
        "DIARY_DEV",
        "off",
        _parse_switch,
        "Serve everything on one host, for development. Never use it for people's diaries.",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Parsed settings: one field for each row of SETTINGS, in the same order."""

    app_url: str
    public_url: str
    data: Path
    database_url: str = field(repr=False)
    blob_url: str = field(repr=False)
    counts_url: str = field(repr=False)
    pepper: Secret | None = field(repr=False)
    notary_key: Secret | None = field(repr=False)
    quota_bytes: int
    text_quota_bytes: int
    server_packs: bool
    file_bytes: int
    handover_bytes: int
    checkpoint_seconds: int
    timestamps: Path | None
    witnesses: Path | None
    operator: str
    privacy_contact: str
    security_contact: str
    enrolment: str
    open_quota_bytes: int
    open_text_quota_bytes: int
    open_day_bytes: int
    open_day_text_bytes: int
    min_free_bytes: int | None
    metrics_bind: str
    log_format: str
    release: Path | None
    webcat: Path | None
    release_key: str
    dev: bool

    def load_or_create_pepper(self) -> bytes:
        """Return the pepper from the setting or from `pepper` in the data folder. Create the file if it is absent."""
        return self.pepper.reveal() if self.pepper else load_or_create_secret(self.data / "pepper")

    def load_or_create_notary_seed(self) -> bytes:
        """Return the notary's 32-byte seed from the setting or from `notary.key` in the data folder.

        Create the file if it is absent.
        """
        return self.notary_key.reveal() if self.notary_key else load_or_create_secret(self.data / "notary.key")

    def find_existing_pepper(self) -> bytes | None:
        """Return the pepper, or None if it does not exist. Never create it. Raise BadSetting if the file is damaged."""
        return self.load_or_create_pepper() if self.pepper or (self.data / "pepper").exists() else None

    def find_existing_notary_seed(self) -> bytes | None:
        """Return the notary's seed, or None if it does not exist. Never create it.

        Raise BadSetting if the file is damaged.
        """
        return self.load_or_create_notary_seed() if self.notary_key or (self.data / "notary.key").exists() else None

    def secret_paths(self) -> list[Path]:
        """Return the local folders and files that contain data which only the server may read."""
        urls = (("sqlite://", self.database_url), ("file://", self.blob_url))
        return [self.data, *(Path(unquote(url.removeprefix(kind))) for kind, url in urls if url.startswith(kind))]

    @property
    def is_local(self) -> bool:
        """Return whether this server is for its own computer or for development, and not for other people's diaries."""
        return self.dev or _is_localhost(urlsplit(self.app_url).hostname or "")

    def check_operator_settings(self) -> None:
        """Raise BadSetting if other people can use this server and a setting that they rely on is missing.

        They must be able to learn who runs the server, and the public pages need a host of their own.
        """
        if self.is_local:
            return
        required = {"DIARY_OPERATOR": self.operator, "DIARY_PRIVACY_CONTACT": self.privacy_contact}
        missing = [name for name, text in required.items() if not text]
        if missing:
            raise BadSetting(f"{' and '.join(missing)} must be set: people have a right to know who keeps their diary.")
        app_host, public_host = (urlsplit(url).hostname or "" for url in (self.app_url, self.public_url))
        if app_host == public_host or _is_localhost(public_host):
            raise BadSetting("DIARY_PUBLIC_URL must have its own host name, different from that of DIARY_APP_URL.")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment. Raise BadSetting with the name of the wrong setting, but not its value.

    A name that begins with `DIARY_` and is not a setting is wrong too: ignoring a misspelt `DIARY_DATABASE_URL` would
    serve another, empty database.
    """
    _check_names(environ)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.name) or setting.default
        try:
            values[setting.attribute_name] = None if text is None else setting.parse(text)
        except ValueError as error:
            raise BadSetting(f"{setting.name} {error}.") from None
    data = values["data"].absolute()
    values["data"] = data
    values["database_url"] = values["database_url"] or f"sqlite://{data / 'kept.sqlite3'}"
    values["blob_url"] = values["blob_url"] or (data / "blobs").as_uri()
    is_local = values["dev"] or _is_localhost(urlsplit(values["app_url"]).hostname or "")
    values["enrolment"] = values["enrolment"] or ("open" if is_local else "invite")
    if values["app_url"] == values["public_url"] and not values["dev"]:
        raise BadSetting("DIARY_APP_URL and DIARY_PUBLIC_URL must differ.")
    return Settings(**values)


def _check_names(environ: Mapping[str, str]) -> None:
    """Raise BadSetting, with the nearest name, if a variable begins with `DIARY_` and is not a setting."""
    names = [setting.name for setting in SETTINGS]
    for name in sorted(environ):
        if name.startswith("DIARY_") and name not in names:
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
            hint = f"Did you mean {nearest[0]}?" if nearest else "docs/settings.md lists all settings."
            raise BadSetting(f"{name} is not a setting. {hint}")


def load_or_create_secret(path: Path) -> bytes:
    """Return the 32 bytes in `path`. If the file is absent, create it with random bytes, readable by its owner only.

    Raise BadSetting if the file cannot be read or is not 32 bytes long. A truncated secret must not be replaced
    silently, because everything made with the old one would no longer match.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            raw = path.read_bytes()
        except OSError:
            raise BadSetting(f"The file {path.name} cannot be read. Run this as the user that owns it.") from None
        if len(raw) != SECRET_BYTES:
            raise BadSetting(f"The file {path.name} is damaged.") from None
        return raw
    with os.fdopen(descriptor, "wb") as file:
        raw = os.urandom(SECRET_BYTES)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    chown_to_folder_owner(path)
    return raw
