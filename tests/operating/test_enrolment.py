"""Who may register, with what, and the room they get."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from diary import config
from diary.client import accounts
from diary.client.transport import Server
from diary.crypto import kdf
from diary.errors import BadSetting, KeptError, NotFound, NotInvited
from diary.services.accounts import enrolment
from tests.keepers import CODE, WORDS, Served, enrol, seal_file, served
from tests.running import here

DAY = 86_400_000


async def register(server: Served, invite: str | None = None) -> accounts.Identity:
    """A new account with an invitation, as the reference client registers."""
    reached = Server(server.client(), server.settings.app_url)
    return await accounts.enrol(reached, WORDS, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS, invite=invite)


async def refused(server: Served, invite: str | None) -> None:
    """Registering like this is refused, and leaves nothing."""
    before = server.rows("SELECT count(*) FROM account")
    with pytest.raises(NotInvited):
        await register(server, invite)
    assert server.rows("SELECT count(*) FROM account") == before


def instance(server: Served) -> Any:
    """What the server's services work with."""
    return server.app.state.office.instance


async def test_an_invitation_opens_one_account_and_ends(tmp_path: Path, database_setting: Mapping[str, str]) -> None:
    """Nothing, a wrong one, a used one and one that is over are refused alike; as typed on a phone it counts."""
    async with served(tmp_path, DIARY_ENROLMENT="invite", **database_setting) as server:
        assert (await server.client().get("/v1/server")).json()["enrolment"] == "invite"
        for wrong in (None, "", "abcd-efgh-jkmn", "x" * 40):
            await refused(server, wrong)
        code = await enrolment.invite(instance(server), 14)
        late = await enrolment.invite(instance(server), 1)
        assert code.replace("-", "").encode() not in "".join(map(str, server.rows("SELECT id FROM invite"))).encode()
        await register(server, f"  {code.upper().replace('-', ' ')} ")
        await refused(server, code)
        server.clock.advance(DAY + 1)
        await refused(server, late)
        await enrolment.invite(instance(server), 1)
        assert len(server.rows("SELECT 1 FROM invite")) == 1


async def test_a_registration_whose_answer_was_lost_is_answered_again(tmp_path: Path) -> None:
    """The invitation is used up by then; the same body signs in all the same, another account with it does not."""
    async with served(tmp_path, DIARY_ENROLMENT="invite") as server:
        sent: dict[str, Any] = {}

        class Noting(Server):
            async def json(
                self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any
            ) -> dict[str, Any]:
                if path == "/v1/accounts":
                    sent.update(body or {})
                return await super().json(method, path, body, **more)

        code = await enrolment.invite(instance(server), 1)
        reached = Noting(server.client(), server.settings.app_url)
        first = await accounts.enrol(reached, WORDS, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS, invite=code)
        again = await reached.json("POST", "/v1/accounts", sent)
        assert again["account"] == first.account
        await refused(server, code)


async def test_the_code_of_the_day_is_good_for_two_days_and_many(tmp_path: Path) -> None:
    """Today's and yesterday's; it lies nowhere on the disk."""
    async with served(tmp_path, DIARY_ENROLMENT="code") as server:
        code = await enrolment.invite(instance(server), 14)
        await register(server, code)
        await register(server, code)
        server.clock.advance(DAY)
        await register(server, code)
        assert await enrolment.invite(instance(server), 14) != code
        server.clock.advance(DAY)
        await refused(server, code)
        assert server.rows("SELECT * FROM invite") == []


async def test_open_gives_fifty_megabytes_and_quota_changes_it(
    tmp_path: Path, database_setting: Mapping[str, str]
) -> None:
    """Where anyone may register the room is small; the operator gives one account more, or everyone's."""
    settings = {
        "DIARY_ENROLMENT": "open",
        "DIARY_APP_URL": "https://notes.example",
        "DIARY_PUBLIC_URL": "https://public.example",
    }
    async with served(tmp_path, DIARY_OPEN_QUOTA_BYTES="60000", **settings, **database_setting) as server:
        keeper = await enrol(server)
        assert (await keeper.ask("GET", "/v1/usage")).json()["quota_bytes"] == 60_000
        file = seal_file(keeper, bytes(200_000))
        place = f"{keeper.diary}/blobs/{file.blob}"
        assert (await keeper.ask("PUT", place, file.declaration)).json()["error"] == "over_quota"
        assert (await keeper.push()).status_code == 201
        await enrolment.set_quota(instance(server), keeper.identity.login, 10_000_000)
        assert (await keeper.ask("GET", "/v1/usage")).json()["quota_bytes"] == 10_000_000
        assert (await keeper.ask("PUT", place, file.declaration)).status_code == 200
        await enrolment.set_quota(instance(server), keeper.identity.login, None)
        assert (await keeper.ask("GET", "/v1/usage")).json()["quota_bytes"] == server.settings.quota_bytes
        with pytest.raises(NotFound):
            await enrolment.set_quota(instance(server), "nobody-here-x2y3", 1)
        with pytest.raises(KeptError):
            await enrolment.invite(instance(server), 1)


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
    """Open by default is for this computer only."""
    assert config.load(settings).enrolment == mode


def test_a_server_for_people_names_who_runs_it() -> None:
    """Without a name, a contact or a second host it does not start, and says which is missing."""
    base = {"DIARY_APP_URL": "https://notes.example", "DIARY_PUBLIC_URL": "https://public.example"}
    whole = base | {"DIARY_OPERATOR": "A charity", "DIARY_PRIVACY_CONTACT": "privacy@charity.example"}
    config.load(whole).check_for_people()
    config.load({}).check_for_people()
    for name in ("DIARY_OPERATOR", "DIARY_PRIVACY_CONTACT"):
        with pytest.raises(BadSetting, match=name):
            config.load({**whole, name: ""}).check_for_people()
    for url in ("https://notes.example:8443", "http://public.localhost:8000"):
        with pytest.raises(BadSetting, match="DIARY_PUBLIC_URL"):
            config.load({**whole, "DIARY_PUBLIC_URL": url}).check_for_people()


def test_the_commands_answer_with_a_sentence(tmp_path: Path) -> None:
    """An invitation is printed; what cannot be is said; serve refuses half a set-up."""
    people = {
        "DIARY_APP_URL": "https://notes.example",
        "DIARY_PUBLIC_URL": "https://public.example",
        "DIARY_DATA": str(tmp_path),
    }
    assert here("migrate", **people).returncode == 0
    done = here("invite", **people)
    assert done.returncode == 0 and len(done.stdout.strip().replace("-", "")) == 12
    for arguments, says in (
        (("quota", "nobody-here-x2y3", "5"), "no account"),
        (("quota", "nobody-here-x2y3", "0"), "number of bytes"),
        (("invite", "--days", "0"), "range"),
        (("serve",), "DIARY_OPERATOR"),
    ):
        done = here(*arguments, **people)
        assert done.returncode != 0 and says in done.stderr, arguments
