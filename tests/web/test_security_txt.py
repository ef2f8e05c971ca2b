"""`/.well-known/security.txt`: an address for reports without an account, on the public host only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from diary import config
from diary.errors import BadSetting
from diary.web.security_txt import PATH, render_security_txt
from tests.server_fixture import InProcessServer

NOW = datetime(2026, 11, 29, 15, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def read_fields(raw: bytes | None) -> dict[str, str]:
    """Return the fields by name. Each may stand there once (RFC 9116, section 2.3)."""
    assert raw is not None and raw.endswith(b"\n")
    pairs = [line.split(": ", 1) for line in raw.decode().splitlines()]
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def settings_with(**environ: str) -> config.Settings:
    """Return the settings of a server for people, with these beside them."""
    return config.load_settings(
        {"DIARY_APP_URL": "https://notes.example", "DIARY_PUBLIC_URL": "https://kept.example"} | environ
    )


def test_the_file_has_what_the_standard_requires() -> None:
    """Contact is a URI; Expires is in the future and within a year; Canonical is the address of the file."""
    fields = read_fields(render_security_txt(settings_with(DIARY_SECURITY_CONTACT="safe@charity.example"), NOW_MS))
    assert fields["Contact"] == "mailto:safe@charity.example"
    assert fields["Canonical"] == f"https://kept.example{PATH}"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=80) < expires - NOW < timedelta(days=365)


@pytest.mark.parametrize(
    ("security", "privacy", "contact"),
    [
        ("https://charity.example/report", "post@charity.example", "https://charity.example/report"),
        ("tel:+441632960000", "", "tel:+441632960000"),
        ("", "post@charity.example", "mailto:post@charity.example"),
        ("", "https://charity.example/privacy", "https://charity.example/privacy"),
    ],
)
def test_the_privacy_contact_is_used_when_there_is_no_other(security: str, privacy: str, contact: str) -> None:
    """Somebody reads the privacy contact of each server for people."""
    settings = settings_with(DIARY_SECURITY_CONTACT=security, DIARY_PRIVACY_CONTACT=privacy)
    assert read_fields(render_security_txt(settings, NOW_MS))["Contact"] == contact


def test_there_is_no_file_without_an_address() -> None:
    """A postal address or a name is no URI, so a client could not use it."""
    for privacy in ("", "The office, 1 High Street"):
        assert render_security_txt(settings_with(DIARY_PRIVACY_CONTACT=privacy), NOW_MS) is None


@pytest.mark.parametrize(
    "text", ["the office", "http://charity.example", "a@b", "a@b.example\nExpires: 2099", "javascript:x"]
)
def test_a_bad_address_stops_the_start(text: str) -> None:
    """The message names the setting and not its value."""
    with pytest.raises(BadSetting, match=r"^DIARY_SECURITY_CONTACT is not an email address") as refused:
        settings_with(DIARY_SECURITY_CONTACT=text)
    assert text not in refused.value.message


async def test_only_the_public_host_serves_it(server: InProcessServer) -> None:
    """The host of the app says nothing of what it is for."""
    public_url = server.settings.public_url
    instance = server.app.state.app_context.instance
    client = server.http_client()
    assert (await client.get(f"{public_url}{PATH}")).status_code == 404
    object.__setattr__(instance, "settings", replace(server.settings, security_contact="safe@charity.example"))
    answer = await client.get(f"{public_url}{PATH}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert read_fields(answer.content)["Contact"] == "mailto:safe@charity.example"
    assert (await client.get(PATH)).status_code == 404
