"""Imports point down, the server cannot import code for a diary's text, and dangerous names have one module.

docs/architecture.md shows the ranks. Every import counts, including lazy ones inside functions, type-only ones under
TYPE_CHECKING, and JSDoc `import(...)` types, because cycles hide in exactly those.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# --- Python -----------------------------------------------------------------------------------------

# Allowed imports between parts of diary/. Parts of rank 1 are open to all parts above.
FOUNDATION = {"errors", "clock", "ids", "encoding", "config", "isolation", "paths", "constants", "progress"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "constants": set(),
    "progress": set(),
    "clock": {"errors"},
    "ids": {"errors", "encoding"},
    "encoding": {"errors", "constants"},
    "paths": {"errors"},
    "isolation": {"errors", "paths"},
    "config": {"errors", "ids", "encoding", "paths", "constants"},
    "crypto": FOUNDATION,
    "record": FOUNDATION,
    "ledger": FOUNDATION | {"crypto"},
    "storage": FOUNDATION | {"ledger"},
    "pack": FOUNDATION | {"crypto", "record", "ledger"},
    "services": FOUNDATION | {"crypto", "ledger", "storage"},
    "web": FOUNDATION | {"services"},
    "app": FOUNDATION | {"crypto", "ledger", "storage", "services", "web"},
    "client": FOUNDATION | {"crypto", "record", "ledger", "pack"},
    "samples": FOUNDATION | {"crypto", "record", "ledger", "pack", "client"},
    # In cli/ each module is a part of its own: the imports of each command are argued separately.
    "cli": set(),
    "cli.main": FOUNDATION
    | {"crypto", "record", "ledger", "pack", "storage", "services", "web", "app", "client", "samples"}
    | {
        f"cli.{one}"
        for one in (
            "account_administration accounts backup_folders backups command_group doctor installation log pack public_pages"
            " release settings status"
            " storage verify"
        ).split()
    },
    "cli.command_group": set(),
    "cli.settings": FOUNDATION,
    "cli.installation": FOUNDATION,
    "cli.account_administration": FOUNDATION | {"services", "app", "client", "cli.accounts", "cli.command_group"},
    "cli.accounts": FOUNDATION | {"services", "app", "cli.command_group"},
    "cli.backup_folders": FOUNDATION | {"services", "cli.command_group"},
    "cli.backups": FOUNDATION | {"services", "app", "client", "cli.log"},
    "cli.doctor": FOUNDATION | {"services", "web", "client"},
    "cli.status": FOUNDATION | {"storage", "services", "client", "cli.doctor"},
    "cli.log": FOUNDATION | {"crypto", "ledger", "storage", "services", "client", "cli.command_group"},
    "cli.pack": FOUNDATION | {"crypto", "pack", "web", "client"},
    "cli.public_pages": FOUNDATION | {"web", "samples", "cli.command_group"},
    "cli.release": FOUNDATION | {"ledger", "crypto", "web", "client", "cli.command_group"},
    "cli.verify": FOUNDATION | {"ledger", "pack", "cli.log", "cli.pack"},
    "cli.storage": FOUNDATION | {"storage", "services", "app"},
    "__main__": {"cli.main"},
}
SERVER_PARTS = ("storage", "services", "web", "app")
PLAINTEXT_PARTS = ("record", "pack", "client", "samples", "cli")
# Folders inside a part that also import downwards only. Modules beside the folders have no rank.
INNER_RANK: dict[str, dict[str, int]] = {
    "pack": {"sandbox": 1, "capsule": 1, "tables": 1, "bag": 2, "proofs": 2, "documents": 3, "browser": 4, "verify": 4},
    "services": {"accounts": 1, "log": 1, "operations": 2, "sync": 2, "packs": 3, "sharing": 3},
    "storage": {
        "models": 1,
        "hot": 1,
        "control": 1,
        "bulk": 1,
        "migrations": 2,
        "sqlite": 2,
        "postgres": 2,
        "log": 2,
        "accounts": 2,
        "sync": 3,
        "sharing": 4,
        "account_changes": 5,
    },
}
# Third-party packages that only one module or package may import.
SINGLE_IMPORTERS: dict[str, tuple[str, ...]] = {
    "cryptography": ("diary.crypto", "diary.ledger.certificate_paths", "diary.ledger.timestamps"),
    "pyrage": ("diary.crypto.age_files",),
    "rfc3161_client": ("diary.ledger.timestamps",),
    "typst": ("diary.pack",),
    "PIL": ("diary.pack", "diary.client.attachments", "diary.samples"),
    "pillow_heif": ("diary.pack", "diary.samples"),
    "sqlite3": ("diary.storage",),
    "aiosqlite": ("diary.storage",),
    "asyncpg": ("diary.storage",),
    "tortoise": ("diary.storage",),
    "obstore": ("diary.storage",),
    "starlette": ("diary.web", "diary.app"),
    "jinja2": ("diary.web",),
    "redis": ("diary.services",),
    "limits": ("diary.web", "diary.services", "diary.app"),
    "prometheus_client": ("diary.services.operations.metrics",),
    "uvicorn": ("diary.cli.main", "diary.web.protocol", "diary.web.metrics_server"),
    "click": ("diary.cli",),
    "rich": ("diary.cli.main",),
    "httpx": ("diary.client", "diary.services.log.timestamping", "diary.services.log.cosigning"),
}
# Alternatives to an import statement, which the graph below would not see.
DYNAMIC_IMPORTS = {"__import__", "import_module"}


def module_name(path: Path, root: Path) -> str:
    """Return the module's name: diary/pack/build.py -> diary.pack.build. A package has its folder's name."""
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_sources(root: Path = PROJECT_ROOT) -> dict[str, str]:
    """Return every module of diary/ by name."""
    return {module_name(p, root): p.read_text() for p in sorted((root / "diary").rglob("*.py"))}


def imports_of(name: str, source: str, modules: Iterable[str]) -> Iterator[str]:
    """Return the dotted names that `source` imports, as precisely as possible."""
    known_modules = set(modules)
    is_package = any(module.startswith(name + ".") for module in known_modules) or "." not in name
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                kept_parts = len(parts) - node.level + (1 if is_package else 0)
                base = ".".join([*parts[:kept_parts], *([node.module] if node.module else [])])
            for alias in node.names:
                full_name = f"{base}.{alias.name}"
                yield full_name if full_name in known_modules else base
        elif isinstance(node, ast.Call):
            callee = node.func
            if getattr(callee, "id", getattr(callee, "attr", None)) in DYNAMIC_IMPORTS:
                yield "dynamic import"


def part_of(name: str) -> str:
    """Return the part: diary.pack.build -> pack; diary.cli.pack -> cli.pack; diary itself -> ''."""
    parts = name.split(".")[1:] if name.startswith("diary.") else [""]
    return ".".join(parts[:2] if parts[0] == "cli" else parts[:1])


def inner_folder_fault(name: str, target: str) -> str | None:
    """Return the fault in an import between inner folders, or None."""
    importer_parts, target_parts = name.split("."), target.split(".")
    ranks = (
        INNER_RANK.get(importer_parts[1], {})
        if len(importer_parts) > 3 and len(target_parts) > 2 and importer_parts[1] == target_parts[1]
        else {}
    )
    rank, target_rank = ranks.get(importer_parts[2]) if ranks else None, ranks.get(target_parts[2]) if ranks else None
    if rank is None or target_rank is None or importer_parts[2] == target_parts[2] or target_rank < rank:
        return None
    return f"{name}: {importer_parts[1]}/{importer_parts[2]} must not import {target}"


def unranked_folders(names: Iterable[str]) -> set[str]:
    """Return folders inside the parts of INNER_RANK that have no rank."""
    folders = {tuple(name.split(".")[1:3]) for name in names if name.count(".") > 2}
    return {f"{part}/{folder}" for part, folder in folders if part in INNER_RANK and folder not in INNER_RANK[part]}


def is_inside_any(name: str, modules: tuple[str, ...]) -> bool:
    """Check whether a module is one of `modules`, or below one."""
    return any(name == home or name.startswith(home + ".") for home in modules)


def import_faults(sources: dict[str, str]) -> list[str]:
    """Return every import in `sources` that breaks a rank, a single importer or the plaintext rule."""
    faults = []
    graph: dict[str, set[str]] = {}
    for name, source in sources.items():
        graph[name] = set()
        part = part_of(name)
        if part and part not in MAY_IMPORT:
            faults.append(f"{name}: {part} has no rank; give it one in tests/test_layers.py and the architecture")
            continue
        for target in imports_of(name, source, sources):
            top = target.split(".")[0]
            if target == "dynamic import":
                faults.append(f"{name}: imports by a call, which no test can follow")
            elif top == "diary":
                graph[name].add(target)
                other = part_of(target)
                if other and other != part and other not in MAY_IMPORT.get(part, set()):
                    faults.append(f"{name}: {part or 'diary'} must not import {target}")
                inner = inner_folder_fault(name, target)
                if inner:
                    faults.append(inner)
            elif top in SINGLE_IMPORTERS and not is_inside_any(name, SINGLE_IMPORTERS[top]):
                faults.append(f"{name}: {top} is imported only by {', '.join(SINGLE_IMPORTERS[top])}")
    return faults + plaintext_reachability_faults(graph)


def plaintext_reachability_faults(graph: dict[str, set[str]]) -> list[str]:
    """Return server modules from which plaintext code can be reached, with the path."""
    faults = []
    for start in sorted(name for name in graph if part_of(name) in SERVER_PARTS):
        path_by_module: dict[str, tuple[str, ...]] = {start: (start,)}
        pending = [start]
        while pending:
            module = pending.pop()
            # Importing a.b.c runs a and a.b too.
            parents = {module.rsplit(".", name)[0] for name in range(1, module.count("."))}
            for target in sorted(graph.get(module, set()) | parents):
                if target in path_by_module:
                    continue
                path_by_module[target] = (*path_by_module[module], target)
                if part_of(target).split(".")[0] in PLAINTEXT_PARTS:
                    faults.append(f"blindness: {' > '.join(path_by_module[target])}")
                elif target in graph:
                    pending.append(target)
    return faults


def test_python_imports_point_down() -> None:
    """No module of diary/ imports upward, sideways, or a package reserved for another."""
    sources = python_sources()
    assert import_faults(sources) == []
    assert unranked_folders(sources) == set()


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ({"diary.crypto.kdf": "from diary.ledger import lines", "diary.ledger.lines": ""}, "must not import"),
        ({"diary.record.a": "def f():\n    import diary.crypto", "diary.crypto": ""}, "must not import"),
        ({"diary.web.views": "if 0:\n    from ..record import times", "diary.record.times": ""}, "must not import"),
        ({"diary.ledger.a": "from diary.services import x", "diary.services.x": ""}, "must not import"),
        ({"diary.services.keys": "from cryptography import x509"}, "cryptography is imported only by"),
        ({"diary.services.keys": "import importlib\nimportlib.import_module('diary.pack')"}, "by a call"),
        ({"diary.novelty.a": ""}, "has no rank"),
        ({"diary.cli.novelty": ""}, "has no rank"),
        ({"diary.cli.accounts": "from diary.pack import build", "diary.pack.build": ""}, "must not import"),
        ({"diary.cli.log": "from diary.cli.pack import pack", "diary.cli.pack": ""}, "must not import"),
        ({"diary.client.a": "from diary.samples import demo", "diary.samples.demo": ""}, "client must not import"),
        ({"diary.pack.bag.a": "import diary.pack.verify.findings"}, "pack/bag must not import"),
        ({"diary.pack.bag.a": "from diary.pack import verify", "diary.pack.verify": ""}, "pack/bag must not import"),
        ({"diary.services.log.a": "from diary.services.accounts.pepper import b"}, "services/log must not import"),
    ],
)
def test_python_checker_sees_a_planted_fault(sources: dict[str, str], says: str) -> None:
    """Each kind of forbidden import is found."""
    assert any(says in fault for fault in import_faults(sources))


@pytest.mark.parametrize(
    "planted", ["diary.samples.demo", "diary.cli.pack", "diary.record.times", "diary.pack.verify.findings"]
)
def test_planted_plaintext_is_found_in_the_server(planted: str) -> None:
    """An import of plaintext code in the deepest folder of the server is found."""
    sources = python_sources()
    sources["diary.services.sync.versions"] += f"\ndef planted():\n    import {planted}\n"
    faults = [one for one in import_faults(sources) if one.startswith("blindness:")]
    assert f"blindness: diary.services.sync.versions > {planted}" in faults
    assert any(one.startswith("blindness: diary.app > ") for one in faults)


def test_an_inner_folder_without_a_rank_is_found() -> None:
    """A new folder in pack/, services/ or storage/ needs a rank; modules beside the folders and other parts need none."""
    names = ["diary.pack.novelty.a", "diary.pack.build", "diary.services.sync.a", "diary.crypto.novelty.a"]
    assert unranked_folders(names) == {"pack/novelty"}


def test_the_server_cannot_reach_plaintext_indirectly() -> None:
    """A server module that reaches plaintext through another one is found, package inits included."""
    graph = {
        "diary.services.sync": {"diary.ledger.push"},
        "diary.ledger": {"diary.record.times"},
        "diary.ledger.push": set(),
    }
    assert plaintext_reachability_faults(graph) == [
        "blindness: diary.services.sync > diary.ledger.push > diary.ledger > diary.record.times"
    ]


# --- The browser -------------------------------------------------------------------------------------

SCRIPT_SOURCES = PROJECT_ROOT / "static" / "src"
# From the bottom up. A part may import lower ranks, and anything of its own part.
JS_RANK = {
    "core": 1,
    "crypto": 2,
    "record": 2,
    "imports": 3,
    "ledger": 3,
    "media": 3,
    "store": 4,
    "pack": 4,
    "net": 5,
    "verify": 5,
    "diary": 6,
    "shell": 7,
    "components": 8,
    "features": 9,
    "desk": 10,
    "front": 10,
    "app": 10,
    "main": 11,
    "word_keys": 11,
}
JS_BLIND_PARTS = ("store", "net")
JS_VENDOR_IMPORTERS = {
    "lit-html": ("shell",),
    "idb": ("store",),
    "hash-wasm": ("crypto",),
    "noble-hashes": ("crypto",),
    "hpke-core": ("crypto",),
    "hpke-common": (),
    "fflate": ("imports",),
    "postal-mime": ("imports",),
    "uqr": ("core",),
    "words-en.js": ("crypto",),
}
JS_IMPORT = re.compile(
    r"""(?:\bimport\s*\(\s*|^[ \t]*import\s+|^[ \t]*(?:im|ex)port\b[^;'"]*?\bfrom\s*)(['"])([^'"\n]+)\1""",
    re.MULTILINE,
)
# A name, the parts of static/src that may use it, and why. "sw" is static/src/sw.ts, a classic script without imports:
# it fetches, and compares the files with the digests in it.
JS_RESTRICTED_NAMES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (r"crypto\s*\.\s*subtle|\bsubtle\b\s*\}\s*=", ("crypto", "sw"), "WebCrypto has one home"),
    (r"\bindexedDB\b|\bIDBKeyRange\b", ("store",), "the database has one home"),
    (r"(?<![.\w])fetch\s*\(|\b(?:globalThis|window|self)\s*\.\s*fetch\b", ("net", "sw"), "the network has one home"),
    (r"\bXMLHttpRequest\b|\bWebSocket\b|\bEventSource\b", (), "the network is fetch"),
    (r"\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bsrcdoc\b", (), "markup comes from lit-html"),
    (r"\bdocument\s*\.\s*write\b", (), "markup comes from lit-html"),
    (r"\beval\s*\(|\bnew\s+Function\b|\bimportScripts\b", (), "no code from text"),
    (r"\bSpeechRecognition\b|\bwebkitSpeechRecognition\b", (), "dictation sends sound away"),
    (r"\bNotification\b|\bshowNotification\b|\bPushManager\b|\bpushManager\b", (), "a notification can be seen"),
    (
        r"\bnavigator\s*\.\s*credentials\b|\bPublicKeyCredential\b",
        (),
        "a finger or a passkey is not the keeper's alone",
    ),
    (r"\bsendBeacon\b|\bgeolocation\b", (), "nothing is sent or located behind the keeper's back"),
    (r"\blocalStorage\b|\bsessionStorage\b|\bdocument\s*\.\s*cookie\b", (), "nothing lies outside the sealed store"),
    (r"\bconsole\s*\.", (), "a console line outlives the lock"),
)
# Strings are kept, comments removed; strings match first so that '//' inside one is not a comment.
JS_TOKEN = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(//[^\n]*|/\*.*?\*/)""", re.DOTALL
)


def without_comments(source: str) -> str:
    """Return JavaScript with each comment replaced by a space."""
    return JS_TOKEN.sub(lambda m: m.group(1) or " ", source)


def js_part(path: str) -> str:
    """Return the part: static/src/net/sync.ts -> net; static/src/main.ts -> main; static/src/sw.ts -> sw."""
    parts = path.removeprefix("static/src/").split("/")
    return parts[0].partition(".")[0] if len(parts) == 1 else parts[0]


def feature_of(path: str) -> str:
    """Return the feature: static/src/features/share/view.ts -> share."""
    return path.removeprefix("static/src/features/").split("/")[0]


def js_sources(root: Path = PROJECT_ROOT) -> dict[str, str]:
    """Return every script of the project by its path in the checkout."""
    return {p.relative_to(root).as_posix(): p.read_text() for p in sorted((root / "static" / "src").rglob("*.ts"))}


def js_target(path: str, specifier: str) -> str | None:
    """Return the path of a relative specifier, or None for any other kind."""
    if not specifier.startswith(("./", "../")):
        return None
    parts = path.split("/")[:-1]
    for step in specifier.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def js_rank_fault(path: str, target: str) -> str | None:
    """Return the fault in one module's import of another, or None."""
    part, target_part = js_part(path), js_part(target)
    if target_part not in JS_RANK:
        return f"{path}: {target_part} has no rank"
    if target_part != part and JS_RANK[target_part] >= JS_RANK.get(part, 0):
        return f"{path}: {part} must not import {target}"
    if part == target_part == "features" and feature_of(path) != feature_of(target):
        return f"{path}: a feature must not import another: {target}"
    if part in JS_BLIND_PARTS and target_part == "record":
        return f"{path}: blindness: {part} must not import {target}"
    return None


def js_import_faults(path: str, source: str) -> Iterator[str]:
    """Return imports of one script that break a rank, the plaintext rule or a vendored library's home."""
    part = js_part(path)
    for _, specifier in JS_IMPORT.findall(source):
        target = js_target(path, specifier)
        if target is None:
            yield f"{path}: {specifier} is not a relative path, which workers cannot resolve"
        elif target.startswith("static/vendor/"):
            library = target.split("/")[2]
            if part not in JS_VENDOR_IMPORTERS.get(library, ()):
                yield f"{path}: {library} is not for {part}"
        elif target.startswith("static/src/"):
            fault = js_rank_fault(path, target)
            if fault:
                yield fault
        elif not (target.startswith("static/lang/") and path == "static/src/shell/language.ts"):
            yield f"{path}: imports {target}, outside static/src and static/vendor"


def js_faults(sources: dict[str, str]) -> list[str]:
    """Return every forbidden import and name in `sources`."""
    faults = []
    for path, source in sources.items():
        part = js_part(path)
        if part not in JS_RANK and part != "sw":
            faults.append(f"{path}: {part} has no rank; give it one in tests/test_layers.py and the architecture")
        faults.extend(js_import_faults(path, source))
        source_without_comments = without_comments(source)
        for pattern, allowed_parts, reason in JS_RESTRICTED_NAMES:
            match = re.search(pattern, source_without_comments)
            if match and part not in allowed_parts:
                faults.append(f"{path}: {match.group().strip()}: {reason}")
    return faults


def test_javascript_imports_point_down_and_restricted_names_stay_home() -> None:
    """No script imports upward, or uses a name reserved for another part."""
    assert js_faults(js_sources()) == []


@pytest.mark.parametrize(
    ("path", "source", "says"),
    [
        ("static/src/net/sync.ts", "import { order } from '../record/times.js';", "blindness"),
        ("static/src/store/a.ts", "import type { T } from '../record/times.js';", "blindness"),
        ("static/src/crypto/a.ts", "export { a } from '../ledger/lines.js';", "must not import"),
        ("static/src/core/a.ts", "const m = await import('../shell/app.js');", "must not import"),
        ("static/src/shell/a.ts", "import { x } from '../components/parts.js';", "must not import"),
        ("static/src/features/add/a.ts", "import { x } from '../share/view.js';", "a feature must not import another"),
        (
            "static/src/features/add/a.ts",
            "import type { X } from '../share/view.js';",
            "a feature must not import another",
        ),
        ("static/src/shell/a.ts", "import { html } from 'lit-html';", "not a relative path"),
        ("static/src/net/a.ts", "import {\n  a,\n  b,\n} from '../record/times.js';", "blindness"),
        ("static/src/net/a.ts", "export type { T } from '../record/times.js';", "blindness"),
        ("static/src/net/a.ts", "let a: import('../record/times.js').T;", "blindness"),
        ("static/src/net/a.ts", "import '../record/times.js';", "blindness"),
        ("static/src/shell/a.ts", "import { openDB } from '../../vendor/idb/index.js';", "idb is not for shell"),
        ("static/src/shell/a.ts", "const r = await fetch('/v1/server');", "the network"),
        ("static/src/shell/a.ts", "el.innerHTML = text;", "markup"),
        ("static/src/net/a.ts", "globalThis.crypto.subtle.digest('SHA-256', b);", "WebCrypto"),
        ("static/src/net/a.ts", "indexedDB.open('n');", "the database"),
        ("static/src/sw.ts", "self.registration.showNotification('x');", "can be seen"),
        ("static/src/shell/a.ts", "await navigator.credentials.get({ publicKey });", "passkey"),
        ("static/src/shell/a.ts", "navigator['geolocation']", "behind"),
        ("static/src/novelty/a.ts", "", "has no rank"),
    ],
)
def test_javascript_checker_sees_a_planted_fault(path: str, source: str, says: str) -> None:
    """Each kind of forbidden import and name is found."""
    assert any(says in fault for fault in js_faults({path: source}))


def test_javascript_comments_may_name_what_code_may_not() -> None:
    """A comment that explains why a name is not used is allowed."""
    source = "// fetch( is net's; innerHTML is nobody's\n/* console. */ const a = 'https://x';\nthis.fetch();"
    assert js_faults({"static/src/shell/a.ts": source}) == []
