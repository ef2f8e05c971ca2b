"""Every screen in every state, on a fake app: axe, width, and one-touch leaving."""

import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jinja2
import pytest
from playwright.sync_api import Browser, Error, Page, expect

from diary.paths import STATIC, TEMPLATES
from tests.browser.advocate_screens import ADVOCATE_SCREENS
from tests.browser.handover_screens import HANDOVER_SCREENS
from tests.browser.navigators.accessibility import (
    AXE_SCRIPT,
    DESKTOP_SIZE,
    PHONE_SIZE,
    accessibility_faults,
    desktop_faults,
    overflow_faults,
)
from tests.browser.navigators.translations import translated_name
from tests.browser.notebook_screens import NOTEBOOK_SCREENS
from tests.browser.received_text_screens import HELPING_SCREENS
from tests.browser.screen_steps import (
    ENTRIES_ARRIVING,
    MADE_PACK_FIELDS,
    NO_DIARY,
    OPEN_DIARY,
    PACK_JOB_FIELDS,
    Step,
    fill,
    go_to_screen,
    js,
    look_at,
    press,
    set_form_values,
)

PROJECT_ROOT = STATIC.parent
FAKE_APP_PATH = "/tests/browser/fake_app.ts"
JOIN_SCRIPT = Path(__file__).with_name("join_fake.mjs")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
    "trusted-types app-url lit-html"
)


@cache
def joined_script(entry: str) -> Path:
    """Return the fake app with all its modules as one script, made again when a module has changed."""
    sources = [JOIN_SCRIPT, *sorted(JOIN_SCRIPT.parent.glob("fake_*.ts")), *sorted((STATIC / "js").rglob("*.js"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    cached_path = PROJECT_ROOT / "build" / "tests" / f"{Path(entry).stem}-{digest[:16]}.js"
    if not cached_path.exists():
        cached_path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cached_path.parent) as folder:
            new_path = Path(folder, cached_path.name)
            subprocess.run(
                ["node", JOIN_SCRIPT, PROJECT_ROOT / entry.lstrip("/"), new_path], cwd=PROJECT_ROOT, check=True
            )
            new_path.replace(cached_path)
    return cached_path


class FakeAppHandler(SimpleHTTPRequestHandler):
    """Serves the shell with the fake app in place of main.js, files as they are, and the policy on everything."""

    page_path, template = "/", "shell.html"
    script_replacements: tuple[tuple[str, str], ...] = (("/static/app/main.js", FAKE_APP_PATH),)
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".webmanifest": "application/manifest+json",
    }

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(PROJECT_ROOT))

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def end_headers(self) -> None:
        """Add the app's own policy to every response."""
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """Return the file for a request's path: for the fake app, the script with all its modules."""
        return (
            str(joined_script(path))
            if path in dict(self.script_replacements).values()
            else super().translate_path(path)
        )

    def do_GET(self) -> None:
        """Send the page at its path, or a file as it is."""
        if self.path == self.page_path:
            return self.send_text("text/html; charset=utf-8", self.page())
        return super().do_GET()

    def page(self) -> bytes:
        """Return the page with the fake app in place of main.js."""
        loader = jinja2.FileSystemLoader(TEMPLATES)
        environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=True)
        html = environment.get_template(self.template).render()
        for original, replacement in self.script_replacements:
            html = html.replace(original, replacement)
        return html.encode()

    def send_text(self, content_type: str, body: bytes) -> None:
        """Send a response of this type."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve_fake_app(handler: type[FakeAppHandler]) -> Iterator[str]:
    """Serve the fake app; yield the address of its page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{handler.page_path}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the fake app. Return its address."""
    with serve_fake_app(FakeAppHandler) as url:
        yield url


RECORDS_LISTED = js(
    "fake.open(24); fake.listed = {person: ['Callum', 'Priya whose name is long for a chip', 'Sam']"
    ".map((name, i) => ({record: `p${i}`, fields: {name}, taken_out: null})), "
    "order: [{record: 'o1', fields: {kind_text: 'Restraining order', "
    "served_on: '2020-01-01', terms: [{no: 1, text: 'Not to contact her, directly or through others.'}]}, "
    "taken_out: null}]}"
)
SIGN_INS_AND_MORE = (
    "fake.open(5, {update: true, account: {login: 'x', registered: true, recovery: 'later', trouble: null, "
    "sign_ins: ['ordinary', 'borrowed'].map((kind) => ({at: Date.now(), device_name: 'Pixel 7', kind, "
    "signed_out: false, what: 'signed_in'}))}})"
)
WAITING_ERASURE = "{record: 'r0', asked_at: Date.now(), due_at: Date.now() + 6e8, here: true}"
MISSING_FILE = "[{attachment: 'a1', name: 'IMG_0412.HEIC', at: Date.now()}]"
CONFLICTING_VERSIONS = (
    "[['He waited until nine.', ['calls'], true], ['He waited until ten.', ['follow'], false]]"
    ".map(([narrative, behaviours, here], i) => ({version: `v${i}`, at: Date.now(), here, taken_out: false, "
    "fields: {narrative, behaviours, precision: 'unknown', attachment_ids: here ? ['a1', 'a2'] : ['a2', 'a3']}, "
    "restricted: {}}))"
)
FOLLOW_UPS = js(
    "fake.open(24, {asked: {n: 2, name: 'Priya K'}, waiting: {captured: 2, later: 1, written: 1, answers: 1}}); "
    "fake.dates = [['wipe', -1, 'incident'], ['update', 2, 'report'], ['order', 9, 'order'], "
    "['asked', 40, 'incident'], ['download', -3, 'export']]"
    ".map(([what, days, kind], i) => ({key: `k${i}`, what, kind, record: 'r0', seq_no: 24, "
    "due: new Date(Date.now() + days * 864e5).toISOString().slice(0, 10), done_at: what === 'download' ? 1 : null, "
    "detail: {kind: 'cctv', holder: 'The corner shop', overwrite_due: '2026-12-05', "
    "...(what === 'asked' ? {requested_at: '2026-11-02'} : {})}, "
    "fields: {narrative: 'He stood by the door of the shop until somebody came out and asked what he wanted.', "
    "to_whom: 'police', kind_text: 'Restraining order', "
    "file_name: 'documents-2026-11-24.zip'}}))"
)
UNREGISTERED_ACCOUNT = "{account: {login: null, registered: false, recovery: 'todo', trouble: null}}"
PACK_STEPS = (
    OPEN_DIARY,
    go_to_screen("share"),
    press("Make a pack"),
    press("I know this, go on"),
    lambda page: page.get_by_role("heading", name=translated_name(page, "What goes in")).wait_for(),
    fill("Your initials", "jb"),
)
SHARED_RECORDS = (
    "[['pack', '1', false], ['evidence', '1B', true], ['quick_report', '', false], ['supplement', '2', false]]"
    ".map(([kind, label, twin], i) => ({record: `x${i}`, label, twin, at: Date.now(), "
    "restricted: {notes: i ? '' : 'Went on'}, "
    "fields: {kind, pack_no: 1, record_ids: ['r0', 'r1'], attachments_included: i, delivered_to: 'PC Hall', "
    "manifest_sha256: i === 1 ? 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' : undefined, "
    "delivered_how: i === 3 ? 'handover' : 'by_hand', receipt_ref: i ? '' : 'WY/77', "
    "openings: i === 3 ? [Date.now()] : null, "
    "restricted_included: i !== 3}}))"
)
SHOW_PICTURE_PAGE = go_to_screen("file", record="r0", attachment="a1")
SHOW_LIST = go_to_screen("picture_list", attachment="a1")
SCREENS: dict[str, tuple[Step, ...]] = {
    "lock": (js("fake.set({phase: 'locked'})"),),
    "lock, wrong words": (
        js("fake.fail.unlock = {code: 'no_match', sentence: 'That didn’t open anything. Try again.'}"),
        js("fake.set({phase: 'locked'})"),
        fill("Your password", "x"),
        press("Open"),
    ),
    "lock, words to tap": (js("fake.set({phase: 'locked'})"), press("Show"), fill("Your password", "street act")),
    "lock, many words to tap": (
        js("fake.set({phase: 'locked'})"),
        press("Show"),
        fill("Your password", "street actor struggle pro"),
    ),
    "lock, lists": (js("fake.set({phase: 'locked', look: {skin: 'lists', opens: 'lock'}})"),),
    "locking": (OPEN_DIARY, go_to_screen("locks")),
    "a notebook in front": (OPEN_DIARY, go_to_screen("cover"), press("Turn it on")),
    "a notebook in front, on": (OPEN_DIARY, js("fake.locking = {cover: true}"), go_to_screen("cover")),
    "a short secret": (OPEN_DIARY, go_to_screen("short")),
    "a short secret, being set up": (
        OPEN_DIARY,
        go_to_screen("short"),
        press("Set up a PIN"),
        set_form_values("{read: true, typed: '123', where: 'typed', wrong: 'Six.'}"),
    ),
    "a short secret, on": (OPEN_DIARY, js("fake.locking = {short: true}"), go_to_screen("short")),
    "clear this phone": (OPEN_DIARY, go_to_screen("clear")),
    "home screen": (OPEN_DIARY, go_to_screen("homescreen")),
    "home screen, lists": (
        OPEN_DIARY,
        js("fake.set({look: {skin: 'lists', opens: 'lock'}})"),
        go_to_screen("homescreen"),
    ),
    "start": (NO_DIARY,),
    "sign in": (NO_DIARY, press("I have a username or a backup file")),
    "sign in, nothing typed": (NO_DIARY, press("I have a username or a backup file"), press("Open")),
    "sign in with the code": (NO_DIARY, press("I have a username or a backup file"), press("Use my recovery code")),
    "not my phone": (NO_DIARY, press("This is not my phone")),
    "not my phone, an ordinary window": (NO_DIARY, press("This is not my phone"), press("I cannot open one")),
    "another tab": (js("fake.set({phase: 'elsewhere'})"),),
    "too old": (js("fake.set({phase: 'unsupported'})"),),
    "add picture": (js("fake.set({phase: 'picture', picture: {until: 0, files: [{name: 'a'}]}})"),),
    "safe to write": (NO_DIARY, press("Start")),
    "about this phone": (
        NO_DIARY,
        press("Start"),
        press("Not sure"),
        set_form_values("{answers: {setup: 'yes', managed: 'yes'}}"),
    ),
    "first line": (NO_DIARY, press("Start"), press("Yes")),
    "choose words": (NO_DIARY, go_to_screen("words")),
    "own words": (NO_DIARY, go_to_screen("words"), set_form_values("{twice: true, wrong: 'differ', seen: false}")),
    "copy": (js(f"fake.open(1, {UNREGISTERED_ACCOUNT})"), go_to_screen("copy", record="r0", first=True)),
    "copy, a device not theirs": (
        js(f"fake.open(1, {UNREGISTERED_ACCOUNT})"),
        js("fake.set({borrowed: true})"),
        go_to_screen("copy", record="r0"),
    ),
    "name": (OPEN_DIARY, go_to_screen("name")),
    "code": (OPEN_DIARY, go_to_screen("code")),
    "code sheet": (OPEN_DIARY, go_to_screen("code"), set_form_values("{words: 'x'}"), press("Show my recovery code")),
    "code asked back": (
        OPEN_DIARY,
        go_to_screen("code"),
        set_form_values("{words: 'x'}"),
        press("Show my recovery code"),
        press("I have written it down"),
        set_form_values("{wrong: true}"),
    ),
    "add": (OPEN_DIARY,),
    "add, a draft and a time": (
        OPEN_DIARY,
        fill("What happened?", "Outside SE15 4TW again"),
        set_form_values("{when: {chip: 'pick', picked: {how: 'exact', date: '2026-10-25', time: '01:30'}}}"),
    ),
    "add, nothing to save": (OPEN_DIARY, set_form_values("{tried: true}")),
    "add, somebody came": (OPEN_DIARY, press("Came to my home")),
    "add, files": (OPEN_DIARY, set_form_values("{files: true}")),
    "draft thrown away": (OPEN_DIARY, fill("What happened?", "x"), press("Throw this draft away")),
    "saved": (OPEN_DIARY, go_to_screen("add", record="r0")),
    **{
        f"card {code}": (OPEN_DIARY, go_to_screen("add", record="r0"), set_form_values(f"{{card: '{code}'}}"))
        for code in (
            "photos",
            "kind",
            "channel",
            "who",
            "where",
            "effect",
            "seen_by",
            "camera",
            "order",
            "reported",
            "note",
        )
    },
    **{
        f"card {code}": (
            RECORDS_LISTED,
            go_to_screen("add", record="r0"),
            set_form_values(f"{{card: '{code}', all: true, more: {{lines: true}}}}"),
        )
        for code in ("words", "voice", "time", "did", "harm", "looks", "why", "tongue", "about")
    },
    "card who, with people": (
        RECORDS_LISTED,
        go_to_screen("add", record="r0"),
        set_form_values("{card: 'who', more: {lines: true}}"),
    ),
    "card who, one more": (
        RECORDS_LISTED,
        go_to_screen("add", record="r0"),
        set_form_values("{card: 'who'}"),
        press("Add a person"),
    ),
    "card order, with terms": (RECORDS_LISTED, go_to_screen("add", record="r0"), set_form_values("{card: 'order'}")),
    "entry, taken out": (
        OPEN_DIARY,
        js(f"fake.over = {{taken_out: Date.now(), files_out: {MISSING_FILE}}}"),
        go_to_screen("entry", record="r0"),
    ),
    "entry, being erased": (
        OPEN_DIARY,
        js(f"fake.over = {{taken_out: 1, erasing: {WAITING_ERASURE}}}"),
        go_to_screen("entry", record="r0"),
    ),
    "entry, altered": (OPEN_DIARY, js("fake.over = {flags: ['altered']}"), go_to_screen("entry", record="r0")),
    "entry, two versions": (
        OPEN_DIARY,
        js(f"fake.over = {{ends: {CONFLICTING_VERSIONS}}}"),
        go_to_screen("entry", record="r0"),
    ),
    "two versions": (OPEN_DIARY, js(f"fake.over = {{ends: {CONFLICTING_VERSIONS}}}"), go_to_screen("two", record="r0")),
    "two versions, one taken out": (
        OPEN_DIARY,
        js(f"fake.over = {{ends: {CONFLICTING_VERSIONS}}}; fake.over.ends[1].taken_out = true"),
        go_to_screen("two", record="r0"),
    ),
    "taking out, after a pack": (
        OPEN_DIARY,
        js("fake.over = {given: [{who: 'PC Hall', at: Date.now(), pack_no: 1}]}"),
        go_to_screen("entry", record="r0"),
        press("Put this away"),
    ),
    "erasing, asked": (
        OPEN_DIARY,
        js("fake.over = {taken_out: Date.now()}"),
        go_to_screen("entry", record="r0"),
        press("Delete it for good"),
        press("Delete it for good in seven days"),
    ),
    "taken out": (
        js("fake.open(3); fake.set({removed: fake.state.entries.slice(1).map((entry) => ({...entry, taken_out: 1}))})"),
        js(f"fake.set({{erasing: [{WAITING_ERASURE}]}})"),
        go_to_screen("removed"),
    ),
    "hold": (OPEN_DIARY, go_to_screen("hold"), press("Turn Block deleting on")),
    "hold, on": (
        OPEN_DIARY,
        js("fake.hold = {who: 'PC Hall', reference: 'CAD 12', since: Date.now(), lift_asked_at: null}"),
        go_to_screen("hold"),
    ),
    "several entries": (RECORDS_LISTED, go_to_screen("attribute"), press("Save on each")),
    "too long": (OPEN_DIARY, js("fake.putDraft({fields: {narrative: 'long '.repeat(80_000)}})")),
    "all kinds": (OPEN_DIARY, go_to_screen("add", record="r0"), set_form_values("{card: 'kind', more: {kind: true}}")),
    "get a picture": (OPEN_DIARY, set_form_values("{files: true}"), press("Go and get a picture (locks this)")),
    "entries": (OPEN_DIARY, go_to_screen("entries")),
    "entries, to be looked at": (
        js("fake.open(3)"),
        js(
            "fake.set({entries: fake.state.entries.map((entry, i) => ({...entry, flags: [['two'], ['altered'], "
            "[]][i]}))})"
        ),
        go_to_screen("entries"),
    ),
    "no entries": (js("fake.open(0)"), go_to_screen("entries")),
    "entries, coming": (js("fake.open(0)"), ENTRIES_ARRIVING, go_to_screen("entries")),
    "entries, still waiting": (
        js("fake.open(3)"),
        js("fake.set({account: {...fake.state.account, coming: {here: 0, total: null, state: 'offline'}}})"),
        go_to_screen("entries"),
    ),
    "people, coming": (OPEN_DIARY, ENTRIES_ARRIVING, go_to_screen("people")),
    "entry": (OPEN_DIARY, go_to_screen("entry", record="r0")),
    "entry, notes for a statement": (
        OPEN_DIARY,
        go_to_screen("entry", record="r0"),
        press("Notes for a statement"),
    ),
    "history": (OPEN_DIARY, go_to_screen("entry", record="r0"), set_form_values("{history: true}")),
    "reason": (
        OPEN_DIARY,
        go_to_screen("entry", record="r2"),
        set_form_values("{changing: true}"),
        fill("What happened?", "Other"),
        press("Save"),
    ),
    "entry not there": (
        OPEN_DIARY,
        js("fake.fail.readIncident = {code: 'not_found', sentence: 'This could not be found. Nothing was lost.'}"),
        go_to_screen("entry", record="r9"),
    ),
    "picture": (OPEN_DIARY, go_to_screen("file", record="r0", attachment="a1"), press("Show the picture")),
    **{
        f"words of a picture, {name}": (OPEN_DIARY, js(f"fake.words = {words}"), *steps, SHOW_PICTURE_PAGE)
        for name, words, *steps in (
            ("to be fetched", "{}"),
            ("offline", "{}", js("fake.set({offline: true})")),
            ("no browser", "{reader: 'none'}"),
            ("here", "{reader: 'here'}"),
            ("being read", "{state: 'waiting'}", js("fake.set({reading: {done: 2, total: 14}})")),
            (
                "not fetched",
                "{state: 'waiting'}",
                js("fake.set({reading: {done: 0, total: 1, code: 'reader_missing'}})"),
            ),
            ("phone full", "{state: 'waiting'}", js("fake.set({reading: {done: 0, total: 1, code: 'no_space'}})")),
            ("failed", "{state: 'failed', code: 'reader_failed', reader: 'here'}"),
            ("no picture", "{state: 'failed', code: 'reader_no_picture', reader: 'here'}"),
            ("read", "{state: 'read', lines: ['Missed call 21:10', 'میں جانتا ہوں', 'x'.repeat(90)]}"),
            ("read in parts", "{state: 'read', isPoor: true, lines: ['Missed call 21:10']}"),
            ("none", "{state: 'read', isPoor: true}"),
            (
                "no messages",
                "{state: 'read', lines: ['Keep off']}",
                js("fake.rows = {rows: 0, isBegun: false}"),
            ),
            (
                "a list begun",
                "{state: 'read', lines: ['Missed call 21:10']}",
                js("fake.rows = {rows: 1, isBegun: true}"),
            ),
        )
    },
    **{
        f"list of a picture, {name}": (OPEN_DIARY, js(f"Object.assign(fake.list.list, {over})"), SHOW_LIST, *steps)
        for name, over, *steps in (
            ("questions", "{}"),
            ("their phone", "{phone: 'theirs'}"),
            ("somebody’s phone", "{phone: 'other'}", press("Check the messages"), press("Use another zone")),
            ("all channels", "{phone: 'mine'}", press("More")),
            ("its rows", "{phone: 'mine', days: {Today: '2026-11-24'}, step: 'rows'}"),
            (
                "a row corrected",
                "{phone: 'mine', days: {Today: '2026-11-24'}, step: 'rows'}",
                press("Correct row 1"),
            ),
            (
                "sides unknown",
                "{phone: 'not_sure', days: {Today: '2026-11-24'}, step: 'rows'}",
                press("Row 1 is right"),
            ),
            ("to be thrown away", "{phone: 'mine'}", press("Throw this list away")),
            ("without rows", "{rows: []}"),
            (
                "kept",
                "{phone: 'mine', days: {Today: '2026-11-24'}, step: 'rows', rows: fake.list.list.rows.slice(0, 1)}",
                press("Row 1 is right"),
                press("Keep 1 row"),
            ),
        )
    },
    "list of a picture, not readable": (
        OPEN_DIARY,
        js("fake.fail.openPictureList = {code: 'reader_failed', sentence: 'This picture could not be read.'}"),
        SHOW_LIST,
    ),
    "picture without preview": (OPEN_DIARY, go_to_screen("file", record="r0", attachment="a2")),
    "file of another kind": (OPEN_DIARY, go_to_screen("file", record="r0", attachment="a3")),
    "share": (OPEN_DIARY, go_to_screen("share")),
    "share, only here": (js(f"fake.open(3, {UNREGISTERED_ACCOUNT})"), go_to_screen("share")),
    "share, at high risk": (OPEN_DIARY, js("fake.ways = {high_risk: true}"), go_to_screen("share")),
    "share, no signal": (OPEN_DIARY, js("fake.ways = {offline: true}"), go_to_screen("share")),
    "share, packs by the server": (OPEN_DIARY, js("fake.ways = {server: true}"), go_to_screen("share")),
    "share, a pack did not finish": (
        OPEN_DIARY,
        js("fake.typed = {pack: {step: 'consent', unfinished: true}}"),
        go_to_screen("share"),
    ),
    "share, after packs": (OPEN_DIARY, ENTRIES_ARRIVING, js(f"fake.shared = {SHARED_RECORDS}"), go_to_screen("share")),
    "pack, court": (OPEN_DIARY, go_to_screen("share"), press("Make a pack")),
    "pack, entries": (
        OPEN_DIARY,
        go_to_screen("share"),
        press("Make a pack"),
        set_form_values("{step: 'choose', how: 'some', tried: true}"),
    ),
    "pack, dates": (
        OPEN_DIARY,
        go_to_screen("share"),
        press("Make a pack"),
        set_form_values("{step: 'choose', how: 'dates', tried: true, earlier: 1}"),
    ),
    "pack, for a school": (
        OPEN_DIARY,
        go_to_screen("share"),
        press("Make a pack"),
        set_form_values("{step: 'choose', profile: 'school', apart: false}"),
    ),
    "pack, no initials": (*PACK_STEPS, fill("Your initials", ""), press("Next")),
    "pack, by number": (
        OPEN_DIARY,
        go_to_screen("share"),
        press("Make a pack"),
        set_form_values("{step: 'items', wrong: 'No file.'}"),
    ),
    "pack, what goes in": (*PACK_STEPS, ENTRIES_ARRIVING),
    "pack, large": (
        *PACK_STEPS,
        set_form_values("{tight: true, small: true, summary: {...stage.local.summary, groups: [['r0'], ['r1']]}}"),
    ),
    "pack, words first": (
        *PACK_STEPS,
        set_form_values(
            "{filesLater: true, summary: {...stage.local.summary, pictures: 0, files: 0, bytes: 0, files_later: 5}}"
        ),
    ),
    "pack, pictures": (*PACK_STEPS, press("Next")),
    "pack, a picture opened": (*PACK_STEPS, press("Next"), js("stage.set({opened: stage.local.looks[0].attachment})")),
    "pack, pictures not seen yet": (
        *PACK_STEPS,
        js("stage.app.readPicture = async () => null"),
        press("Next"),
        set_form_values("{notYet: true}"),
    ),
    "pack, a letter": (*PACK_STEPS, press("Next"), set_form_values(look_at("letter"))),
    "pack, an email": (*PACK_STEPS, press("Next"), set_form_values(look_at("mail"))),
    "pack, pictures skipped": (*PACK_STEPS, press("Next"), press("Go on without looking at the rest")),
    "pack, words": (*PACK_STEPS, set_form_values("{step: 'words'}")),
    "pack, words in several places": (
        *PACK_STEPS,
        set_form_values("{step: 'words', finding: 'number 07700900123'}"),
    ),
    "pack, words skipped": (*PACK_STEPS, set_form_values("{step: 'words'}"), press("Next")),
    "pack, officer": (*PACK_STEPS, set_form_values("{step: 'officer', noInitials: true, earlier: 1}")),
    "pack, consent": (
        *PACK_STEPS,
        set_form_values("{step: 'consent', noWords: true}"),
    ),
    "pack, consent, by the server": (*PACK_STEPS, set_form_values("{step: 'consent', way: 'server'}")),
    "pack, consent, after a try that did not finish": (
        *PACK_STEPS,
        set_form_values("{step: 'consent', unfinished: true, plain: true}"),
    ),
    "pack, being made": (
        js(
            f"fake.open(3); "
            "stage.job = {at: {step: 'building', done: 37, total: 100}, done: null, stopped: false, "
            f"{PACK_JOB_FIELDS}}}"
        ),
        go_to_screen("share"),
    ),
    "pack, ready": (
        js(
            f"fake.open(3); stage.job = {{at: {{}}, done: {{file: new Blob(['a']), {MADE_PACK_FIELDS}}}, "
            f"{PACK_JOB_FIELDS}}}"
        ),
        go_to_screen("share"),
    ),
    "pack, ready, words only": (
        js(
            f"fake.open(3); stage.job = {{at: {{}}, done: {{file: new Blob(['a']), {MADE_PACK_FIELDS}}}, "
            "here: true, part: 0, parts: [], flow: {filesLater: true, summary: {files_later: 5}}}"
        ),
        go_to_screen("share"),
    ),
    "pack, ready, some words not printed": (
        js(
            f"fake.open(3); stage.job = {{at: {{}}, done: {{file: new Blob(['a']), {MADE_PACK_FIELDS}, "
            f"unprinted: ['7', 'JB/3', 'own words', \"officer's sheet\"]}}, {PACK_JOB_FIELDS}}}"
        ),
        go_to_screen("share"),
    ),
    "pack, a set of files": (
        js(
            f"fake.open(3); stage.job = {{at: {{}}, {PACK_JOB_FIELDS}, done: {{file: null, {MADE_PACK_FIELDS}, "
            "files: ['00_READ-FIRST.txt', '01_chronology.pdf'].map((name) => ({name, file: new Blob(['a'])}))}}"
        ),
        go_to_screen("share"),
    ),
    **HANDOVER_SCREENS,
    **ADVOCATE_SCREENS,
    **HELPING_SCREENS,
    **NOTEBOOK_SCREENS,
    "shared, nothing": (OPEN_DIARY, go_to_screen("shared")),
    "shared": (OPEN_DIARY, js(f"fake.shared = {SHARED_RECORDS}"), go_to_screen("shared"), press("Note who has it")),
    "quick report": (OPEN_DIARY, go_to_screen("quick"), press("Copy the words")),
    "quick report, read out": (OPEN_DIARY, go_to_screen("quick"), press("Read it out")),
    "print": (OPEN_DIARY, go_to_screen("print"), set_form_values("{how: 'dates', tried: true}")),
    "print, the list": (OPEN_DIARY, go_to_screen("print"), set_form_values("{words: 'x'}"), press("Show the list")),
    "something to look at": (FOLLOW_UPS,),
    "follow-ups": (FOLLOW_UPS, go_to_screen("chase")),
    "follow-ups, nothing": (OPEN_DIARY, go_to_screen("chase")),
    "more": (OPEN_DIARY, go_to_screen("more")),
    "more, reports": (OPEN_DIARY, go_to_screen("more_reports")),
    "more, story": (OPEN_DIARY, go_to_screen("more_story")),
    "more, sorting": (OPEN_DIARY, go_to_screen("more_sort")),
    "more, kept": (OPEN_DIARY, go_to_screen("more_kept")),
    "more, kept, only here": (js(f"fake.open(1, {UNREGISTERED_ACCOUNT})"), go_to_screen("more_kept")),
    "more, opening": (OPEN_DIARY, go_to_screen("more_open")),
    "more, how": (OPEN_DIARY, go_to_screen("more_how")),
    "keys": (OPEN_DIARY, go_to_screen("shortcuts")),
    "words for young people": (OPEN_DIARY, go_to_screen("wording")),
    "more, only here": (js(f"fake.open(1, {UNREGISTERED_ACCOUNT})"), go_to_screen("more")),
    "devices": (OPEN_DIARY, go_to_screen("devices")),
    "devices, one ended": (
        OPEN_DIARY,
        go_to_screen("devices"),
        fill("Type your password to see this", "abc"),
        lambda page: page.keyboard.press("Enter"),
        press("Sign it out"),
    ),
    "devices, one signed out": (
        OPEN_DIARY,
        go_to_screen("devices"),
        fill("Type your password to see this", "abc"),
        lambda page: page.keyboard.press("Enter"),
        press("Sign it out"),
        fill("Type your password", "abc"),
        lambda page: page.keyboard.press("Enter"),
        lambda page: page.get_by_role("button", name=translated_name(page, "Change your password")).wait_for(),
    ),
    "signed out from elsewhere": (
        js(
            "fake.open(5, {account: {login: 'x', registered: true, recovery: 'done', trouble: null, "
            "returned: Date.now()}})"
        ),
        go_to_screen("entries"),
    ),
    "high risk, packs handed over before": (
        OPEN_DIARY,
        js(
            "fake.handed = {handovers: ['a', 'b'].map((handover) => ({handover, ended_at: null, complete: true, "
            "openings: [], "
            "openings_most: 5, expires_at: Date.now() + 6e8, known: false, name: '', record: null}))}"
        ),
        go_to_screen("highrisk"),
        lambda page: page.locator("section.care").wait_for(),
    ),
    "space": (OPEN_DIARY, go_to_screen("space")),
    "files in no entry": (OPEN_DIARY, go_to_screen("loose")),
    "sign out": (OPEN_DIARY, go_to_screen("signout")),
    "about": (OPEN_DIARY, go_to_screen("about")),
    "help": (OPEN_DIARY, go_to_screen("help")),
    "help, text": (OPEN_DIARY, go_to_screen("help"), js("stage.way = 'text'; stage.draw()")),
    "help, ring": (OPEN_DIARY, go_to_screen("help"), press("Ring 101")),
    "lines": (
        js(
            "fake.open(5, {lockIn: 18, update: true, account: {login: 'x', registered: true, recovery: 'later', "
            "trouble: {code: 'server_behind', act: null, "
            "sentence: 'The server has fewer entries than it had before. Everything on this phone is safe.'}}})"
        ),
        go_to_screen("entries"),
    ),
    "sign-ins, and more": (js(SIGN_INS_AND_MORE), go_to_screen("entries")),
    "sign-ins, and more, opened": (
        js(SIGN_INS_AND_MORE),
        go_to_screen("entries"),
        lambda page: page.locator(".lines button[aria-expanded=false]").click(),
    ),
    "a newer page nobody signed": (js("fake.open(3, {unsigned: true})"), go_to_screen("entries")),
}


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page with these options and takes the steps. No page may report an error."""
    contexts = []
    errors: list[str] = []

    def open_page(steps: tuple[Step, ...] = (), **options: Any) -> Page:
        context = browser.new_context(
            **{
                "viewport": PHONE_SIZE,
                "locale": "en-GB",
                "timezone_id": "Europe/London",
                "reduced_motion": "reduce",
                **options,
            }
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address, wait_until="networkidle")
        for step in steps:
            step(page)
        page.wait_for_timeout(60)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def judge_every_screen(page: Page, judge: Callable[[Page], object]) -> dict[str, object]:
    """Take one page through all screens. Return the faults that `judge` finds on each."""
    faults_by_screen = {}
    for name, steps in SCREENS.items():
        js("fake.reset()")(page)
        for step in steps:
            step(page)
        page.wait_for_timeout(60)
        if screen_faults := judge(page):
            faults_by_screen[name] = screen_faults
    return faults_by_screen


def test_every_screen_on_a_phone(show: Callable[..., Page]) -> None:
    """No screen has an axe fault, by day or by night, or is wider than the page at any size.

    Every diary screen and dialog can be left with one touch.
    """
    page = show(viewport=PHONE_SIZE)
    page.evaluate(AXE_SCRIPT)
    assert (
        judge_every_screen(
            page,
            lambda page: (
                accessibility_faults(page) + overflow_faults(page, check_leave_button=True, include_desktop=False)
            ),
        )
        == {}
    )


@pytest.mark.slow  # The phone's walk judges the same screens in every `make test`.
def test_every_screen_at_a_desk(show: Callable[..., Page]) -> None:
    """No screen has an axe fault, by day or by night, or is too wide in forced colours."""
    page = show(viewport=DESKTOP_SIZE)
    page.evaluate(AXE_SCRIPT)
    assert judge_every_screen(page, desktop_faults) == {}


def test_the_fake_app_refuses_what_it_does_not_have(show: Callable[..., Page]) -> None:
    """A test that sets a member of the state or of the fake under another name gets an error."""
    page = show((OPEN_DIARY,))
    for code, refusal in (
        ("fake.set({lockReason: 'idle'})", "the state has no lockReason"),
        ("fake.locks = {cover: true}", "the fake has no locks"),
    ):
        with pytest.raises(Error, match=refusal):
            page.evaluate(code)


def test_other_devices_are_signed_out_although_the_name_is_still_being_saved(show: Callable[..., Page]) -> None:
    """The form waits for the name. A tap that did nothing would leave somebody else's device signed in."""
    page = show((*SCREENS["devices, one ended"][:2],))
    page.get_by_label("Type your password to see this").fill("x")
    press("Show the list")(page)
    js("fake.slow = 3000")(page)
    press("Save the name")(page)
    js("fake.slow = 0")(page)
    press("Sign out all the others")(page)
    page.get_by_label("Type your password", exact=True).fill("the words")
    page.get_by_role("button", name="Sign out all the others").last.click()
    expect(page.get_by_role("listitem").filter(has_text="Last used")).to_have_count(1)
    assert ["endOthers", {"words": "the words"}] in page.evaluate("fake.asked")


def test_a_screen_that_is_too_wide_is_found(show: Callable[..., Page]) -> None:
    """A block as wide as a phone is found on narrower screens, one wider than a desk everywhere."""
    page = show((OPEN_DIARY,))
    block = (
        "const hr = document.createElement('hr'); hr.style.cssText = 'inline-size: {}; margin: 0'; "
        "document.body.append(hr)"
    )
    page.evaluate(block.format("350px"))
    assert overflow_faults(page) == ["scrolls sideways, 320 px"]
    page.evaluate(block.format("20rem"))
    assert overflow_faults(page) == ["scrolls sideways, 320 px", "scrolls sideways, text at 200 %"]
    page.evaluate(block.format("1300px"))
    assert len(overflow_faults(page)) == 5
