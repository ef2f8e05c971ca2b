"""release.json: a release's signed list, byte for byte, and lists that do not hold."""

from diary.crypto.signing import Notary
from diary.encoding import b64, canon
from diary.ledger import releases
from diary.ledger.signed_objects import sign
from tests.vectors.reference import fixed

Case = dict[str, object]
KEY, OTHER = Notary(fixed("release seed", 32)), Notary(fixed("another release seed", 32))


def made_release() -> Case:
    """release.json."""
    sha = {name: fixed(name, 32).hex() for name in ("shell", "main", "named", "worker", "release")}
    files = {"/": sha["shell"], "/static/js/main.js": sha["main"], "/static/lang/اردو.js": sha["named"]}
    made = releases.make(KEY, digest=sha["release"], files=files, worker=sha["worker"])
    text = made.decode()
    told = {"digest": sha["release"], "files": [["/", sha["shell"]]], "t": "release/v1", "worker": sha["worker"]}

    def signed(fields: Case) -> str:
        return canon(sign(KEY, fields)).decode() + "\n"

    refused = {
        "a digest changed": text.replace(sha["main"], "0" * 64),
        "an address changed": text.replace("main.js", "mein.js"),
        "a file left out": text.replace(f',["/static/js/main.js","{sha["main"]}"]', ""),
        "a file added": text.replace('"files":[', f'"files":[["/static/more.js","{sha["main"]}"],'),
        "the worker changed": text.replace(sha["worker"], "0" * 64),
        "another key": releases.make(OTHER, digest=sha["release"], files=files, worker=sha["worker"]).decode(),
        "no signature": canon(told).decode() + "\n",
        "two signatures": text.replace('"t":', '"sig":"' + "A" * 86 + '","t":'),
        "spaces": text.replace('","', '", "'),
        "something more, signed": signed(told | {"more": 1}),
        "something less, signed": signed({name: value for name, value in told.items() if name != "worker"}),
        "of another kind, signed": signed(told | {"t": "rcpt/v1"}),
        "an address twice, signed": signed(told | {"files": [["/", sha["shell"]], ["/", sha["main"]]]}),
        "nothing": "",
    }
    return {
        "about": "What a release serves, signed off line. `text` is the file; `files` what it lists.",
        "key": b64(KEY.pub),
        "text": text,
        "files": [[path, one] for path, one in sorted(files.items())],
        "worker": sha["worker"],
        "refused": [{"name": name, "text": one} for name, one in refused.items()],
    }
