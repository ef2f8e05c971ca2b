"""Key derivation from words: vectors, the policy, and refused parameters."""

from typing import Any

import pytest

from diary.crypto import kdf
from diary.errors import KdfPolicyViolation, KdfSelfTestFailed
from tests.vectors.load_vectors import load_vectors

VECTORS = load_vectors("kdf.json")
POLICIES = {"tests": kdf.TEST_POLICY, "product": kdf.PRODUCTION_POLICY}


@pytest.mark.parametrize("case", VECTORS["derivations"], ids=[case["name"] for case in VECTORS["derivations"]])
def test_derivations_match_the_vectors(case: dict[str, Any]) -> None:
    """Salt, root, proof and key match each vector."""
    kdf_parameters = case["kdf"]
    root = kdf.derive_root(case["words"], kdf_parameters, POLICIES[case["policy"]])
    assert kdf.derive_salt(kdf_parameters).hex() == case["salt_eff"]
    assert root.hex() == case["root"]
    assert kdf.derive_sign_in_proof(root, kdf_parameters, kdf_parameters["origin"]).hex() == case["auth"]
    assert kdf.derive_words_kek(root, kdf_parameters).hex() == case["kek_words"]


def test_names_and_hosts_have_their_own_proofs() -> None:
    """The same words and salt give another proof for another name or origin."""
    proofs = {case["auth"] for case in VECTORS["derivations"] if case["words"] == VECTORS["derivations"][0]["words"]}
    typed_twice = 2
    assert len(proofs) == len(VECTORS["derivations"]) - typed_twice


@pytest.mark.parametrize("case", VECTORS["refused"], ids=[case["name"] for case in VECTORS["refused"]])
def test_a_downgrade_is_refused_before_anything_is_derived(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the minimum, above the maximum, below the highest seen, or malformed: refused before Argon2 runs."""
    monkeypatch.setattr(kdf, "argon2id", lambda *_: pytest.fail("something was derived"))
    policy = kdf.KdfPolicy(highest_cost=case["high"])
    with pytest.raises(KdfPolicyViolation) as caught:
        kdf.derive_root("cage candy arch gather drum buyer", case["kdf"], policy)
    assert caught.value.code == case["code"]


def test_the_policy_allows_the_listed_profiles() -> None:
    """The minimum, the maximum and the highest cost seen before are accepted."""
    for case in VECTORS["accepted"]:
        profile = kdf.KdfPolicy(highest_cost=case["high"]).check(case["kdf"])
        assert (profile.memory_kib, profile.passes) == (case["kdf"]["m"], case["kdf"]["t"])


def test_the_policy_remembers_the_highest_cost() -> None:
    """After a derivation the highest cost seen is the new minimum."""
    default = VECTORS["accepted"][2]["kdf"]
    policy = kdf.PRODUCTION_POLICY.with_cost_of(default)
    with pytest.raises(KdfPolicyViolation):
        policy.check(default | {"t": 2})
    assert policy.with_cost_of(default) == policy


def test_another_origin_gets_no_proof() -> None:
    """The proof is derived for the page's own origin only."""
    for case in VECTORS["auth_refused"]:
        with pytest.raises(KdfPolicyViolation):
            kdf.derive_sign_in_proof(bytes.fromhex(case["root"]), case["kdf"], case["origin"])


def test_recovery_code_and_stored_proof() -> None:
    """The keys of a recovery code and the stored form of a proof match the vectors."""
    code = VECTORS["code"]
    raw = bytes.fromhex(code["code"])
    assert kdf.derive_code_kek(raw).hex() == code["kek_code"]
    assert kdf.derive_code_proof(raw, code["login"]).hex() == code["code_auth"]
    stored = VECTORS["stored"]
    proof, salt, pepper = (bytes.fromhex(stored[name]) for name in ("proof", "salt", "pepper"))
    profile = kdf.KdfProfile(stored["m"], stored["t"])
    assert kdf.hash_proof(proof, salt=salt, pepper=pepper, profile=profile).hex() == stored["out"]
    assert kdf.hash_proof(proof, salt=salt, pepper=b"other", profile=profile).hex() != stored["out"]


def test_a_broken_argon2_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The known-answer test passes here, and a wrong answer raises KdfSelfTestFailed."""
    kat = VECTORS["kat"]
    assert kdf.KNOWN_ANSWER.hex() == kat["out"]
    kdf.self_test()
    monkeypatch.setattr(kdf, "argon2id", lambda *_: bytes(32))
    with pytest.raises(KdfSelfTestFailed):
        kdf.self_test()
