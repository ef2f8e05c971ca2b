"""What an operator can list and close: accounts and invitations, without a name, a code or any other secret."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from diary.cli.main import main
from diary.encoding import b64, unb64
from diary.errors import BadRequest, Conflict, NotFound, Unavailable
from diary.services.accounts import account_list, enrolment, open_invitations
from diary.services.operations import operator_closing
from diary.services.operations.operator_log import LOG_FILE_NAME, record_action
from diary.services.sharing import organisations
from diary.services.sync.purge import purge
from diary.storage.accounts import account_rows
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.writer import Transaction
from tests.advocate_helpers import create_organisation_lead
from tests.cli_runner import run_cli, run_cli_in_process
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server

DAY_MS = 86_400_000
REASON = "Notice 12/2026 of the court, received by post"


def instance_of(server: InProcessServer) -> Any:
    """Return the instance that the server's services use."""
    return server.app.state.app_context.instance


def kept(server: InProcessServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command beside the running server, on its database."""
    settings = server.settings
    return run_cli(
        *arguments,
        DIARY_DATA=str(settings.data),
        DIARY_DATABASE_URL=settings.database_url,
        DIARY_ENROLMENT=settings.enrolment,
    )


def listed(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the objects that a command printed, one per line."""
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def recorded_actions(server: InProcessServer) -> list[dict[str, Any]]:
    """Return the lines of the operator's log."""
    path = server.settings.data / LOG_FILE_NAME
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def closing_times(server: InProcessServer) -> list[int | None]:
    """Return when each account is due to be closed."""
    return [row[0] for row in server.query("SELECT closing_at FROM account ORDER BY id")]


async def stored_secrets(server: InProcessServer, keeper: Keeper) -> list[str]:
    """Return what no command may print: names, digests under the pepper and the secrets of the data folder."""
    columns = server.query("SELECT login_mac, auth_digest, auth_salt, keyset, words_wrap, kdf FROM account")
    digests = [bytes(value) for row in columns for value in row]
    files = [server.settings.data / name for name in ("pepper", "notary.key")]
    digests += [path.read_bytes() for path in files]
    return [keeper.identity.login, *map(b64, digests), *(digest.hex() for digest in digests)]


async def test_accounts_are_listed_with_what_the_database_shows(
    tmp_path: Path, database_setting: Mapping[str, str]
) -> None:
    """Each account has its kind, sizes, limits and closing time; no name and no digest is among them."""
    async with running_server(tmp_path, DIARY_ENROLMENT="open", **database_setting) as server:
        keeper = await register_keeper(server)
        other = await register_keeper(server)
        assert (await keeper.push()).status_code == 201
        await enrolment.set_quota(instance_of(server), other.identity.login, 5_000_000)
        advocate, _ = await create_organisation_lead(server)
        canary = {"login": other.identity.login, "words": "never printed"}
        (server.settings.data / "canary").write_text(json.dumps(canary, separators=(",", ":"), sort_keys=True))
        closing = await keeper.request("POST", "/v1/account/closing", x_proof=keeper.proof)
        result = kept(server, "accounts", "--json")
        rows = {row["id"]: row for row in listed(result)}
        assert list(rows) == sorted(rows, key=unb64) and len(rows) == 3
        usage = (await keeper.request("GET", "/v1/usage")).json()
        assert rows[keeper.identity.account] == {
            "closing_at": closing.json()["closing_at"],
            "id": keeper.identity.account,
            "joined_at": None,
            "kind": "keeper",
            "organisation": None,
            **usage,
        }
        assert rows[other.identity.account]["kind"] == "canary"
        assert rows[other.identity.account]["quota_bytes"] == 5_000_000
        member = rows[advocate.advocate.account]
        assert member["kind"] == "member" and unb64(member["organisation"]) and member["joined_at"]
        text = kept(server, "accounts")
        assert text.returncode == 0 and len(text.stdout.splitlines()) == 4, text
        assert "will be erased after" in text.stdout
        for secret in [*await stored_secrets(server, keeper), other.identity.login, "never printed"]:
            assert secret not in text.stdout + text.stderr + result.stdout + result.stderr


async def test_thousands_of_accounts_are_read_in_pages(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No read returns more than one page, and every account is listed once, in order."""
    count = 2_300
    ids = [number.to_bytes(2, "big") * 8 for number in range(count)]

    def add_accounts(tx: Transaction) -> None:
        for row_id in ids:
            account_rows.add_account(tx, AccountRow(row_id, row_id, b"k", b"", b"", b"", None, None, b"", b"", b""))

    await instance_of(server).db.writer.run(add_accounts)
    page_sizes = []
    list_page = account_rows.list_page

    def count_rows(tx: Transaction, after: bytes, limit: int) -> Any:
        page = list_page(tx, after, limit)
        page_sizes.append(len(page))
        return page

    monkeypatch.setattr(account_rows, "list_page", count_rows)
    found = [account.id async for account in account_list.list_accounts(instance_of(server), None)]
    assert found == [b64(row_id) for row_id in ids]
    assert max(page_sizes) <= account_list.PAGE_ROWS < count


async def test_invitations_are_listed_and_revoked_without_their_codes(
    tmp_path: Path, database_setting: Mapping[str, str]
) -> None:
    """Both kinds are listed with their expiry. A revoked invitation opens nothing; the others still do."""
    async with running_server(tmp_path, DIARY_ENROLMENT="invite", **database_setting) as server:
        instance = instance_of(server)
        code = await enrolment.create_invitation(instance, 14)
        short = await enrolment.create_invitation(instance, 1)
        organisation, lead_code = await organisations.create_organisation(instance, "Support North")
        rows = [row async for row in open_invitations.list_open(instance)]
        assert [(row.kind, row.organisation) for row in rows] == [
            ("account", None),
            ("account", None),
            ("lead", organisation),
        ]
        assert {row.expires_at - server.clock.now_ms() for row in rows} == {DAY_MS, 14 * DAY_MS}
        for row, secret in ((row, text) for row in rows for text in (code, short, lead_code)):
            assert secret.replace("-", "") not in row.id and len(row.id) == 16
        server.clock.advance(DAY_MS + 1)
        rest = [row async for row in open_invitations.list_open(instance)]
        assert [row.kind for row in rest] == ["account", "lead"]
        expired = next(row for row in rows if row not in rest)
        for wrong in (expired.id, "0" * 16):
            with pytest.raises(NotFound):
                await open_invitations.revoke(instance, wrong)
        for wrong in ("", "0" * 15, rest[0].id.upper() + "A", "zz" * 8, "0" * 17):
            with pytest.raises(BadRequest):
                await open_invitations.revoke(instance, wrong)
        for row in rest:
            await open_invitations.revoke(instance, row.id)
            with pytest.raises(NotFound):
                await open_invitations.revoke(instance, row.id)
        assert server.query("SELECT 1 FROM member_invite") == []
        assert len(server.query("SELECT 1 FROM invite")) == 1


async def test_the_commands_for_invitations(tmp_path: Path, database_setting: Mapping[str, str]) -> None:
    """`invites` prints a list, `invites revoke` ends one invitation once, and a wrong id is answered with a sentence."""
    async with running_server(tmp_path, DIARY_ENROLMENT="invite", **database_setting) as server:
        assert "No open invitation" in kept(server, "invites").stdout
        assert listed(kept(server, "invites", "--json")) == []
        code = kept(server, "invite").stdout.strip()
        (row,) = listed(kept(server, "invites", "--json"))
        assert set(row) == {"expires_at", "id", "kind", "organisation"} and row["kind"] == "account"
        text = kept(server, "invites").stdout
        assert row["id"] in text and code not in text and code.replace("-", "") not in text
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda _: kept(server, "invites", "revoke", row["id"]), range(2)))
        assert sorted(result.returncode for result in results) == [0, 1], results
        assert "no open invitation" in "".join(result.stderr for result in results)
        assert kept(server, "invites", "revoke", "rubbish").returncode == 1
        assert server.query("SELECT 1 FROM invite") == []


async def test_an_operator_closes_an_account_as_its_keeper_would(
    tmp_path: Path, database_setting: Mapping[str, str]
) -> None:
    """The keeper sees the closing and can take it back; otherwise the account is erased after seven days."""
    async with running_server(tmp_path, **database_setting) as server:
        instance, keeper = instance_of(server), await register_keeper(server)
        other = await register_keeper(server)
        assert (await keeper.push()).status_code == 201
        now = server.clock.now_ms()
        account = await operator_closing.find_account(instance, keeper.identity.login)
        assert account == unb64(keeper.identity.account)
        assert await operator_closing.find_account(instance, keeper.identity.account) == account
        closing = await operator_closing.close_account(instance, account, REASON)
        assert (closing.due_at, closing.is_new) == (now + 7 * DAY_MS, True)
        assert (await keeper.request("GET", "/v1/session")).json()["closing_at"] == closing.due_at
        server.clock.advance(DAY_MS)
        again = await operator_closing.close_account(instance, account, REASON)
        assert (again.due_at, again.is_new) == (closing.due_at, False)
        assert [(line["action"], line["account"], line["reason"]) for line in recorded_actions(server)] == [
            ("close_account", keeper.identity.account, REASON)
        ]
        assert keeper.identity.login not in (server.settings.data / LOG_FILE_NAME).read_text()
        assert (await keeper.request("DELETE", "/v1/account/closing")).status_code == 204
        await operator_closing.close_account(instance, account, REASON)
        await instance.db.writer.run(lambda tx: tx.execute("DELETE FROM waiting_leaf"))
        await purge(instance)
        for _ in range(8 * 24):
            server.clock.advance(3_600_000)
        await purge(instance)
        server.clock.advance(3_600_000)
        await purge(instance)
        assert server.query("SELECT count(*) FROM account") == [(1,)]
        assert (await other.request("GET", "/v1/session")).status_code == 200
        with pytest.raises(NotFound):
            await operator_closing.close_account(instance, account, REASON)
        assert len(recorded_actions(server)) == 2


async def test_wrong_and_ambiguous_accounts_are_refused(server: InProcessServer, keeper: Keeper) -> None:
    """An id chosen to look like another keeper's username closes neither account until the operator says which."""
    instance = instance_of(server)
    for unknown in ("nobody-here-x2y3", b64(bytes(16))):
        with pytest.raises(NotFound):
            await operator_closing.find_account(instance, unknown)
    for wrong in ("", "short", "A" * 23, "a b", "x" * 500, "../pepper"):
        with pytest.raises(BadRequest):
            await operator_closing.find_account(instance, wrong)
    login = "blue-river-of-stones-g"
    decoy = unb64(login)
    mac = instance.pepper.login_mac(login)
    row = AccountRow(decoy, b"m" * 32, b"k", b"", b"", b"", None, None, b"", b"", b"")
    victim = AccountRow(b"v" * 16, mac, b"k", b"", b"", b"", None, None, b"", b"", b"")
    for added in (row, victim):
        await instance.db.writer.run(lambda tx, added=added: account_rows.add_account(tx, added))
    with pytest.raises(Conflict, match="--by"):
        await operator_closing.find_account(instance, login)
    assert await operator_closing.find_account(instance, login, "username") == b"v" * 16
    assert await operator_closing.find_account(instance, login, "id") == decoy


async def test_an_advocates_account_is_not_closed_as_a_keepers(server: InProcessServer) -> None:
    """Closing would leave the membership behind, so the command names what ends it instead."""
    advocate, _ = await create_organisation_lead(server)
    with pytest.raises(Conflict, match="organisation"):
        await operator_closing.close_account(instance_of(server), unb64(advocate.advocate.account), REASON)
    assert closing_times(server) == [None] and recorded_actions(server) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines", "red \x1b[31m", "\u202eturned"])
async def test_a_reason_that_cannot_be_recorded_closes_nothing(tmp_path: Path, reason: str) -> None:
    """A missing, long or unprintable reason is refused before anything changes."""
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        with pytest.raises(BadRequest):
            await operator_closing.close_account(instance_of(server), unb64(keeper.identity.account), reason)
        assert closing_times(server) == [None] and recorded_actions(server) == []


async def test_a_log_that_cannot_be_written_closes_nothing(tmp_path: Path) -> None:
    """Without a place for the record, the account is left as it is."""
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        (server.settings.data / LOG_FILE_NAME).mkdir()
        with pytest.raises(OSError):
            await operator_closing.close_account(instance_of(server), unb64(keeper.identity.account), REASON)
        assert closing_times(server) == [None]


async def test_a_closing_that_could_not_be_recorded_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk fills between the closing and its record, the operator is told to write it down."""
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        monkeypatch.setattr("os.fsync", fail_as_full_disk)
        with pytest.raises(Unavailable, match="is closing, but"):
            await operator_closing.close_account(instance_of(server), unb64(keeper.identity.account), REASON)
        assert closing_times(server) != [None]


def fail_as_full_disk(_: int) -> None:
    """Raise the error of a full disk."""
    raise OSError(28, "No space left on device")


def test_the_log_is_private_and_each_line_is_whole(tmp_path: Path) -> None:
    """Only the service's user can read the log, and lines written at once do not mix."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: record_action(tmp_path, n, "close_account", "A" * 22, "é" * 500), range(200)))
    path = tmp_path / LOG_FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 200 and {line["reason"] for line in lines} == {"é" * 500}


async def test_close_account_on_the_command_line(tmp_path: Path, database_setting: Mapping[str, str]) -> None:
    """It asks first, runs beside the server, is safe to run twice at once, and prints no username."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper = await register_keeper(server)
        close = ("close-account", "--reason", REASON, "--yes")
        unknown = kept(server, *close, "nobody-here-x2y3")
        assert unknown.returncode == 1 and "no account" in unknown.stderr
        assert kept(server, *close, "-h" + "A" * 20).stderr.startswith("Error: There is no account")
        assert "--reason" in kept(server, "close-account", keeper.identity.account, "--yes").stderr
        named = kept(
            server, "close-account", "--reason", f"About {keeper.identity.login}", "--yes", keeper.identity.login
        )
        assert named.returncode == 1 and "username" in named.stderr
        without_answer = kept(server, "close-account", "--reason", REASON, keeper.identity.account)
        assert without_answer.returncode == 1 and closing_times(server) == [None]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda _: kept(server, *close, keeper.identity.login), range(2)))
        assert [result.returncode for result in results] == [0, 0], results
        assert sorted("closing already" in result.stdout for result in results) == [False, True], results
        assert len(recorded_actions(server)) == 1
        session = (await keeper.request("GET", "/v1/session")).json()
        assert session["closing_at"] == closing_times(server)[0]
        for secret in await stored_secrets(server, keeper):
            assert all(secret not in result.stdout + result.stderr for result in results)


def test_the_username_can_be_typed_instead_of_given(tmp_path: Path) -> None:
    """Without an argument the command asks, so that a username need not be in a shell's history or in the journal."""
    from click.testing import CliRunner

    env = {"DIARY_DATA": str(tmp_path)}
    assert run_cli_in_process("migrate", **env).returncode == 0
    result = CliRunner().invoke(main, ["close-account", "--reason", REASON], input="nobody-here-x2y3\n", env=env)
    assert result.exit_code == 1 and "There is no account" in result.output
