"""The upgrade itself: everybody at the last release, then this release's `migrate` and server over the same files."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from diary.crypto.signing import Notary
from diary.pack.verify.findings import Finding
from diary.pack.verify.verifier import verify
from diary.samples.timestamp_authority import LocalAuthority, make_authority
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Certificate, Served, free_port
from tests.browser.test_updates import REPLACED
from tests.running import kept
from tests.trust import last_release_people as acts
from tests.trust.last_release import check_out
from tests.trust.last_release_people import WAITS, People

ORGANISATION = "Support North"


@dataclass
class Over:
    """The new server over the files of the old one, the people, and what was so before."""

    people: People
    server: Served
    authority: LocalAuthority
    proofs: int  # how many of these lay in Ann's phone
    log: dict[str, bytes] = field(default_factory=dict)

    def finds(self, pack: Path) -> list[Finding]:
        """What is wrong with a pack."""
        notary = Notary(self.server.settings.read_notary_seed()).pub
        return verify(pack, notary=notary, tsa_roots=[self.authority.root])

    def get(self, path: str, jar: str = "", host: str = "app") -> httpx.Response:
        """What a host answers; `jar`: the cookies that are sent."""
        return self._ask("GET", path, jar, host)

    def post(self, path: str, body: dict[str, Any], jar: str = "") -> httpx.Response:
        """What the app's host answers to a body, asked as by its own page."""
        return self._ask("POST", path, jar, "app", json=body)

    def _ask(self, method: str, path: str, jar: str, host: str, **more: Any) -> httpx.Response:
        return asks(self.server.trusting, self.server.port, method, path, jar, host, **more)


def asks(
    trusting: ssl.SSLContext, port: int, method: str, path: str, jar: str = "", host: str = "app", **more: Any
) -> httpx.Response:
    """One request, as the app's own page makes it."""
    headers = {"Host": f"{host}.localhost:{port}", "X-Requested-By": "app", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(verify=trusting, trust_env=False) as client:
        headers |= {"Cookie": jar} if jar else {}
        return client.request(method, f"https://127.0.0.1:{port}{path}", headers=headers, **more)


def jar_of(keeper: Keeper) -> str:
    """The cookies of a phone."""
    return "; ".join(f"{one['name']}={one['value']}" for one in keeper.page.context.cookies())


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory, browser: Browser, certificate: Certificate) -> Iterator[Over]:
    """Everybody at the last release, and then the upgrade."""
    folder = tmp_path_factory.mktemp("last")
    release = check_out(folder / "tree")
    data, port = folder / "data", free_port()
    people = People(browser, f"https://app.localhost:{port}", folder, data)
    environ = {
        "DIARY_APP_URL": people.app_url,
        "DIARY_PUBLIC_URL": f"https://public.localhost:{port}",
        "DIARY_DATA": str(data),
    }
    authority = make_authority(folder / "tsa")
    with authority.serving() as url:
        settings = {"DIARY_CHECKPOINT_SECONDS": "1", "DIARY_TIMESTAMPS": str(authority.settings(url))}
        with release.serving(data, certificate, "app.localhost", port, settings):
            acts.ann_writes(people)
            acts.her_files_are_taken(people, certificate)
            acts.ann_signs_in_elsewhere(people)
            acts.ann_lets_an_advocate_in(
                people, release.run("organisation", "add", ORGANISATION, **environ).split()[-1]
            )
            acts.ann_shares(people)
            acts.one_phone_is_cleared(people)
            acts.one_is_only_a_notebook(people)
            acts.one_makes_every_key_new(people)
            acts.one_takes_a_picture_away(people)
            _, proofs = acts.proofs_in(people.ann.page, people.ann.words)
            log = log_of(people, certificate, port)
        acts.its_page_is_closed(people)
        upgraded = kept("migrate", **environ)
        assert upgraded.returncode == 0, upgraded.stderr
        server = Served(data, certificate, port=port, **settings)
        server.start()
        yield Over(people, server, authority, proofs, log)
        server.stop()


def log_of(people: People, certificate: Certificate, port: int) -> dict[str, bytes]:
    """What the public log says of a checkpoint that was stamped: by address."""
    trusting = ssl.create_default_context(cafile=str(certificate.cert))
    stamped: list[dict[str, Any]] = []

    def is_stamped() -> bool:
        told = asks(trusting, port, "GET", "/v1/log").json()
        stamped[:] = [told["stamped"]] if told["stamped"] and told["stamped"]["stamps"] else []
        return bool(stamped)

    people.until(is_stamped)
    n = stamped[0]["n"]
    addresses = [f"/log/checkpoints/{n}", f"/log/stamps/{n}", "/log/checkpoints/0"]
    found = {path: asks(trusting, port, "GET", path, host="public") for path in addresses}
    assert {answer.status_code for answer in found.values()} == {200}
    return {path: answer.content for path, answer in found.items()}


def takes_the_update(keeper: Keeper) -> None:
    """Say yes to the new release, and open the lock of its page."""
    keeper.goes("Entries")
    expect(keeper.button("Use it now")).to_be_visible(timeout=WAITS)
    keeper.tap("Use it now")
    keeper.sees_lock()
    keeper.unlocks()


def comes_anew(people: People, keeper: Keeper) -> None:
    """Open the app, which fetches the new release, close it, and open it again: nothing of the old one runs any more."""
    people.opens_again(keeper)
    expect(keeper.field("Your words")).to_be_visible()
    before = keeper.page.evaluate("caches.keys()")
    assert keeper.page.evaluate(REPLACED) is True
    keeper.page.close()
    people.opens_again(keeper)
    keeper.sees_lock()
    people.until(lambda: not set(keeper.page.evaluate("caches.keys()")) & set(before))
