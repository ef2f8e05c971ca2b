"""`keys` and `audit` on the command line: the whole way of a key between two computers, and what is refused on it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from diary.crypto.signing import Notary
from diary.encoding import canon
from tests.running import here, kept


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A server that has never been started."""
    folder = tmp_path / "server"
    assert here("migrate", DIARY_DATA=str(folder)).returncode == 0
    return folder


def step(data: Path, *command: object, fails: str = "") -> str:
    """One command on the server; what it printed."""
    done = here("keys", *command, DIARY_DATA=str(data))
    assert (done.returncode != 0) == bool(fails), done.stderr
    assert fails in done.stderr
    return done.stdout


def test_a_key_is_vouched_for_and_replaced(data: Path, tmp_path: Path) -> None:
    """Made away, wished for, signed, published; then another; only the files named travel, and the secret is in none."""
    away = tmp_path / "away"
    away.mkdir()
    key = away / "instance.key"
    step(data, "new-instance", key)
    assert key.stat().st_mode & 0o077 == 0
    first = Notary((data / "notary.key").read_bytes()) if (data / "notary.key").exists() else None
    for why in ("first", "rotated"):
        wish, statement = tmp_path / f"{why}.wish", tmp_path / f"{why}.statement"
        shown = step(data, "wish", wish, "--why", why)
        signed = step(data, "sign", wish, statement, "--instance", key)
        assert shown.splitlines()[0].removeprefix("Notary key: ") in signed
        for text in (wish.read_bytes(), statement.read_bytes()):
            assert key.read_bytes() not in text
        step(data, "publish", statement)
        first = first or Notary((data / "notary.key").read_bytes())
        step(data, "publish", statement, fails="Error")
    now = Notary((data / "notary.key").read_bytes())
    assert now.log != first.log
    (old,) = data.glob("notary.*.key")
    assert Notary(old.read_bytes()).log == first.log
    connection = sqlite3.connect(data / "kept.sqlite3")
    told = [json.loads(row) for (row,) in connection.execute("SELECT statement FROM key_statement ORDER BY id")]
    connection.close()
    assert [(one["why"], one["log"]) for one in told] == [("first", first.log), ("rotated", now.log)]
    assert kept("audit", "--instance", away / "instance.key.pub", DIARY_DATA=str(data)).returncode == 0


def test_a_publishing_that_was_broken_off_goes_on(data: Path, tmp_path: Path) -> None:
    """The statement is in and the key not yet in its place: the same command again puts it there, once."""
    step(data, "new-instance", tmp_path / "key")
    for why in ("first", "rotated"):
        step(data, "wish", tmp_path / why, "--why", why)
        step(data, "sign", tmp_path / why, tmp_path / f"{why}.said", "--instance", tmp_path / "key")
        before = (data / "notary.key").read_bytes()
        step(data, "publish", tmp_path / f"{why}.said")
    new = (data / "notary.key").read_bytes()
    (data / "notary.next.key").write_bytes(new)
    (data / "notary.key").write_bytes(before)
    assert "Put the right notary.key back" in here("invite", DIARY_DATA=str(data)).stderr
    step(data, "publish", tmp_path / "rotated.said")
    assert (data / "notary.key").read_bytes() == new and not (data / "notary.next.key").exists()
    assert "goes on" in here("closing", DIARY_DATA=str(data)).stdout


def test_what_does_not_fit_is_refused(data: Path, tmp_path: Path) -> None:
    """A statement by another instance key, about another server's key, bent, or before the first."""
    keys = [tmp_path / f"instance-{n}.key" for n in range(2)]
    for key in keys:
        step(data, "new-instance", key)
    step(data, "wish", tmp_path / "early", "--why", "rotated", fails="makes no sense")
    step(data, "wish", tmp_path / "wish", "--why", "first")
    step(data, "sign", tmp_path / "wish", tmp_path / "good", "--instance", keys[0])
    bent = json.loads((tmp_path / "good").read_text()) | {"from": 1}
    (tmp_path / "bent").write_bytes(canon(bent))
    step(data, "publish", tmp_path / "bent", fails="does not hold")
    other = tmp_path / "other"
    assert here("migrate", DIARY_DATA=str(other)).returncode == 0
    step(other, "publish", tmp_path / "good", fails="another key")
    step(data, "publish", tmp_path / "good")
    step(data, "wish", tmp_path / "next", "--why", "rotated")
    step(data, "sign", tmp_path / "next", tmp_path / "forged", "--instance", keys[1], fails="does not hold")


def test_a_server_whose_notary_key_is_not_the_one_vouched_for_does_not_start(data: Path, tmp_path: Path) -> None:
    """Otherwise it would hand out receipts that no phone takes."""
    step(data, "new-instance", tmp_path / "k")
    step(data, "wish", tmp_path / "w", "--why", "first")
    step(data, "sign", tmp_path / "w", tmp_path / "s", "--instance", tmp_path / "k")
    step(data, "publish", tmp_path / "s")
    (data / "notary.key").write_bytes(bytes(31) + b"\5")
    done = kept("serve", "--bind", "127.0.0.1:0", DIARY_DATA=str(data))
    assert done.returncode != 0 and "not the one the instance key vouches for" in done.stdout + done.stderr
