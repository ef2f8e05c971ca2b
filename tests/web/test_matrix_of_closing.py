"""Every row of the route table against a server that is to close: what it still does, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

from diary.services.operations import decommission
from diary.services.operations.decommission import End
from diary.web.route_policy import Adds, Audience, Row
from diary.web.routes import ROUTES
from tests.keepers import Phone, Served, served

DAY = 86_400_000
SIGNED_IN = (Audience.KEEPER, Audience.PROVED, Audience.ADVOCATE, Audience.ADVOCATE_PROVED)
# The public side goes on to the end: a hand-over that was given is still fetched.
NOT_OURS = (Audience.PAGES, Audience.PUBLIC, Audience.RECIPIENT)
# What a keeper may still set in motion when nothing new is taken: leaving, reading, erasing, and shutting others out.
STILL = {
    "DELETE", "POST /v1/prelogin", "POST /v1/sessions", "POST /v1/recoveries", "POST /v1/packs", "PUT /v1/packs/{pack}/capsule",
    "POST /v1/session/exchange", "POST /v1/session/renewal",
    "POST /v1/diaries/{diary}/erasures", "POST /v1/account/closing",
    "PUT /v1/account/words", "PUT /v1/account/code", "PUT /v1/session",
    "POST /v1/members", "POST /v1/clients/{grant}/looks", "POST /v1/organisation/invitations",
    "POST /v1/diaries/{diary}/letters/{letter}/taken", "POST /v1/diaries/{diary}/witnesses/{witness}/taken",
    "POST /v1/diaries/{diary}/rotation", "PUT /v1/diaries/{diary}/rotation/wraps", "POST /v1/diaries/{diary}/rotation/commit",
}  # fmt: skip


async def closed(server: Served, row: Row) -> bool:
    """Whether a row answers that the server has closed, to somebody without a session."""
    answer = await Phone(server.client()).ask(row.method, re.sub(r"\{[^}]*\}", "0", row.path))
    return answer.status_code == 410 and answer.json()["error"] == "closed"


async def test_every_row_keeps_to_the_day(tmp_path: Path) -> None:
    """Each writing row says whether it adds; after the day those refuse and the others do not, after the last day all do."""
    async with served(tmp_path) as server:
        rows = [row for row in ROUTES if row.audience not in NOT_OURS]
        for row in rows:
            is_still = not row.writes or {row.method, f"{row.method} {row.path}"} & STILL
            assert bool(is_still) == (row.adds is Adds.NOTHING), row.path
        now = server.clock.now_ms()
        await decommission.announce(server.app.state.office.instance, End(now + DAY, now + 2 * DAY))
        server.clock.advance(DAY + decommission.FRESH_MS)
        for row in rows:
            assert await closed(server, row) == (row.adds is not Adds.NOTHING), row.path
        server.clock.advance(DAY)
        for row in rows:
            assert await closed(server, row) == (row.writes or row.audience in SIGNED_IN), row.path
