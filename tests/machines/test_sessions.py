"""Accounts and sessions at random: sign-in, renewal, sign-out, new words and code, closing. Model: accounts_model.py."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.accounts_model import MINUTE_MS, RENEWAL_LIFE_MS, WRONG_PROOF, AccountsModel, DeviceModel
from tests.machines.server_box import (
    DAY_MS,
    HOUR_MS,
    SECOND_MS,
    ServerBox,
    b64,
    id_text,
    new_passphrase_lock,
    new_recovery_code,
    parametrize_lengths,
    run_machine,
    running_box,
)

# The machine stays below the limit of sessions per account; tests/web/test_sessions.py covers it.
MAX_DEVICES = 6
DEVICE_INDEX = st.integers(0, MAX_DEVICES - 1)


class AccountsMachine(AccountsModel):
    """Actions of people with up to six devices."""

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`."""
        super().__init__(server_box)
        # Start with two more phones: most faults are between devices.
        for which in (1, 2):
            self.new_device()
            self.sign_in(which, "ordinary", True)

    # Actions.

    @precondition(lambda self: len(self.devices) < MAX_DEVICES)
    @rule()
    def new_device(self) -> None:
        """Add another phone."""
        number = len(self.devices)
        self.devices.append(DeviceModel(self.server_box.new_phone(), id_text(bytes([number]) * 16), f"Phone {number}"))

    @rule(
        which=DEVICE_INDEX, kind=st.sampled_from(["ordinary", "borrowed"]), right=st.sampled_from([True, True, False])
    )
    def sign_in(self, which: int, kind: str, right: bool) -> None:
        """Sign in with right or wrong words; after ten wrong ones in an hour from one device, nothing is checked."""
        device = self.devices[which % len(self.devices)]
        body: dict[str, object] = {
            "auth": self.words if right else WRONG_PROOF,
            "device": device.id,
            "device_name": device.name,
            "login": self.keeper.identity.login,
            **({"borrowed": True} if kind == "borrowed" else {}),
        }
        answer = self.server_box.request(device.phone, "POST", "/v1/sessions", body)
        device.failures = [at for at in device.failures if at > self.server_box.now_ms - HOUR_MS]
        self.stranger_requests = [at for at in self.stranger_requests if at > self.server_box.now_ms - HOUR_MS]
        is_known_device = "device" in device.phone.tokens
        if len(device.failures) >= 10 or (not is_known_device and len(self.stranger_requests) >= 100):
            assert (answer.status, answer.code) == (429, "try_later")
        elif right and not self.closed:
            assert answer.status == 200, answer
            self.start_session(device, answer, kind)
        else:
            assert (answer.status, answer.code) == (401, "no_match")
            device.failures.append(self.server_box.now_ms)
            self.stranger_requests += [] if is_known_device else [self.server_box.now_ms]

    @precondition(lambda self: self.guess_rounds < 2)
    @rule(which=DEVICE_INDEX)
    def guess_repeatedly(self, which: int) -> None:
        """Sign in wrongly nine times. At most twice: a network may request a name 60 times a real minute."""
        self.guess_rounds += 1
        for _ in range(9):
            self.sign_in(which, "ordinary", False)

    @rule(which=DEVICE_INDEX, right=st.booleans())
    def recover(self, which: int, right: bool) -> None:
        """Recover with the current code, or an earlier one."""
        device = self.devices[which % len(self.devices)]
        code = self.code if right else (self.old_codes[-1] if self.old_codes else WRONG_PROOF)
        body = {"code_auth": code, "device": device.id, "device_name": device.name, "login": self.keeper.identity.login}
        answer = self.server_box.request(device.phone, "POST", "/v1/recoveries", body)
        if right and not self.closed:
            assert answer.status == 200, answer
            device.phone.tokens["session"] = answer.body["token"]
            self.start_session(device, answer, "ordinary", "recovered")
        else:
            assert (answer.status, answer.code) == (401, "no_match")

    @rule(which=DEVICE_INDEX, of=DEVICE_INDEX)
    def renew(self, which: int, of: int) -> None:
        """Renew with the device's own token or another's."""
        device, source = self.devices[which % len(self.devices)], self.devices[of % len(self.devices)]
        if source.renewal is None:
            return
        body = {"renewal": source.renewal, "device": device.id, "device_name": device.name}
        answer = self.server_box.request(device.phone, "POST", "/v1/session/renewal", body)
        is_valid = (
            source is device
            and source.is_renewal_valid
            and source.renewal_at >= self.server_box.now_ms - RENEWAL_LIFE_MS
        )
        if is_valid and not self.closed:
            assert answer.status == 200 and "words_wrap" not in answer.body, answer
            device.phone.tokens |= {"session": answer.body["token"], "device": answer.body["device_token"]}
            self.start_session(device, answer, "renewed")
        else:
            assert (answer.status, answer.code) == (401, "signed_out")

    @rule(which=DEVICE_INDEX)
    def sign_out(self, which: int) -> None:
        """Sign out: the device's session and its renewal token end."""
        device = self.devices[which % len(self.devices)]
        session = device.session
        answer = self.request(device, "DELETE", "/v1/session")
        if answer and session:
            assert answer.status == 204
            self.invalidate_renewal(session.id)
            device.session = None

    @rule(which=DEVICE_INDEX, of=DEVICE_INDEX, right=st.booleans())
    def end_session_by_id(self, which: int, of: int, right: bool) -> None:
        """End a session by its id, another's or one's own."""
        device, target = self.devices[which % len(self.devices)], self.devices[of % len(self.devices)]
        if target.session is None:
            return
        session = target.session
        answer = self.request_with_proof(device, right, "DELETE", f"/v1/sessions/{session.id}")
        if answer is None:
            return
        assert answer.status == (404 if session.was_ended else 204), answer
        if not session.was_ended:
            session.was_ended = True
            self.invalidate_renewal(session.id)
            self.trim_sign_in_log()

    @rule(which=DEVICE_INDEX, right=st.booleans())
    def end_other_sessions_by_request(self, which: int, right: bool) -> None:
        """End every other session."""
        device = self.devices[which % len(self.devices)]
        answer = self.request_with_proof(device, right, "DELETE", "/v1/sessions")
        if answer is not None:
            assert answer.status == 204
            self.end_other_sessions(device, notify_device=True)
            self.trim_sign_in_log()

    @rule(which=DEVICE_INDEX, right=st.booleans(), by_code=st.booleans())
    def change_passphrase(self, which: int, right: bool, by_code: bool) -> None:
        """Set new words, proved with the old ones or the code: only the new ones sign in from now on."""
        device = self.devices[which % len(self.devices)]
        self.devices_made += 1
        proof, body = new_passphrase_lock(self.server_box, self.keeper, self.devices_made)
        if by_code and right:
            answer = self.request(device, "PUT", "/v1/account/words", body, x_proof=self.code)
            if answer and device.session:
                device.session.wrong_proofs = 0
        else:
            answer = self.request_with_proof(device, right, "PUT", "/v1/account/words", body)
        if answer is not None:
            assert answer.status == 204, answer
            self.old_proofs.append(self.words)
            self.words = proof
            self.end_other_sessions(device, notify_device=False)
            self.trim_sign_in_log()

    @rule(which=DEVICE_INDEX, right=st.booleans())
    def change_recovery_code(self, which: int, right: bool) -> None:
        """Set a new recovery code: the old one stops working."""
        device = self.devices[which % len(self.devices)]
        self.devices_made += 1
        proof, body = new_recovery_code(self.keeper, self.devices_made)
        answer = self.request_with_proof(device, right, "PUT", "/v1/account/code", body)
        if answer is not None:
            assert answer.status == 204
            self.old_codes.append(self.code)
            self.code = proof
            self.trim_sign_in_log()

    @rule(which=DEVICE_INDEX, name=st.sampled_from(["My phone", "Das Handy", "电话"]))
    def rename_device(self, which: int, name: str) -> None:
        """Rename a device."""
        device = self.devices[which % len(self.devices)]
        answer = self.request(device, "PUT", "/v1/session", {"device_name": name})
        if answer is not None and device.session:
            assert answer.status == 204
            device.session.name = name

    @precondition(lambda self: self.old_proofs)
    @rule(which=DEVICE_INDEX)
    def try_old_passphrases(self, which: int) -> None:
        """Try earlier words, which are refused at sign-in from a new phone and in a session."""
        self.stranger_requests = [
            at for at in self.stranger_requests if at > self.server_box.now_ms + SECOND_MS - HOUR_MS
        ]
        if len(self.stranger_requests) >= 100:
            return
        old = self.old_proofs[which % len(self.old_proofs)]
        body = {"auth": old, "device": id_text(bytes(16)), "device_name": "Old", "login": self.keeper.identity.login}
        answer = self.server_box.request(self.server_box.new_phone(), "POST", "/v1/sessions", body)
        assert (answer.status, answer.code) == (401, "no_match")
        self.stranger_requests.append(self.server_box.now_ms)

    @rule(which=DEVICE_INDEX)
    def check_other_account_changes_nothing(self, which: int) -> None:
        """Check that another account with its own valid proof ends no session here, and an invented token is refused."""
        device = self.devices[which % len(self.devices)]
        if device.session:
            answer = self.server_box.request(
                self.other, "DELETE", f"/v1/sessions/{device.session.id}", x_proof=self.other.proof
            )
            # The other account's session expires too.
            assert answer.status in (404, 401), answer
        stranger = self.server_box.new_phone()
        stranger.tokens["session"] = b64(bytes(32))
        assert self.server_box.request(stranger, "GET", "/v1/session").code == "signed_out"

    @rule(which=DEVICE_INDEX, ask=st.booleans())
    def request_closing(self, which: int, ask: bool) -> None:
        """Schedule closing the account in seven days, or cancel it."""
        device = self.devices[which % len(self.devices)]
        if ask:
            answer = self.request_with_proof(device, True, "POST", "/v1/account/closing")
            if answer is not None:
                self.closing_at = self.closing_at or self.server_box.now_ms + 7 * DAY_MS
                assert (answer.status, answer.body) == (201, {"closing_at": self.closing_at})
                self.trim_sign_in_log()
        else:
            answer = self.request(device, "DELETE", "/v1/account/closing")
            if answer is not None:
                assert answer.status == (404 if self.closing_at is None else 204)
                self.closing_at = None

    @rule(
        ms=st.sampled_from(
            [MINUTE_MS, 50 * MINUTE_MS, 2 * HOUR_MS, DAY_MS, 3 * DAY_MS, 15 * DAY_MS, 190 * DAY_MS, 400 * DAY_MS]
        )
    )
    def time_passes(self, ms: int) -> None:
        """Let time pass with the server's hourly work."""
        self.server_box.advance_clock(ms)
        if ms >= DAY_MS:
            self.server_box.run_hourly_work()
            if self.closing_at is not None and self.closing_at <= self.server_box.now_ms:
                self.closed, self.closing_at = True, None
                for device in self.devices:
                    device.session, device.is_renewal_valid = None, False

    @rule(which=DEVICE_INDEX)
    def check_session_list(self, which: int) -> None:
        """Check that the list of sessions matches the model: names, times to the hour, and the current one."""
        device = self.devices[which % len(self.devices)]
        answer = self.request_with_proof(device, True, "GET", "/v1/sessions")
        if answer is None:
            return
        expected = {
            (
                device_model.session.id,
                device_model.session.name,
                device_model.session.created_at,
                device_model.session.seen_at,
                device_model is device,
            )
            for device_model in self.devices
            if device_model.session and self.is_signed_in(device_model)
        }
        keys = ("session", "device_name", "created_at", "seen_at", "here")
        assert {tuple(row[key] for key in keys) for row in answer.body["sessions"]} == expected

    @rule(which=DEVICE_INDEX)
    def check_sign_in_list(self, which: int) -> None:
        """Check that every sign-in since this device's own is listed, in order, with whether it is still valid."""
        device = self.devices[which % len(self.devices)]
        answer = self.request(device, "GET", "/v1/sign-ins")
        if answer is None or device.session is None:
            return
        own = [at for at, one in enumerate(self.log) if one.session == device.session.id]
        later_sign_ins = self.log[own[0] + 1 :] if own else self.log
        active_session_ids = {one.session.id for one in self.devices if one.session and self.is_signed_in(one)}
        expected = [
            (one.at, one.device_name, one.kind, one.session, one.session not in active_session_ids, one.act)
            for one in later_sign_ins
        ]
        keys = ("at", "device_name", "kind", "session", "signed_out", "what")
        assert [tuple(row[key] for key in keys) for row in answer.body["sign_ins"]] == expected


@parametrize_lengths(short=(15, 30), long=(150, 40))
def test_accounts_and_sessions_follow_the_model(
    tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int
) -> None:
    """Over random requests, exactly the right devices are accepted."""
    with running_box(tmp_path, **database_setting) as server_box:
        run_machine(lambda: AccountsMachine(server_box), examples=examples, steps=steps)
