"""Sign-ins to an account by other sessions: what a device shows at its next unlock. docs/api.md, `GET /v1/sign-ins`."""

from dataclasses import dataclass

from diary.client.transport import RemoteServer


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in. `at`: ms UTC, to the minute. `device_name`: what the device called itself then.

    `kind`: ordinary, borrowed or desk; None where an earlier release noted it. `what`: signed_in (with the words) or recovered
    (with the recovery code).
    """

    at_ms: int
    device_name: str
    kind: str | None
    event: str
    session: str
    signed_out: bool


async def fetch_new_sign_ins(server: RemoteServer, cursor: str | None) -> tuple[list[SignIn], str]:
    """Every sign-in since `cursor`, oldest first, and the cursor for the next look; it is for the device to keep, sealed.

    `cursor`: None on a device that has not looked yet, for all since its own sign-in. Raises BadRequest for a cursor that is
    not this account's, and SignedOut.
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
