"""Part of grants.json about a keeper with replaced keys: valid versions, and faults that invalidate the grant."""

from diary.crypto.padding import pad_version
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner, public_point
from diary.encoding import b64, canonical_json
from diary.ledger import rekeying
from diary.ledger.push import version_signing_input
from diary.ledger.sharing import earlier_keys, grants
from diary.ledger.sharing.grants import GrantParty
from tests.vectors.reference import fixed_bytes, seal_envelope_to_person

Case = dict[str, object]
BAD_SIGNATURE = {"code": "bad_signature"}


def succeeded_keeper_cases(
    advocate: GrantParty, keeper_key: bytes, keeper: GrantParty, fields: Case, key: bytes
) -> Case:
    """Return cases of a grant by a keeper whose keys were replaced twice.

    `fields`: the grant's, without those about earlier keys.
    """
    first, second, stranger = (
        AuthorSigner(fixed_bytes(who, 32)) for who in ("keeper before", "keeper between", "stranger")
    )
    newest, diary = AuthorSigner(keeper_key), str(fields["diary"])
    earlier = [key_replacement(first, second.pub, diary, 2, 4), key_replacement(second, newest.pub, diary, 3, 9)]
    grant_with_binding = grants.sign_grant(newest, fields | earlier_keys.earlier_keys_binding(earlier))
    place = grants.grant_envelope_header(diary, str(fields["grant"]), b64(advocate.fingerprint))
    identity_fields: Case = {"key": b64(key), "name": keeper.name} | keeper.public_key_members()

    def sealed(grant: Case, statements: object) -> str:
        plaintext = canonical_json(
            {"grant": grant} | identity_fields | ({"earlier": statements} if statements is not None else {})
        )
        random_values = {
            name: fixed_bytes(f"succeeded {name}", size)
            for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
        }
        return b64(
            seal_envelope_to_person(
                advocate.hpke_pub, EnvelopeKind.GRANT, place, pad_version(plaintext), **random_values
            )
        )

    def signed(statements: list[Case]) -> str:
        return sealed(grants.sign_grant(newest, fields | earlier_keys.earlier_keys_binding(statements)), statements)

    grant_without_binding = grants.sign_grant(newest, fields)
    # Anyone can sign a statement that names the keeper's key as their next one; the keeper's key must confirm it.
    claimed = key_replacement(stranger, newest.pub, diary, 3, 9)
    signed_as = {"c": b64(fixed_bytes("c", 32)), "diary": diary} | {
        name: b64(fixed_bytes(name, 16)) for name in ("record", "version")
    }
    message = version_signing_input(**signed_as)
    counts = [(first, 4, True), (first, 5, False), (second, 9, True), (second, 10, False), (newest, 10, True)]
    return {
        "said": grant_with_binding,
        "earlier": earlier,
        "envelope": sealed(grant_with_binding, earlier),
        "authors": [
            {"pub": b64(first.pub), "seq": 4}, {"pub": b64(second.pub), "seq": 9}, {"pub": b64(newest.pub), "seq": None},
        ],
        "signed": signed_as,
        "counts": [
            {"by": b64(signing_key.pub), "sig": b64(signing_key.sign(message)), "seq": seq, "holds": holds}
            for signing_key, seq, holds in [*counts, (stranger, 1, False)]
        ],
        "refused": [
            BAD_SIGNATURE | {"name": "none of those signed", "envelope": sealed(grant_with_binding, None)},
            BAD_SIGNATURE | {"name": "one of those signed", "envelope": sealed(grant_with_binding, earlier[1:])},
            BAD_SIGNATURE | {"name": "a stranger's, not signed", "envelope": sealed(grant_without_binding, [claimed])},
            BAD_SIGNATURE
            | {"name": "a stranger's, in the place of those signed", "envelope": sealed(grant_with_binding, [claimed])},
            BAD_SIGNATURE | {"name": "do not lead to the key", "envelope": signed(earlier[:1])},
            BAD_SIGNATURE | {"name": "the other way round", "envelope": signed(earlier[::-1])},
            BAD_SIGNATURE
            | {
                "name": "of another diary",
                "envelope": signed([key_replacement(second, newest.pub, b64(fixed_bytes("case", 16)), 3, 9)]),
            },
            BAD_SIGNATURE | {"name": "later than the key said", "envelope": signed([earlier[0], earlier[1] | {"seq": 10}])},
            BAD_SIGNATURE | {"name": "no statement", "envelope": signed([{"old": b64(stranger.pub)}])},
            {"code": "not_opened", "name": "an empty list", "envelope": sealed(grant_without_binding, [])},
            {"code": "not_opened", "name": "no list", "envelope": sealed(grant_with_binding, "x")},
        ],
    }  # fmt: skip


def key_replacement(old: AuthorSigner, new: bytes, diary: str, epoch: int, seq: int) -> Case:
    """Return the statement by which one key names the next."""
    statement: Case = {
        "account": b64(fixed_bytes("account", 16)), "beacon": None, "diary": diary, "ecdsa_pub": b64(new), "epoch": epoch,
        "head": b64(fixed_bytes(f"head {seq}", 32)), "hpke_pub": b64(public_point(fixed_bytes("hpke between", 32))), "seq": seq,
        "ts": 1_790_000_000_000 + seq,
    }  # fmt: skip
    return rekeying.sign_statement(old, statement)
