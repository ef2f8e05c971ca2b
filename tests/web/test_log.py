"""The log has events and their hour, never people, addresses or content."""

from __future__ import annotations

import logging
import re

import pytest

from diary.encoding import b64
from tests.server_fixture import (
    PASSPHRASE,
    InProcessServer,
    Keeper,
    Phone,
    RequestBody,
    new_device_sign_in_body,
    seal_file,
)

LOG_LINE = re.compile(r"20\d\d-\d\d-\d\dT\d\d [a-z_]+(?: \w+ (?:-|diary/[\w/]+\.py:\d+))?")
ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{22}")


async def test_the_most_verbose_log_names_nobody(
    keeper: Keeper, server: InProcessServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of use, failure and error at the most verbose level logs only codes, hours and fixed lines."""
    caplog.set_level(logging.DEBUG, logger="diary")
    await keeper.push("SENTINEL")
    file = seal_file(keeper, b"SENTINEL")
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    await keeper.request("GET", "/v1/sessions", x_proof=keeper.proof)
    for _ in range(12):
        await Phone(server.http_client("192.0.2.1")).request(
            "POST",
            "/v1/sessions",
            new_device_sign_in_body(keeper.identity.login, b64(bytes(32))),
            user_agent="SENTINEL",
        )
    await keeper.request("GET", "/SENTINEL")

    async def broken(*_: object) -> None:
        raise KeyError("SENTINEL", PASSPHRASE, keeper.identity.login)

    monkeypatch.setattr("diary.services.accounts.usage.usage", broken)
    answer = await keeper.request("GET", "/v1/usage")
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal", "message": "Something went wrong."}
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("diary")]
    assert {"sign_in_refused", "throttled", "internal"} <= {line.split()[1] for line in lines}
    for line in lines:
        assert LOG_LINE.fullmatch(line), line
        assert not ID_PATTERN.search(line), line
    for forbidden in ("SENTINEL", PASSPHRASE, keeper.identity.login, keeper.identity.diary, "192.0.2", "198.51.100"):
        assert forbidden not in caplog.text
    assert not any(record.exc_info for record in caplog.records if record.name.startswith("diary"))


@pytest.mark.parametrize("path", ["GET /v1/session", "GET /v1/server", "PUT /v1/diaries", "POST /v1/names"])
async def test_every_fault_gives_one_plain_response(path: str, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error gives 500 with one fixed sentence, whatever the exception says."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("SENTINEL")

    for name in ("accounts.authentication.unlock", "sync.versions.push_version", "accounts.sign_in_names.offer"):
        monkeypatch.setattr(f"diary.services.{name}", broken)
    monkeypatch.setattr("diary.web.views.sign_in.b64", broken)
    method, _, where = path.partition(" ")
    body: RequestBody = {} if method == "POST" else None
    if method == "PUT":
        where, body = keeper.seal()
    answer = await keeper.request(method, where, body)
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal", "message": "Something went wrong."}
