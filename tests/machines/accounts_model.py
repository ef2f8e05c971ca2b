"""Model of an account's sessions: which devices are signed in, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.machines.server_box import (
    DAY_MS,
    HOUR_MS,
    Phone,
    ServerAnswer,
    ServerBox,
    ServerStateMachine,
    b64,
    new_recovery_code,
)
from tests.server_fixture import RequestBody

MINUTE_MS = 60_000
WRONG_PROOF = b64(bytes(32))
SESSION_LIFE_MS, BORROWED_SESSION_LIFE_MS, RENEWAL_LIFE_MS, SIGN_IN_LOG_LIFE_MS = (
    30 * DAY_MS,
    2 * HOUR_MS,
    400 * DAY_MS,
    183 * DAY_MS,
)


@dataclass
class SessionModel:
    """Session that the server has a row for."""

    id: str
    expires_at: int
    created_at: int
    seen_at: int
    name: str
    was_ended: bool = False
    wrong_proofs: int = 0


@dataclass
class DeviceModel:
    """Device, its tokens, and the expected result of using them. `failures`: times of wrong sign-ins that still count."""

    phone: Phone
    id: str
    name: str
    session: SessionModel | None = None
    renewal: str | None = None
    is_renewal_valid: bool = False
    renewal_at: int = 0
    renewal_session: str = ""
    failures: list[int] = field(default_factory=list)


@dataclass
class SignInModel:
    """Line in the list of sign-ins."""

    at: int
    session: str
    kind: str
    act: str
    device_name: str


class AccountsModel(ServerStateMachine):
    """One keeper's account with up to six devices, another account, and an attacker without either."""

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`, which accounts of earlier runs share."""
        super().__init__(server_box)
        self.keeper = server_box.new_keeper()
        self.other = server_box.new_keeper()
        self.words, self.code = self.keeper.proof, new_recovery_code(self.keeper, 0)[0]
        self.old_proofs: list[str] = []
        self.old_codes: list[str] = []
        self.devices_made = self.guess_rounds = 0
        self.closing_at: int | None = None
        self.closed = False
        # Times of wrong sign-ins from all unknown devices together.
        self.stranger_requests: list[int] = []
        first_session = SessionModel(
            "", server_box.now_ms + SESSION_LIFE_MS, server_box.now_ms, server_box.now_ms, "Command line"
        )
        first_session.id = server_box.request(self.keeper, "GET", "/v1/session").body["session"]
        self.devices = [DeviceModel(self.keeper, self.keeper.identity.device, "Command line", first_session)]
        self.log: list[SignInModel] = [
            SignInModel(first_session.created_at, first_session.id, "ordinary", "signed_in", "Command line")
        ]

    # State of the model.

    def is_signed_in(self, device: DeviceModel) -> bool:
        """Check whether the device's session is valid now."""
        return (
            device.session is not None
            and not device.session.was_ended
            and device.session.expires_at > self.server_box.now_ms
        )

    def expected_refusal(self, device: DeviceModel) -> str:
        """Return the error code expected for a device without a valid session."""
        session = device.session
        return (
            "session_ended"
            if session and session.was_ended and session.expires_at > self.server_box.now_ms
            else "signed_out"
        )

    def note_session_use(self, device: DeviceModel) -> None:
        """Record the use of a session, to the hour."""
        if device.session:
            device.session.seen_at = max(
                device.session.seen_at, self.server_box.now_ms - self.server_box.now_ms % HOUR_MS
            )

    def trim_sign_in_log(self) -> None:
        """Drop lines older than half a year, as every recorded event does."""
        self.log = [sign_in for sign_in in self.log if sign_in.at >= self.server_box.now_ms - SIGN_IN_LOG_LIFE_MS]

    def request(
        self, device: DeviceModel, method: str, path: str, body: RequestBody = None, **headers: str
    ) -> ServerAnswer | None:
        """Send a request in a session. Return None, after checking, where the model expects a refusal."""
        session_before = self.is_signed_in(device)
        response = self.server_box.request(device.phone, method, path, body, **headers)
        if not self.is_signed_in(device):
            # The session may expire within the second that the request takes.
            assert (response.status, response.code) == (401, self.expected_refusal(device)), (session_before, response)
            return None
        self.note_session_use(device)
        return response

    def request_with_proof(
        self, device: DeviceModel, is_right: bool, method: str, path: str, body: RequestBody = None
    ) -> ServerAnswer | None:
        """Send a request that needs the words. Return None where refused.

        The tenth wrong proof in a row ends the session.
        """
        proof = self.words if is_right else WRONG_PROOF
        answer = self.request(device, method, path, body, x_proof=proof)
        if answer is None or device.session is None:
            return None
        if is_right:
            device.session.wrong_proofs = 0
            return answer
        assert (answer.status, answer.code) == (401, "no_match")
        device.session.wrong_proofs += 1
        if device.session.wrong_proofs == 10:
            self.invalidate_renewal(device.session.id)
            device.session = None
        return None

    def invalidate_renewal(self, session: str) -> None:
        """Mark the renewal token of a session that was ended on purpose as invalid."""
        for device in self.devices:
            device.is_renewal_valid = device.is_renewal_valid and device.renewal_session != session

    def end_other_sessions(self, current_device: DeviceModel, *, notify_device: bool) -> None:
        """End every other session. `notify_device`: whether their devices are told why."""
        for device in self.devices:
            if device is not current_device:
                device.is_renewal_valid = False
                if notify_device and device.session:
                    device.session.was_ended = True
                elif not notify_device:
                    device.session = None
            # A renewal token of an earlier session of this device also belongs to another session.
            elif current_device.session and device.renewal_session != current_device.session.id:
                device.is_renewal_valid = False

    def start_session(self, device: DeviceModel, answer: ServerAnswer, kind: str, act: str = "signed_in") -> None:
        """Start a session on a device; its earlier one is replaced."""
        now, response_body = self.server_box.now_ms, answer.body
        assert response_body["account"] == self.keeper.identity.account and response_body["now"] == now
        assert [diary_row["diary"] for diary_row in response_body["diaries"]] == [self.keeper.identity.diary]
        assert response_body["closing_at"] == self.closing_at
        # Expired sessions are deleted when another starts.
        for diary_row in self.devices:
            if diary_row.session and diary_row.session.expires_at <= now:
                diary_row.session = None
        hour = now - now % HOUR_MS
        lifetime_ms = BORROWED_SESSION_LIFE_MS if kind == "borrowed" else SESSION_LIFE_MS
        device.session = SessionModel(response_body["session"], now + lifetime_ms, hour, hour, device.name)
        assert ("renewal" in response_body) == ("device_token" in response_body) == (kind != "borrowed")
        if kind != "borrowed":
            device.renewal, device.renewal_at, device.renewal_session = (
                response_body["renewal"],
                now,
                response_body["session"],
            )
            device.is_renewal_valid = True
            device.failures = []
        self.log.append(SignInModel(now - now % MINUTE_MS, response_body["session"], kind, act, device.name))
        self.trim_sign_in_log()

    # Invariants.

    def compare_with_model(self) -> None:
        """Compare everything readable with the model."""
        self.check_devices()
        self.check_invalid_renewals()

    def check_devices(self) -> None:
        """Check that each device is accepted, or refused with the right reason."""
        for device in self.devices:
            answer = self.request(device, "GET", "/v1/usage")
            assert answer is None or answer.status == 200

    def check_invalid_renewals(self) -> None:
        """Check that used and invalid renewal tokens start no session and change nothing."""
        for device in self.devices:
            if device.renewal and not device.is_renewal_valid:
                body = {"renewal": device.renewal, "device": device.id, "device_name": device.name}
                answer = self.server_box.request(self.server_box.new_phone(), "POST", "/v1/session/renewal", body)
                assert (answer.status, answer.code) == (401, "signed_out")
