"""Every route of a closing server: what still works, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

from diary.services.operations import server_closing
from diary.services.operations.server_closing import ClosingSchedule
from diary.web.route_policy import Addition, Audience, RoutePolicy
from diary.web.routes import ROUTES
from tests.server_fixture import InProcessServer, Phone, running_server

DAY_MS = 86_400_000
SIGNED_IN_AUDIENCES = (Audience.KEEPER, Audience.PROVED, Audience.ADVOCATE, Audience.ADVOCATE_PROVED)
# The public side works to the end: an existing handover is still fetched.
PUBLIC_AUDIENCES = (Audience.PAGES, Audience.PUBLIC, Audience.RECIPIENT)
# Actions a keeper may still start when nothing new is accepted: leaving, reading, erasing, and ending others' access.
ROUTES_STILL_OPEN = {
    "DELETE", "POST /v1/prelogin", "POST /v1/sessions", "POST /v1/recoveries", "POST /v1/packs", "PUT /v1/packs/{pack}/capsule",
    "POST /v1/session/exchange", "POST /v1/session/renewal",
    "POST /v1/diaries/{diary}/erasures", "POST /v1/account/closing",
    "PUT /v1/account/words", "PUT /v1/account/code", "PUT /v1/session", "POST /v1/stamps",
    "POST /v1/members", "POST /v1/clients/{grant}/looks", "POST /v1/organisation/invitations",
    "POST /v1/diaries/{diary}/letters/{letter}/taken", "POST /v1/diaries/{diary}/witnesses/{witness}/taken",
    "POST /v1/diaries/{diary}/rotation", "PUT /v1/diaries/{diary}/rotation/wraps", "POST /v1/diaries/{diary}/rotation/commit",
}  # fmt: skip


async def is_closed(server: InProcessServer, policy: RoutePolicy) -> bool:
    """Check whether a route answers an anonymous client that the server has closed."""
    answer = await Phone(server.http_client()).request(policy.method, re.sub(r"\{[^}]*\}", "0", policy.path))
    return answer.status_code == 410 and answer.json()["error"] == "closed"


async def test_every_route_closes_on_its_day(tmp_path: Path) -> None:
    """Each writing route says whether it adds; those are refused after the first date, all routes after the last."""
    async with running_server(tmp_path) as server:
        rows = [row for row in ROUTES if row.audience not in PUBLIC_AUDIENCES]
        for row in rows:
            is_still = not row.changes_state or {row.method, f"{row.method} {row.path}"} & ROUTES_STILL_OPEN
            assert bool(is_still) == (row.addition is Addition.NOTHING), row.path
        now = server.clock.now_ms()
        await server_closing.announce_closing(
            server.app.state.app_context.instance, ClosingSchedule(now + DAY_MS, now + 2 * DAY_MS)
        )
        server.clock.advance(DAY_MS + server_closing.CACHE_LIFETIME_MS)
        for row in rows:
            assert await is_closed(server, row) == (row.addition is not Addition.NOTHING), row.path
        server.clock.advance(DAY_MS)
        for row in rows:
            assert await is_closed(server, row) == (row.changes_state or row.audience in SIGNED_IN_AUDIENCES), row.path
