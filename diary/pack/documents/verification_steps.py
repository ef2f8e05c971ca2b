"""Verification of a pack step by step, as document 10 prints it.

In a portal set 15_VERIFY.txt is inside a zip, while 10 is a file of its own. So 10 repeats most commands of
15_VERIFY.txt.
"""

from collections.abc import Iterator

from diary.pack.bag.manifest import MANIFEST_FILENAME
from diary.pack.contents import PackContents
from diary.pack.documents.shell_commands import POWERSHELL_LIST, POWERSHELL_RESULT, list_commands

VerificationStep = tuple[str, str, tuple[str, ...]]


def verification_steps(contents: PackContents) -> Iterator[VerificationStep]:
    """Yield title, meaning and commands of each check, for a pack in its folder."""
    folder = contents.capsule.metadata.folder
    yield (
        "Nothing was changed, added or lost since the pack was made",
        "manifest-sha256.txt lists the SHA-256 of every file under data. Each digest is the listed one. pack-statement.json "
        "signs the lists with the key of this diary or of the preparer; the page /verify and the program check it.",
        (
            f'certutil -hashfile "{folder}\\data\\servable\\01_chronology.pdf" SHA256',
            *(
                line
                for system, lines in list_commands(folder).items()
                for line in (f"# {system}, in the folder that holds {folder}", *lines)
            ),
        ),
    )
    yield (
        "Each exhibit is the file that was received",
        "The SHA-256 over the file, in its sidecar (14), in 03 and in the manifest is one and the same.",
        (),
    )
    log = contents.capsule.log
    names = (
        (checkpoint.stem, f"{checkpoint.stem}.{timestamp.authority}")
        for checkpoint, timestamp in log.timestamped_checkpoints
    )
    commands = tuple(f"openssl ts -verify -data {stem}.txt -in {name}.tsr -CAfile {name}.pem" for stem, name in names)
    yield (
        "When it existed at the latest",
        "In the folder proof; it says “Verification: OK”. Get the authority’s root from the authority before relying on it."
        if commands
        else "There is no timestamp by an outside authority in this pack; 15_VERIFY.txt says why.",
        commands,
    )
    keys = contents.capsule.keys
    if contents.capsule.is_received:
        yield (
            "Whose keys these are",
            f"SHA-256 of the server’s notary key: {keys['log']}. Compare it with the one on the server’s public pages.",
            (),
        )


def portal_steps() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the checks of a pack that was received as single files (a portal set): description and commands."""
    yield (
        f"{MANIFEST_FILENAME} lists every other file that came with it, but for its signature in pack-statement.json",
        (f"sha256sum -c {MANIFEST_FILENAME}",),
    )
    yield "One file on Windows, compared with its line", ('certutil -hashfile "01_chronology.pdf" SHA256',)
    yield "All of them in PowerShell", (*POWERSHELL_LIST, POWERSHELL_RESULT)
    yield "Files as received, sidecars and proofs: in the zips that begin with 13_part. Unpack all into one folder", ()
