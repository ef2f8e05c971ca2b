"""An account's sessions, as a model: who is signed in, and why not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.machines.adapter import DAY, HOUR, Box, Machine, Phone, Told, b64, new_code

MINUTE = 60_000
WRONG = b64(bytes(32))
LIFE, BORROWED_LIFE, RENEWAL_LIFE, NOTED = 30 * DAY, 2 * HOUR, 400 * DAY, 183 * DAY


@dataclass
class Session:
    """One that the server has a row of."""

    id: str
    expires_at: int
    created_at: int
    seen_at: int
    name: str
    ended: bool = False
    wrong: int = 0


@dataclass
class Device:
    """A phone, what it was given, and what should come of using that. `failures`: times of wrong sign-ins that still count."""

    phone: Phone
    id: str
    name: str
    session: Session | None = None
    renewal: str | None = None
    renewal_good: bool = False
    renewal_at: int = 0
    renewal_of: str = ""
    failures: list[int] = field(default_factory=list)


@dataclass
class SignIn:
    """A line of the list of sign-ins."""

    at: int
    session: str
    kind: str
    what: str
    device_name: str


class AccountsModel(Machine):
    """One keeper's account, up to six devices, somebody else's account, and somebody who knows nothing."""

    def __init__(self, on: Box) -> None:
        """`on`: the server, which other accounts of earlier runs share."""
        super().__init__(on)
        self.keeper = on.keeper()
        self.other = on.keeper()
        self.words, self.code = self.keeper.proof, new_code(self.keeper, 0)[0]
        self.old_words: list[str] = []
        self.old_codes: list[str] = []
        self.made = self.guessed = 0
        self.closing_at: int | None = None
        self.closed = False
        # Times of wrong sign-ins from devices that nobody knows, whichever they were.
        self.strangers: list[int] = []
        began = Session("", on.now + LIFE, on.now, on.now, "Command line")
        began.id = on.ask(self.keeper, "GET", "/v1/session").body["session"]
        self.devices = [Device(self.keeper, self.keeper.identity.device, "Command line", began)]
        self.log: list[SignIn] = [SignIn(began.created_at, began.id, "ordinary", "signed_in", "Command line")]

    # What the model says.

    def alive(self, device: Device) -> bool:
        """Whether the device's session lets it in now."""
        return device.session is not None and not device.session.ended and device.session.expires_at > self.box.now

    def refusal(self, device: Device) -> str:
        """The code that the device gets where it is not let in."""
        held = device.session
        return "session_ended" if held and held.ended and held.expires_at > self.box.now else "signed_out"

    def used(self, device: Device) -> None:
        """A request in a session is noted to the hour."""
        if device.session:
            device.session.seen_at = max(device.session.seen_at, self.box.now - self.box.now % HOUR)

    def note(self) -> None:
        """Every act that is written down drops the lines of more than half a year ago."""
        self.log = [one for one in self.log if one.at >= self.box.now - NOTED]

    def ask(self, device: Device, method: str, path: str, body: object = None, **headers: str) -> Told | None:
        """A request in a session; None where the model says that it is refused, which is checked here."""
        was = self.alive(device)
        answer = self.box.ask(device.phone, method, path, body, **headers)  # type: ignore[arg-type]
        if not self.alive(device):
            # The second that passes with the request may be the session's last.
            assert (answer.status, answer.code) == (401, self.refusal(device)), (was, answer)
            return None
        self.used(device)
        return answer

    def proved(self, device: Device, right: bool, method: str, path: str, body: object = None) -> Told | None:
        """A request that needs the words; None where it is refused. The tenth wrong proof in a row ends the session."""
        proof = self.words if right else WRONG
        answer = self.ask(device, method, path, body, x_proof=proof)
        if answer is None or device.session is None:
            return None
        if right:
            device.session.wrong = 0
            return answer
        assert (answer.status, answer.code) == (401, "no_match")
        device.session.wrong += 1
        if device.session.wrong == 10:
            self.lose_renewal(device.session.id)
            device.session = None
        return None

    def lose_renewal(self, session: str) -> None:
        """A session was ended on purpose: the renewal given with it is dead."""
        for device in self.devices:
            device.renewal_good = device.renewal_good and device.renewal_of != session

    def end_rest(self, of: Device, *, shut: bool) -> None:
        """Every other session ends; `shut`: and its device is told so."""
        for device in self.devices:
            if device is not of:
                device.renewal_good = False
                if shut and device.session:
                    device.session.ended = True
                elif not shut:
                    device.session = None
            # A renewal of an earlier session of this device is another session's as well.
            elif of.session and device.renewal_of != of.session.id:
                device.renewal_good = False

    def began(self, device: Device, answer: Told, kind: str, what: str = "signed_in") -> None:
        """A session begins on a device, and its earlier one is gone."""
        now, told = self.box.now, answer.body
        assert told["account"] == self.keeper.identity.account and told["now"] == now
        assert [one["diary"] for one in told["diaries"]] == [self.keeper.identity.diary]
        assert told["closing_at"] == self.closing_at
        # Rows of sessions whose time is over go when another begins.
        for one in self.devices:
            if one.session and one.session.expires_at <= now:
                one.session = None
        hour = now - now % HOUR
        life = BORROWED_LIFE if kind == "borrowed" else LIFE
        device.session = Session(told["session"], now + life, hour, hour, device.name)
        assert ("renewal" in told) == ("device_token" in told) == (kind != "borrowed")
        if kind != "borrowed":
            device.renewal, device.renewal_at, device.renewal_of = told["renewal"], now, told["session"]
            device.renewal_good = True
            device.failures = []
        self.log.append(SignIn(now - now % MINUTE, told["session"], kind, what, device.name))
        self.note()

    # What must hold.

    def compare(self) -> None:
        """All that can be read."""
        self.everybody_is_where_the_model_says()
        self.nothing_comes_of_what_is_dead()

    def everybody_is_where_the_model_says(self) -> None:
        """Each device is let in or told the right reason."""
        for device in self.devices:
            answer = self.ask(device, "GET", "/v1/usage")
            assert answer is None or answer.status == 200

    def nothing_comes_of_what_is_dead(self) -> None:
        """A renewal that was ended, or used, begins no session: to try it changes nothing."""
        for device in self.devices:
            if device.renewal and not device.renewal_good:
                body = {"renewal": device.renewal, "device": device.id, "device_name": device.name}
                answer = self.box.ask(self.box.phone(), "POST", "/v1/session/renewal", body)
                assert (answer.status, answer.code) == (401, "signed_out")
