"""`keys` and `audit` on the command line: rotating a key between two computers, and the refusals on the way."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from diary.crypto.signing import Ed25519Signer
from diary.encoding import canonical_json
from tests.cli_runner import run_cli, run_cli_in_process


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """Return a data folder whose server has never been started."""
    folder = tmp_path / "server"
    assert run_cli_in_process("migrate", DIARY_DATA=str(folder)).returncode == 0
    return folder


def run_keys_command(data: Path, *command: str | Path, expect_failure: str = "") -> str:
    """Run one command on the server, and return its output."""
    result = run_cli_in_process("keys", *command, DIARY_DATA=str(data))
    assert (result.returncode != 0) == bool(expect_failure), result.stderr
    assert expect_failure in result.stderr
    return result.stdout


def test_a_key_is_vouched_for_and_replaced(data_folder: Path, tmp_path: Path) -> None:
    """Keys are created offline, requested, signed, published and replaced.

    Only the named files travel, without the secret.
    """
    offline_folder = tmp_path / "away"
    offline_folder.mkdir()
    key = offline_folder / "instance.key"
    run_keys_command(data_folder, "new-instance", key)
    assert key.stat().st_mode & 0o077 == 0
    notary_key = data_folder / "notary.key"
    first = notary_key.read_bytes() if notary_key.exists() else b""
    for reason in ("first", "rotated"):
        request_file, statement = tmp_path / f"{reason}.wish", tmp_path / f"{reason}.statement"
        printed = run_keys_command(data_folder, "wish", request_file, "--why", reason)
        signed = run_keys_command(data_folder, "sign", request_file, statement, "--instance", key)
        assert printed.splitlines()[0].removeprefix("Notary key: ") in signed
        for text in (request_file.read_bytes(), statement.read_bytes()):
            assert key.read_bytes() not in text
        run_keys_command(data_folder, "publish", statement)
        first = first or notary_key.read_bytes()
        run_keys_command(data_folder, "publish", statement, expect_failure="Error")
    old_signer, new_signer = Ed25519Signer(first), Ed25519Signer(notary_key.read_bytes())
    assert new_signer.log_id != old_signer.log_id
    (old,) = data_folder.glob("notary.*.key")
    assert Ed25519Signer(old.read_bytes()).log_id == old_signer.log_id
    connection = sqlite3.connect(data_folder / "kept.sqlite3")
    statements = [json.loads(row) for (row,) in connection.execute("SELECT statement FROM key_statement ORDER BY id")]
    connection.close()
    assert [(one["why"], one["log"]) for one in statements] == [
        ("first", old_signer.log_id),
        ("rotated", new_signer.log_id),
    ]
    assert (
        run_cli("audit", "--instance", offline_folder / "instance.key.pub", DIARY_DATA=str(data_folder)).returncode == 0
    )


def test_an_interrupted_publication_is_resumed(data_folder: Path, tmp_path: Path) -> None:
    """When the statement is stored and the key not yet installed, the same command installs it, once."""
    run_keys_command(data_folder, "new-instance", tmp_path / "key")
    for why in ("first", "rotated"):
        run_keys_command(data_folder, "wish", tmp_path / why, "--why", why)
        run_keys_command(data_folder, "sign", tmp_path / why, tmp_path / f"{why}.said", "--instance", tmp_path / "key")
        before = (data_folder / "notary.key").read_bytes()
        run_keys_command(data_folder, "publish", tmp_path / f"{why}.said")
    new = (data_folder / "notary.key").read_bytes()
    (data_folder / "notary.next.key").write_bytes(new)
    (data_folder / "notary.key").write_bytes(before)
    assert "Restore the right notary.key" in run_cli_in_process("invite", DIARY_DATA=str(data_folder)).stderr
    run_keys_command(data_folder, "publish", tmp_path / "rotated.said")
    assert (data_folder / "notary.key").read_bytes() == new and not (data_folder / "notary.next.key").exists()
    assert "stays open" in run_cli_in_process("closing", DIARY_DATA=str(data_folder)).stdout


def test_mismatched_keys_and_statements_are_refused(data_folder: Path, tmp_path: Path) -> None:
    """Statements by another instance key, about another server's key, altered or out of order are refused."""
    keys = [tmp_path / f"instance-{n}.key" for n in range(2)]
    for key in keys:
        run_keys_command(data_folder, "new-instance", key)
    run_keys_command(data_folder, "wish", tmp_path / "early", "--why", "rotated", expect_failure="makes no sense")
    run_keys_command(data_folder, "wish", tmp_path / "wish", "--why", "first")
    run_keys_command(data_folder, "sign", tmp_path / "wish", tmp_path / "good", "--instance", keys[0])
    altered_statement = json.loads((tmp_path / "good").read_text()) | {"from": 1}
    (tmp_path / "bent").write_bytes(canonical_json(altered_statement))
    run_keys_command(data_folder, "publish", tmp_path / "bent", expect_failure="does not hold")
    other_path = tmp_path / "other"
    assert run_cli_in_process("migrate", DIARY_DATA=str(other_path)).returncode == 0
    run_keys_command(other_path, "publish", tmp_path / "good", expect_failure="another key")
    run_keys_command(data_folder, "publish", tmp_path / "good")
    run_keys_command(data_folder, "wish", tmp_path / "next", "--why", "rotated")
    run_keys_command(
        data_folder,
        "sign",
        tmp_path / "next",
        tmp_path / "forged",
        "--instance",
        keys[1],
        expect_failure="does not hold",
    )


def test_a_server_whose_notary_key_is_not_the_one_vouched_for_does_not_start(data_folder: Path, tmp_path: Path) -> None:
    """A server whose notary key differs from the vouched one does not start: phones would refuse its receipts."""
    run_keys_command(data_folder, "new-instance", tmp_path / "k")
    run_keys_command(data_folder, "wish", tmp_path / "w", "--why", "first")
    run_keys_command(data_folder, "sign", tmp_path / "w", tmp_path / "s", "--instance", tmp_path / "k")
    run_keys_command(data_folder, "publish", tmp_path / "s")
    (data_folder / "notary.key").write_bytes(bytes(31) + b"\5")
    result = run_cli("serve", "--bind", "127.0.0.1:0", DIARY_DATA=str(data_folder))
    assert result.returncode != 0 and "not the one the instance key certified" in result.stdout + result.stderr
