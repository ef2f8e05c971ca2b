"""A pack of a diary with replaced keys: versions by both keys are valid, except later ones by the old key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from diary.client import accounts, rotate_keys
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.encoding import b64, canonical_json, parse_canonical_json
from diary.ledger import receipts
from diary.ledger.key_statements import NotaryKey
from diary.ledger.push import version_signing_input
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.proofs.proof_files import proof_files
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import check_proofs, read_proofs
from tests.local_journal import request_for_whole_pack
from tests.server_fixture import NOON_MS, InProcessServer, Keeper


@dataclass
class MemberReader:
    """The members of a pack, without a zip."""

    files: dict[str, bytes]
    is_servable_only: bool = False

    @property
    def digests(self) -> dict[str, bytes]:
        return self.files

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def finding_codes(files: dict[str, bytes], server: InProcessServer) -> set[str]:
    """Return the codes of the findings in these proofs, checked with the server's notary key."""
    proofs = read_proofs(cast("OpenedPack", MemberReader(files)))
    notary = server.app.state.app_context.instance.notary
    findings = check_proofs(proofs, [NotaryKey(notary.log_id, notary.pub, 0, None)], {})
    return {finding.code for finding in (*proofs.findings, *findings)}


async def test_versions_by_a_replaced_key_are_valid_only_until_its_end(keeper: Keeper, server: InProcessServer) -> None:
    """keys.json has the chain. A version that the old key signed after its replacement is found, receipt or not."""
    await keeper.push("Before.")
    connection = RemoteServer(keeper.client, server.settings.app_url)
    connection.tokens = dict(keeper.tokens)
    server.clock.ms += 60_000
    words = "orbit velvet canyon maple drift"
    new = await rotate_keys.rotate(
        connection, keeper.identity, words, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
    )
    server.clock.ms += 60_000
    device = RemoteServer(server.http_client(), server.settings.app_url)
    journal = Journal(await accounts.sign_in(device, new.login, words, policy=kdf.TEST_POLICY), server.clock)
    await journal.fetch(device)
    journal.append(VersionContent("incident", {"narrative": "After."}))
    await journal.send(device)
    await journal.fetch(device)
    wish = request_for_whole_pack(journal, NOON_MS, server.settings.app_url)
    capsule = read_capsule(build_capsule(journal.versions(), wish, journal.identity.public_keys()))
    files = {f"data/{path}": raw for path, raw in proof_files(capsule)}
    assert finding_codes(files, server) == set()
    keys_path = "data/restricted/proof/keys.json"
    assert cast("dict[str, Any]", parse_canonical_json(files[keys_path]))["earlier"] == list(
        journal.identity.keyset.earlier_statements
    )

    without = {
        path: canonical_json(_without_earlier_keys(raw)) if path.endswith("keys.json") else raw
        for path, raw in files.items()
    }
    assert finding_codes(without, server) == {"author"}
    assert finding_codes(forge_proofs(files, keeper, server), server) == {"author"}


def _without_earlier_keys(raw: bytes) -> dict[str, object]:
    """Return keys.json without its replaced keys."""
    return {
        name: value for name, value in cast("dict[str, object]", parse_canonical_json(raw)).items() if name != "earlier"
    }


def forge_proofs(files: dict[str, bytes], keeper: Keeper, server: InProcessServer) -> dict[str, bytes]:
    """Return the proofs with the old key's entry signed and receipted again after the replacement."""
    notary = server.app.state.app_context.instance.notary
    forged_files = dict(files)
    for path, raw in files.items():
        proof = cast("dict[str, Any]", parse_canonical_json(raw, limit_bytes=1 << 22))
        if "fields" not in proof or proof["fields"]["_by"]["v"] != keeper.identity.author().key_id:
            continue
        ids = proof["fields"]["_ids"]["v"]
        sig = keeper.identity.author().sign(version_signing_input(c=proof["c"], **ids))
        receipt = receipts.sign_receipt(
            notary,
            commitment=proof["c"],
            envelopes_digest=proof["receipt"]["env"],
            timestamp_ms=server.clock.now_ms(),
            fixed_number=bytes(16),
        )
        forged_files[path] = canonical_json(proof | {"receipt": receipt, "sig": b64(sig)}, limit_bytes=1 << 22)
    assert forged_files != files
    return forged_files
