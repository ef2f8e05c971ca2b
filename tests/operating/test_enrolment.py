"""Rules for registration, and the quota of new accounts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from diary import config
from diary.client import accounts
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.errors import BadSetting, InvalidInvitation, KeptError, NotFound
from diary.services.accounts import enrolment
from tests.cli_runner import run_cli_in_process
from tests.server_fixture import PASSPHRASE, RECOVERY_CODE, InProcessServer, register_keeper, running_server, seal_file

DAY_MS = 86_400_000


async def register_with_invitation(server: InProcessServer, invite: str | None = None) -> accounts.Identity:
    """Register with an invitation, as the reference client does."""
    api_client = RemoteServer(server.http_client(), server.settings.app_url)
    return await accounts.enrol(
        api_client, PASSPHRASE, code=RECOVERY_CODE, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY, invite=invite
    )


async def assert_registration_refused(server: InProcessServer, invite: str | None) -> None:
    """Assert that registration is refused and leaves nothing behind."""
    before = server.query("SELECT count(*) FROM account")
    with pytest.raises(InvalidInvitation):
        await register_with_invitation(server, invite)
    assert server.query("SELECT count(*) FROM account") == before


def instance_of(server: InProcessServer) -> Any:
    """Return the instance that the server's services use."""
    return server.app.state.app_context.instance


async def test_an_invitation_opens_one_account_and_ends(tmp_path: Path, database_setting: Mapping[str, str]) -> None:
    """Missing, wrong, used and expired invitations are refused alike; phone spelling is accepted."""
    async with running_server(tmp_path, DIARY_ENROLMENT="invite", **database_setting) as server:
        assert (await server.http_client().get("/v1/server")).json()["enrolment"] == "invite"
        for wrong in (None, "", "abcd-efgh-jkmn", "x" * 40):
            await assert_registration_refused(server, wrong)
        code = await enrolment.create_invitation(instance_of(server), 14)
        late = await enrolment.create_invitation(instance_of(server), 1)
        assert code.replace("-", "").encode() not in "".join(map(str, server.query("SELECT id FROM invite"))).encode()
        await register_with_invitation(server, f"  {code.upper().replace('-', ' ')} ")
        await assert_registration_refused(server, code)
        server.clock.advance(DAY_MS + 1)
        await assert_registration_refused(server, late)
        await enrolment.create_invitation(instance_of(server), 1)
        assert len(server.query("SELECT 1 FROM invite")) == 1


async def test_a_registration_whose_answer_was_lost_is_answered_again(tmp_path: Path) -> None:
    """A repeated registration signs in although the invitation is used; another account with it is refused."""
    async with running_server(tmp_path, DIARY_ENROLMENT="invite") as server:
        request_body: dict[str, Any] = {}

        class RecordingClient(RemoteServer):
            async def json(
                self, method: str, path: str, body: Mapping[str, Any] | None = None, **extra: Any
            ) -> dict[str, Any]:
                if path == "/v1/accounts":
                    request_body.update(body or {})
                return await super().json(method, path, body, **extra)

        code = await enrolment.create_invitation(instance_of(server), 1)
        noting_client = RecordingClient(server.http_client(), server.settings.app_url)
        first = await accounts.enrol(
            noting_client,
            PASSPHRASE,
            code=RECOVERY_CODE,
            profile=kdf.CHEAPEST_PROFILE,
            policy=kdf.TEST_POLICY,
            invite=code,
        )
        second_answer = await noting_client.json("POST", "/v1/accounts", request_body)
        assert second_answer["account"] == first.account
        await assert_registration_refused(server, code)


async def test_the_code_of_the_day_is_valid_for_two_days_and_reusable(tmp_path: Path) -> None:
    """Today's and yesterday's code are valid, and no file contains them."""
    async with running_server(tmp_path, DIARY_ENROLMENT="code") as server:
        code = await enrolment.create_invitation(instance_of(server), 14)
        await register_with_invitation(server, code)
        await register_with_invitation(server, code)
        server.clock.advance(DAY_MS)
        await register_with_invitation(server, code)
        assert await enrolment.create_invitation(instance_of(server), 14) != code
        server.clock.advance(DAY_MS)
        await assert_registration_refused(server, code)
        assert server.query("SELECT * FROM invite") == []


async def test_open_gives_fifty_megabytes_and_quota_changes_it(
    tmp_path: Path, database_setting: Mapping[str, str]
) -> None:
    """Where anyone may register the quota is small; the operator can raise it for one account or for all."""
    settings = {
        "DIARY_ENROLMENT": "open",
        "DIARY_APP_URL": "https://notes.example",
        "DIARY_PUBLIC_URL": "https://public.example",
    }
    async with running_server(tmp_path, DIARY_OPEN_QUOTA_BYTES="60000", **settings, **database_setting) as server:
        keeper = await register_keeper(server)
        assert (await keeper.request("GET", "/v1/usage")).json()["quota_bytes"] == 60_000
        file = seal_file(keeper, bytes(200_000))
        place = f"{keeper.diary}/blobs/{file.blob}"
        assert (await keeper.request("PUT", place, file.declaration)).json()["error"] == "over_quota"
        assert (await keeper.push()).status_code == 201
        await enrolment.set_quota(instance_of(server), keeper.identity.login, 10_000_000)
        assert (await keeper.request("GET", "/v1/usage")).json()["quota_bytes"] == 10_000_000
        assert (await keeper.request("PUT", place, file.declaration)).status_code == 200
        await enrolment.set_quota(instance_of(server), keeper.identity.login, None)
        assert (await keeper.request("GET", "/v1/usage")).json()["quota_bytes"] == server.settings.quota_bytes
        with pytest.raises(NotFound):
            await enrolment.set_quota(instance_of(server), "nobody-here-x2y3", 1)
        with pytest.raises(KeptError):
            await enrolment.create_invitation(instance_of(server), 1)


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({}, "open"),
        ({"DIARY_APP_URL": "https://notes.example"}, "invite"),
        ({"DIARY_APP_URL": "https://notes.example", "DIARY_ENROLMENT": "code"}, "code"),
        ({"DIARY_APP_URL": "https://notes.example", "DIARY_DEV": "on"}, "open"),
    ],
)
def test_a_server_for_people_asks_for_an_invitation_unless_told_otherwise(settings: dict[str, str], mode: str) -> None:
    """Open registration is the default for a local server only."""
    assert config.load_settings(settings).enrolment == mode


def test_a_server_for_people_names_who_runs_it() -> None:
    """A public server needs a name, a contact and a second host; otherwise it does not start and names what is missing."""
    base = {"DIARY_APP_URL": "https://notes.example", "DIARY_PUBLIC_URL": "https://public.example"}
    complete_settings = base | {"DIARY_OPERATOR": "A charity", "DIARY_PRIVACY_CONTACT": "privacy@charity.example"}
    config.load_settings(complete_settings).check_operator_settings()
    config.load_settings({}).check_operator_settings()
    for name in ("DIARY_OPERATOR", "DIARY_PRIVACY_CONTACT"):
        with pytest.raises(BadSetting, match=name):
            config.load_settings({**complete_settings, name: ""}).check_operator_settings()
    for url in ("https://notes.example:8443", "http://public.localhost:8000"):
        with pytest.raises(BadSetting, match="DIARY_PUBLIC_URL"):
            config.load_settings({**complete_settings, "DIARY_PUBLIC_URL": url}).check_operator_settings()


def test_the_commands_answer_with_a_sentence(tmp_path: Path) -> None:
    """The invitation is printed, mistakes are explained, and `serve` refuses an incomplete setup."""
    people = {
        "DIARY_APP_URL": "https://notes.example",
        "DIARY_PUBLIC_URL": "https://public.example",
        "DIARY_DATA": str(tmp_path),
    }
    assert run_cli_in_process("migrate", **people).returncode == 0
    result = run_cli_in_process("invite", **people)
    assert result.returncode == 0 and len(result.stdout.strip().replace("-", "")) == 12
    for arguments, says in (
        (("quota", "nobody-here-x2y3", "5"), "no account"),
        (("quota", "nobody-here-x2y3", "0"), "number of bytes"),
        (("invite", "--days", "0"), "range"),
        (("serve",), "DIARY_OPERATOR"),
    ):
        result = run_cli_in_process(*arguments, **people)
        assert result.returncode != 0 and says in result.stderr, arguments
