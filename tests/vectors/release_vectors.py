"""release.json: a release's signed list, byte for byte, and invalid lists."""

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json
from diary.ledger import releases
from diary.ledger.signed_objects import sign_object
from tests.vectors.reference import fixed_bytes

Case = dict[str, object]
RELEASE_KEY, OTHER_KEY = (
    Ed25519Signer(fixed_bytes("release seed", 32)),
    Ed25519Signer(fixed_bytes("another release seed", 32)),
)


def release_vectors() -> Case:
    """Return release.json."""
    sha = {name: fixed_bytes(name, 32).hex() for name in ("shell", "main", "named", "worker", "release")}
    files = {"/": sha["shell"], "/static/js/main.js": sha["main"], "/static/lang/اردو.js": sha["named"]}
    release_text = releases.sign_release(RELEASE_KEY, digest=sha["release"], files=files, worker=sha["worker"])
    text = release_text.decode()
    list_fields: Case = {
        "digest": sha["release"],
        "files": [["/", sha["shell"]]],
        "t": "release/v1",
        "worker": sha["worker"],
    }

    def signed(fields: Case) -> str:
        return canonical_json(sign_object(RELEASE_KEY, fields)).decode() + "\n"

    refused = {
        "a digest changed": text.replace(sha["main"], "0" * 64),
        "an address changed": text.replace("main.js", "mein.js"),
        "a file left out": text.replace(f',["/static/js/main.js","{sha["main"]}"]', ""),
        "a file added": text.replace('"files":[', f'"files":[["/static/more.js","{sha["main"]}"],'),
        "the worker changed": text.replace(sha["worker"], "0" * 64),
        "another key": releases.sign_release(
            OTHER_KEY, digest=sha["release"], files=files, worker=sha["worker"]
        ).decode(),
        "no signature": canonical_json(list_fields).decode() + "\n",
        "two signatures": text.replace('"t":', '"sig":"' + "A" * 86 + '","t":'),
        "spaces": text.replace('","', '", "'),
        "something more, signed": signed(list_fields | {"more": 1}),
        "something less, signed": signed({name: value for name, value in list_fields.items() if name != "worker"}),
        "of another kind, signed": signed(list_fields | {"t": "rcpt/v1"}),
        "an address twice, signed": signed(list_fields | {"files": [["/", sha["shell"]], ["/", sha["main"]]]}),
        "nothing": "",
    }
    return {
        "about": "What a release serves, signed off line. `text` is the file; `files` what it lists.",
        "key": b64(RELEASE_KEY.pub),
        "text": text,
        "files": [[path, content] for path, content in sorted(files.items())],
        "worker": sha["worker"],
        "refused": [{"name": name, "text": content} for name, content in refused.items()],
    }
