"""Sign-ins to an account by other sessions, shown by a device at its next unlock. docs/api.md, `GET /v1/sign-ins`."""

from dataclasses import dataclass

from diary.client.transport import RemoteServer


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in. `at_ms`: ms UTC, to the minute. `device_name`: the device's name at the time.

    `kind`: ordinary, borrowed or desk; None when recorded by an earlier release. `event`: signed_in (with the words) or
    recovered (with the recovery code).
    """

    at_ms: int
    device_name: str
    kind: str | None
    event: str
    session: str
    signed_out: bool


async def fetch_new_sign_ins(server: RemoteServer, cursor: str | None) -> tuple[list[SignIn], str]:
    """Return every sign-in since `cursor`, oldest first, and the next cursor, which the device stores sealed.

    `cursor`: None on a device that has none yet, for all sign-ins since its own. Raise BadRequest for a cursor of
    another account, and NotSignedIn.
    """
    sign_ins: list[SignIn] = []
    while True:
        page = await server.json("GET", "/v1/sign-ins" + (f"?after={cursor}" if cursor else ""))
        for row in page["sign_ins"]:
            kind = None if row["kind"] is None else str(row["kind"])
            signed_out = bool(row["signed_out"])
            sign_ins.append(
                SignIn(int(row["at"]), str(row["device_name"]), kind, str(row["what"]), str(row["session"]), signed_out)
            )
        cursor = str(page["cursor"])
        if not page["more"]:
            return sign_ins, cursor
