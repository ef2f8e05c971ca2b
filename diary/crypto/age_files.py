"""Encryption in the age format (age-encryption.org/v1), to a public key or under a passphrase.

The programs age and rage open the same files, so a backup can be read without this program.
"""

import pyrage
from pyrage import passphrase as age_passphrase
from pyrage import x25519

from diary.errors import BadSetting, SealError


def generate_key(passphrase: str) -> tuple[bytes, str]:
    """Return a new private key as an age file under `passphrase`, and its public key as text, "age1…"."""
    identity = x25519.Identity.generate()
    return age_passphrase.encrypt(f"{identity}\n".encode("ascii"), passphrase), str(identity.to_public())


def unlock_key(key_file: bytes, passphrase: str) -> str:
    """Return the private key in an age file as text. Raise SealError for a wrong passphrase or a damaged file."""
    try:
        text: str = age_passphrase.decrypt(key_file, passphrase).decode("ascii").strip()
        x25519.Identity.from_str(text)
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise SealError from None
    return text


def check_public_key(public_key: str) -> None:
    """Raise BadSetting unless `public_key` is an age public key."""
    try:
        x25519.Recipient.from_str(public_key)
    except pyrage.RecipientError:
        raise BadSetting("That is not a public backup key. It is one line that begins with age1.") from None


def encrypt(raw: bytes, public_key: str) -> bytes:
    """Return `raw` as an age file for the owner of `public_key`: a few hundred bytes more than `raw`."""
    return bytes(pyrage.encrypt(raw, [x25519.Recipient.from_str(public_key)]))


def decrypt(sealed: bytes, private_key: str) -> bytes:
    """Return the content of an age file. Raise SealError if it is damaged or for another key."""
    try:
        return bytes(pyrage.decrypt(sealed, [x25519.Identity.from_str(private_key)]))
    except pyrage.DecryptError:
        raise SealError from None
