"""Upgrade from the last release: this release's `migrate` and server run on the old server's files."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.findings import Finding
from diary.pack.verify.verifier import verify_pack
from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority
from tests.browser.live_server import Certificate, LiveServer, free_port
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.test_updates import UPDATE_WORKER_SCRIPT
from tests.cli_runner import run_cli
from tests.trust import last_release_people as acts
from tests.trust.last_release import check_out_last_release
from tests.trust.last_release_people import WAIT_LIMIT_MS, People

ORGANISATION = "Support North"


@dataclass
class UpgradedServer:
    """The new server on the old one's files, the people, and their previous state."""

    people: People
    server: LiveServer
    authority: LocalTimestampAuthority
    proof_count: int  # number of proofs stored on Ann's phone
    log_pages: dict[str, bytes] = field(default_factory=dict)

    def pack_findings(self, pack: Path) -> list[Finding]:
        """Return the findings for a pack."""
        notary = Ed25519Signer(self.server.settings.load_or_create_notary_seed()).pub
        return verify_pack(pack, notary=notary, tsa_roots=[self.authority.root_pem])

    def get(self, path: str, jar: str = "", host: str = "app") -> httpx.Response:
        """Return a host's answer. `jar`: the cookies to send."""
        return self._request("GET", path, jar, host)

    def post(self, path: str, body: dict[str, Any], jar: str = "") -> httpx.Response:
        """Post a body to the app's host, as its own page does."""
        return self._request("POST", path, jar, "app", json=body)

    def _request(self, method: str, path: str, jar: str, host: str, **extra: Any) -> httpx.Response:
        return send_app_request(self.server.ssl_context, self.server.port, method, path, jar, host, **extra)


def send_app_request(
    trusting: ssl.SSLContext, port: int, method: str, path: str, cookies: str = "", host: str = "app", **extra: Any
) -> httpx.Response:
    """Send one request, as the app's own page does."""
    headers = {"Host": f"{host}.localhost:{port}", "X-Requested-By": "app", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(verify=trusting, trust_env=False) as client:
        headers |= {"Cookie": cookies} if cookies else {}
        return client.request(method, f"https://127.0.0.1:{port}{path}", headers=headers, **extra)


def cookies_of(keeper: BrowserKeeper) -> str:
    """Return the cookies of a phone."""
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in keeper.page.context.cookies())


@pytest.fixture(scope="module")
def upgraded_server(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, certificate: Certificate
) -> Iterator[UpgradedServer]:
    """Let everybody use the last release, then upgrade."""
    folder = tmp_path_factory.mktemp("last")
    release = check_out_last_release(folder / "tree")
    data, port = folder / "data", free_port()
    people = People(browser, f"https://app.localhost:{port}", folder, data)
    environ = {
        "DIARY_APP_URL": people.app_url,
        "DIARY_PUBLIC_URL": f"https://public.localhost:{port}",
        "DIARY_DATA": str(data),
    }
    authority = make_authority(folder / "tsa")
    with authority.serve() as url:
        settings = {"DIARY_CHECKPOINT_SECONDS": "1", "DIARY_TIMESTAMPS": str(authority.write_settings(url))}
        with release.running_server(data, certificate, "app.localhost", port, settings):
            acts.write_entries_as_ann(people)
            acts.take_over_anns_files(people, certificate)
            acts.sign_ann_in_on_other_devices(people)
            acts.grant_access_as_ann(
                people, release.run_command("organisation", "add", ORGANISATION, **environ).split()[-1]
            )
            acts.share_pack_as_ann(people)
            acts.clear_one_phone(people)
            acts.make_notebook_phone(people)
            acts.start_key_change(people)
            acts.remove_picture_offline(people)
            _, proofs = acts.count_openable_records(people.ann.page, people.ann.passphrase)
            log = stamped_log_pages(people, certificate, port)
        acts.close_removing_page(people)
        upgraded = run_cli("migrate", **environ)
        assert upgraded.returncode == 0, upgraded.stderr
        server = LiveServer(data, certificate, port=port, settings=settings)
        server.start()
        yield UpgradedServer(people, server, authority, proofs, log)
        server.stop()


def stamped_log_pages(people: People, certificate: Certificate, port: int) -> dict[str, bytes]:
    """Return the public pages of a timestamped checkpoint, by address."""
    tls_context = ssl.create_default_context(cafile=str(certificate.cert))
    stamped: list[dict[str, Any]] = []

    def is_stamped() -> bool:
        response_body = send_app_request(tls_context, port, "GET", "/v1/log").json()
        stamped[:] = (
            [response_body["stamped"]] if response_body["stamped"] and response_body["stamped"]["stamps"] else []
        )
        return bool(stamped)

    people.wait_until(is_stamped)
    n = stamped[0]["n"]
    addresses = [f"/log/checkpoints/{n}", f"/log/stamps/{n}", "/log/checkpoints/0"]
    responses = {path: send_app_request(tls_context, port, "GET", path, host="public") for path in addresses}
    assert {answer.status_code for answer in responses.values()} == {200}
    return {path: answer.content for path, answer in responses.items()}


def accept_update(keeper: BrowserKeeper) -> None:
    """Accept the new release, and unlock its page.

    One tap, however slow the machine: `tap_notice` would look for the button again on the page that it has led to.
    """
    keeper.go_to_tab("Entries")
    keeper.button("Use it now").click(timeout=WAIT_LIMIT_MS, no_wait_after=True)
    # The browser puts the new worker in charge once the old one is idle.
    expect(keeper.field("Your password")).to_be_visible(timeout=WAIT_LIMIT_MS)
    keeper.wait_for_lock()
    keeper.unlock()


def reopen_with_new_release(people: People, keeper: BrowserKeeper) -> None:
    """Open the app, which fetches the new release, close it, and reopen it: no old code runs any more."""
    people.reopen_app(keeper)
    expect(keeper.field("Your password")).to_be_visible()
    before = keeper.page.evaluate("caches.keys()")
    assert keeper.page.evaluate(UPDATE_WORKER_SCRIPT) is True
    keeper.page.close()
    people.reopen_app(keeper)
    keeper.wait_for_lock()
    people.wait_until(lambda: not set(keeper.page.evaluate("caches.keys()")) & set(before))
