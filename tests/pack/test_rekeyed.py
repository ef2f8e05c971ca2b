"""A pack of a diary whose keys were changed: both keys' versions hold, and nothing the old one signed afterwards does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from diary.client import accounts, rotate_keys
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.crypto import kdf
from diary.encoding import b64, canon, parse
from diary.ledger import receipts
from diary.ledger.key_statements import NotaryKey
from diary.ledger.push import signed_bytes
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.proofs.proof_files import proof_files
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import check_proofs, read_proofs
from tests.keepers import NOON, Keeper, Served
from tests.local import whole_wish


@dataclass
class Members:
    """The members of a pack, without the zip around them."""

    files: dict[str, bytes]
    alone: bool = False

    @property
    def digests(self) -> dict[str, bytes]:
        return self.files

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def codes(files: dict[str, bytes], server: Served) -> set[str]:
    """What is found in these proofs, with the notary's key from outside."""
    proofs = read_proofs(cast("OpenedPack", Members(files)))
    notary = server.app.state.office.instance.notary
    found = check_proofs(proofs, [NotaryKey(notary.log, notary.pub, 0, None)], {})
    return {finding.code for finding in (*proofs.findings, *found)}


async def test_versions_by_both_keys_hold_and_by_the_old_one_no_later(keeper: Keeper, server: Served) -> None:
    """The chain is in keys.json; a version the old key signed after it was replaced is found, receipt or not."""
    await keeper.push("Before.")
    reached = Server(keeper.client, server.settings.app_url)
    reached.tokens = dict(keeper.tokens)
    server.clock.ms += 60_000
    words = "orbit velvet canyon maple drift"
    new = await rotate_keys.rotate(reached, keeper.identity, words, profile=kdf.CHEAPEST, policy=kdf.TESTS)
    server.clock.ms += 60_000
    device = Server(server.client(), server.settings.app_url)
    journal = Journal(await accounts.sign_in(device, new.login, words, policy=kdf.TESTS), server.clock)
    await journal.fetch(device)
    journal.append(Said("incident", {"narrative": "After."}))
    await journal.send(device)
    await journal.fetch(device)
    wish = whole_wish(journal, NOON, server.settings.app_url)
    capsule = read_capsule(make_capsule(journal.versions(), wish, journal.identity.public_keys()))
    files = {f"data/{path}": raw for path, raw in proof_files(capsule)}
    assert codes(files, server) == set()
    keys_path = "data/restricted/proof/keys.json"
    assert cast("dict[str, Any]", parse(files[keys_path]))["earlier"] == list(journal.identity.keyset.earlier)

    without = {path: canon(_without(raw)) if path.endswith("keys.json") else raw for path, raw in files.items()}
    assert codes(without, server) == {"author"}
    assert codes(forged(files, keeper, server), server) == {"author"}


def _without(raw: bytes) -> dict[str, object]:
    """keys.json as it would be if no key had been replaced."""
    return {name: value for name, value in cast("dict[str, object]", parse(raw)).items() if name != "earlier"}


def forged(files: dict[str, bytes], keeper: Keeper, server: Served) -> dict[str, bytes]:
    """The first entry's proofs, received again by the server after the keys were changed."""
    notary = server.app.state.office.instance.notary
    made = dict(files)
    for path, raw in files.items():
        told = cast("dict[str, Any]", parse(raw, limit=1 << 22))
        if "fields" not in told or told["fields"]["_by"]["v"] != keeper.identity.author().key_id:
            continue
        place = told["fields"]["_ids"]["v"]
        sig = keeper.identity.author().sign(signed_bytes(c=told["c"], **place))
        receipt = receipts.make(notary, c=told["c"], env=told["receipt"]["env"], ts=server.clock.now_ms(), n=bytes(16))
        made[path] = canon(told | {"receipt": receipt, "sig": b64(sig)}, limit=1 << 22)
    assert made != files
    return made
