"""Settings are read once, checked, and never reveal secrets."""

import stat
from pathlib import Path

import pytest

from diary import config
from diary.encoding import b64
from diary.errors import BadSetting


def test_defaults_serve_on_this_computer() -> None:
    """Without settings there are two localhost addresses, SQLite and a folder under var."""
    settings = config.load_settings({})
    assert (settings.app_url, settings.public_url) == ("http://localhost:8000", "http://public.localhost:8000")
    assert settings.database_url == f"sqlite://{settings.data}/kept.sqlite3"
    assert settings.blob_url == f"file://{settings.data}/blobs"
    assert not settings.server_packs
    assert not settings.dev


def test_fields_follow_the_table() -> None:
    """Each row of SETTINGS has its field, in order."""
    assert tuple(config.Settings.__dataclass_fields__) == tuple(row.attribute_name for row in config.SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIARY_APP_URL", "http://notes.example"),
        ("DIARY_APP_URL", "ftp://notes.example"),
        ("DIARY_APP_URL", "https://notes.example/path"),
        ("DIARY_APP_URL", "https://user@notes.example"),
        ("DIARY_APP_URL", "http://public.localhost:8000"),
        ("DIARY_QUOTA_BYTES", "0"),
        ("DIARY_QUOTA_BYTES", "-1"),
        ("DIARY_QUOTA_BYTES", "2 GB"),
        ("DIARY_SERVER_PACKS", "yes"),
        ("DIARY_PEPPER", "c2hvcnQ"),
        ("DIARY_PEPPER", "not base64 at all, really not, no"),
        ("DIARY_NOTARY_KEY", b64(bytes(33))),
    ],
)
def test_a_bad_value_is_named_not_shown(name: str, value: str) -> None:
    """An invalid setting stops the start and is named, without its value."""
    with pytest.raises(BadSetting) as caught:
        config.load_settings({name: value})
    assert "DIARY_" in str(caught.value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("DIARY_DATABSE_URL", "Did you mean DIARY_DATABASE_URL?"),
        ("DIARY_QUOTA_BYTE", "Did you mean DIARY_QUOTA_BYTES?"),
        ("DIARY_SERVER_PACK", "Did you mean DIARY_SERVER_PACKS?"),
        ("DIARY_XYZZY", "docs/settings.md lists all settings."),
    ],
)
def test_a_misspelt_name_stops_the_start(name: str, hint: str) -> None:
    """A misspelt setting is refused with the nearest name. Ignored, it would serve an empty SQLite database."""
    with pytest.raises(BadSetting) as caught:
        config.load_settings({name: "postgres://keeper:secret@db/kept"})
    assert str(caught.value) == f"{name} is not a setting. {hint}"


def test_addresses_have_one_spelling() -> None:
    """An address loses its trailing slash and capitals, as in a browser's origin."""
    settings = config.load_settings(
        {"DIARY_APP_URL": "https://Notes.Example/", "DIARY_PUBLIC_URL": "https://kept.example:8443"}
    )
    assert (settings.app_url, settings.public_url) == ("https://notes.example", "https://kept.example:8443")


def test_secrets_hide() -> None:
    """`repr` of settings and secrets shows no bytes."""
    settings = config.load_settings({"DIARY_PEPPER": b64(b"p" * 32), "DIARY_NOTARY_KEY": b64(b"n" * 32)})
    assert settings.load_or_create_pepper() == b"p" * 32
    assert settings.load_or_create_notary_seed() == b"n" * 32
    assert "ppp" not in f"{settings!r}{settings.pepper!r}{settings.pepper}"
    assert b64(b"p" * 32) not in repr(settings)


def test_secret_files_are_made_once(tmp_path: Path) -> None:
    """The pepper and the notary's key are created at the first start, readable by the owner only, and kept."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path / "data")})
    pepper, seed = settings.load_or_create_pepper(), settings.load_or_create_notary_seed()
    assert (len(pepper), len(seed), pepper != seed) == (32, 32, True)
    assert (settings.load_or_create_pepper(), settings.load_or_create_notary_seed()) == (pepper, seed)
    for name in ("pepper", "notary.key"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600


def test_a_damaged_secret_is_not_replaced(tmp_path: Path) -> None:
    """A truncated secret stops the start: a new one would lock everybody out."""
    (tmp_path / "pepper").write_bytes(b"short")
    with pytest.raises(BadSetting, match="pepper"):
        config.load_settings({"DIARY_DATA": str(tmp_path)}).load_or_create_pepper()
    assert (tmp_path / "pepper").read_bytes() == b"short"
