"""What each view is for, what it answers and how it fails: the text and the shapes of docs/api.md and docs/openapi.json.

The server does not read this module. `.ci/api.py` puts it together with the route table (who may ask, how often, how much may be
sent) and with what each view reads of a path, a query and a body, which it takes from the view itself. Here stands the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from diary.errors import (
    BadRequest,
    BadSignature,
    Closed,
    Closing,
    Conflict,
    Differs,
    DigestMismatch,
    Erased,
    Incomplete,
    KdfRefused,
    KeptError,
    NoMatch,
    NotCanonical,
    NotFound,
    NotInvited,
    Outdated,
    OverQuota,
    PackFailed,
    PacksOff,
    SecondStep,
    SessionEnded,
    SignedOut,
    TooLarge,
    TryLater,
    Unavailable,
    WrongOrigin,
    WrongType,
)
from diary.services.sharing.advocate_clients import ACTS
from diary.services.sync.erasures import KEEPER, MOST_RECORDS, UNDER_18_IMAGE
from diary.web import responses
from diary.web.route_policy import Adds, Audience, Kind, Row, View
from diary.web.schemas import (
    BYTES,
    DIGEST,
    FINGERPRINT,
    FLAG,
    ID,
    LOGIN,
    MS,
    NUMBER,
    TEXT,
    Schema,
    fields,
    listed,
    named,
    octets,
    one_of,
)
from diary.web.views import (
    account,
    advocates,
    blobs,
    erasures,
    grants,
    handovers,
    health,
    key_rotation,
    log,
    packs,
    pages,
    scripted_pages,
    sign_in,
    sync,
    witnesses,
)


@dataclass(frozen=True, slots=True)
class Content:
    """What an answer holds: its types, its shape where it is JSON, and headers that only it has."""

    types: tuple[str, ...] = ()
    schema: Schema | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view does. `text` is Markdown; `raises`: what it raises beyond what its row's policy does (`failures`).

    `shapes`: fields of its body that it hands on whole, or of which it checks more than `Fields` does. `places`: what its
    path holds besides ids and numbers. `headers`: of a request, those that change the answer. `by_ticket`: whether a recipient
    sends the ticket that the words were answered with.
    """

    text: str
    answers: Mapping[int, Content]
    raises: tuple[type[KeptError], ...] = ()
    shapes: Mapping[str, Schema] = field(default_factory=dict)
    places: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    by_ticket: bool = False


# Headers that some answers have, beside those that all have (docs/api.md).
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "`no-cache`: a browser asks each time whether it still has the right bytes",
    "Clear-Site-Data": "what a borrowed device's browser is to throw away; on no other device",
    "Content-Disposition": "`attachment`: saved, never shown",
    "Content-Encoding": "`gzip` for whoever takes it",
    "Content-Security-Policy": "this page's own policy",
    "ETag": "the digest of the bytes, for `If-None-Match`",
    "Retry-After": "seconds until it may be tried again",
    "Set-Cookie": "expires the two cookies of earlier releases; nothing else ever sets one",
}


def _said(schema: Schema, *headers: str) -> Content:
    """Canonical JSON."""
    return Content((responses.JSON.decode(),), schema, headers)


# Of the files of the app and of the public pages.
_TYPES: Final = (
    "application/json",
    "application/manifest+json",
    "application/wasm",
    "font/woff2",
    "image/png",
    "image/svg+xml",
    "text/css; charset=utf-8",
    "text/html; charset=utf-8",
    "text/javascript; charset=utf-8",
    "text/plain; charset=utf-8",
)
_NOTHING: Final = Content()
_OCTETS: Final = Content((responses.OCTETS.decode(),), None, ("Content-Disposition",))
_HTML: Final = Content((responses.HTML.decode(),))
_PLAIN: Final = Content((pages.PLAIN.decode(),))
_KEPT: Final = ("Cache-Control", "ETag")
_UNCHANGED: Final = Content((), None, _KEPT)
_FILE: Final = Content(_TYPES, None, ("Content-Encoding",))
_STATIC: Final = {200: Content(_TYPES, None, (*_KEPT, "Content-Encoding")), 304: _UNCHANGED}
_UPLOADS: Final = (NotFound, Erased, Conflict, Differs, OverQuota)
_ENTERED: Final = ("Clear-Site-Data",)
_PATH: Final = {"path": TEXT}
_IF_CHANGED: Final = {"If-None-Match": "The `ETag` of what the browser has: then 304."}

OPERATIONS: Final[Mapping[View, Operation]] = {
    # Pages.
    pages.shell: Operation("On the app host the app's one page, on the public host the home page.", {200: _HTML}),
    pages.desk: Operation("The advocate's one page; it keeps nothing in the browser.", {200: _HTML}),
    pages.desk_code: Operation(
        """Its code and style: its own, and what it shares with the app, under an address that no keeper's service
        worker answers for.""",
        _STATIC,
        (NotFound,),
        places=_PATH,
        headers=_IF_CHANGED,
    ),
    pages.webcat: Operation(
        """`enrollment.json`, `enrollment-prev.json`, `manifest.json`, `bundle.json` of `DIARY_WEBCAT`, for
        browsers with WEBCAT's extension; 404 where nothing is published.""",
        {200: Content((responses.JSON.decode(),), {}, ("Cache-Control",))},
        (NotFound,),
        places={"name": TEXT},
    ),
    pages.worker: Operation(
        "The service worker with the list of this release's files in it.",
        {200: Content((pages.SCRIPT.decode(),), None, (*_KEPT, "Set-Cookie")), 304: _UNCHANGED},
        headers=_IF_CHANGED,
    ),
    pages.manifest: Operation(
        "The signed list of this release's files (docs/formats.md, section 9), where there is one.",
        {200: Content((responses.JSON.decode(),), {}, ("Cache-Control",))},
        (NotFound,),
    ),
    pages.static: Operation(
        "A file of the app; kept by name, asked for again each time (`no-cache` and an entity tag).",
        _STATIC,
        (NotFound,),
        places=_PATH,
        headers=_IF_CHANGED,
    ),
    pages.shared: Operation(
        """The body is not read. On a phone the service worker answers in its place and hands what was shared to
        the page (formats.md 7).""",
        {204: _NOTHING},
    ),
    pages.robots: Operation("Nothing here is for search engines.", {200: _PLAIN}),
    health.up: Operation("204 while the process answers at all; says nothing else.", {204: _NOTHING}),
    health.ready: Operation("204 while the database answers too.", {204: _NOTHING}, (Unavailable,)),
    pages.public: Operation("", {200: _HTML}),
    pages.training_page: Operation("", {200: _HTML}),
    pages.training: Operation(
        "Lesson, pack and key, made by `python -m diary training`; 404 until then.",
        {200: Content((pages.ZIP.decode(),), None, ("Content-Disposition",))},
        (NotFound,),
    ),
    pages.directory: Operation("Whom one can talk to; right for the minute it is asked in.", {200: _HTML}),
    pages.public_file: Operation("", {200: _FILE}),
    scripted_pages.page: Operation("", {200: Content(_HTML.types, None, ("Content-Security-Policy",))}),
    scripted_pages.one_file: Operation(
        "The page that checks a pack as one file to keep, with this instance's keys and roots in it.",
        {200: Content(_HTML.types, None, ("Content-Disposition",))},
    ),
    scripted_pages.code: Operation(
        "The modules of those pages and what they import.", {200: _FILE}, (NotFound,), places=_PATH
    ),
    pages.notary: Operation("The notary's public key, b64, for `verify --notary`.", {200: _PLAIN}),
    log.keys: Operation(
        "The instance key and the notary's, to compare with what a phone or a pack shows.", {200: _PLAIN}
    ),
    log.newest: Operation("The newest checkpoint, a signed note.", {200: _PLAIN}, (NotFound,)),
    log.newest_witnessed: Operation(
        "The newest checkpoint that a log witness cosigned, with the lines of all that did (formats.md 5).",
        {200: _PLAIN},
        (NotFound,),
    ),
    log.witnessed: Operation(
        "Checkpoint `n` with the lines of the witnesses that cosigned it; the note alone where none did.",
        {200: _PLAIN},
        (NotFound,),
    ),
    log.witnesses: Operation(
        "The witnesses this server asks, one key a line (`name+hash+key`, C2SP signed-note).", {200: _PLAIN}
    ),
    log.tile: Operation(
        """The log's hashes, C2SP tlog-tiles under the prefix `/log`: `{level}/{n}[.p/{width}]`, n in groups of
        three digits. Any width that the newest checkpoint covers. No entry bundles (`/log/tile/entries/…` is 404):
        they would tell when each version came.""",
        {200: Content((responses.OCTETS.decode(),))},
        (NotFound,),
        places=_PATH,
    ),
    log.checkpoint: Operation("Checkpoint `n` from 0, however old.", {200: _PLAIN}, (NotFound,)),
    log.leaves: Operation(
        "4,096 leaves a page, hex, one a line; those under the newest checkpoint.", {200: _PLAIN}, (NotFound,)
    ),
    log.stamps: Operation(
        "Checkpoint `n` with its timestamps, as in `/v1/log`.", {200: _said(named("Stamped"))}, (NotFound,)
    ),
    log.statements: Operation(
        "The statements about notary keys, canonical JSON, one a line; where there is none, an empty text.",
        {200: Content((responses.JSON.decode(), pages.PLAIN.decode()))},
    ),
    # Open to anyone.
    sign_in.server: Operation(
        "What this server is, and its limits. `instance` is null where the server has no instance key.",
        {200: _said(named("Server"))},
    ),
    log.state: Operation(
        """Where the log stands. `log` is the key in use; `stamped` is the newest checkpoint with a timestamp,
        `chain` is PEM; `witnessed` has the witnesses' lines in its note. `closing`: from when this server takes
        nothing new, and from when it answers nothing of a keeper's. `file_bytes`: the largest single file, as in
        `/v1/server`. A phone remembers it and refuses a larger file before sealing it; below 1 MiB or above its
        own limit it is ignored.""",
        {200: _said(named("Log"))},
    ),
    log.consistency: Operation(
        "What shows that one checkpoint's log begins another's: between two sizes that each have a checkpoint.",
        {200: _said(fields({"path": listed(DIGEST)}))},
        (NotFound,),
    ),
    sign_in.offer_name: Operation(
        """A generated name, or the wish cleaned and four random characters after; the ticket (HMAC, one hour) is
        needed to register it, so names cannot be probed.""",
        {200: _said(fields({"login": LOGIN, "ticket": TEXT}))},
    ),
    sign_in.register: Operation(
        """An account and its diary, signed in. `code_auth` and `code_wrap` may be null until the recovery sheet is
        made. Same body again with the same account id and auth: 200. Where `enrolment` is `invite` or `code`,
        `invite` is what was given out. Unavailable while the server has no room for new accounts.""",
        {201: _said(named("SignedIn"), *_ENTERED), 200: _said(named("SignedIn"), *_ENTERED)},
        (BadSignature, NoMatch, NotInvited, Conflict, Unavailable),
        {"kdf": named("Lock"), "login": LOGIN},
    ),
    sign_in.prelogin: Operation(
        """How the proof for a name is derived. For an unknown name a made-up salt and a kind of lock (`m`, `t`)
        drawn for that name, as often as known names have it; the same for ever.""",
        {200: _said(fields({"kdf": named("Lock")}))},
        shapes={"login": LOGIN},
    ),
    sign_in.sign_in: Operation(
        "A session for the words; every failure is the same `no_match`. `digits`: an advocate's second step.",
        {200: _said(named("SignedIn"), *_ENTERED)},
        (NoMatch, SecondStep),
        {"login": LOGIN},
    ),
    sign_in.recover: Operation(
        "A session for the recovery code: as sign-in with `code_wrap` instead of `words_wrap`.",
        {200: _said(named("Recovered"), *_ENTERED)},
        (NoMatch, SecondStep),
        {"login": LOGIN},
    ),
    sign_in.renew: Operation(
        """The next session of a device whose last one ran out: as sign-in without `words_wrap`. `signed_out`: a
        renewal that is none any more, or another device's.""",
        {200: _said(named("Renewed"), *_ENTERED)},
        (SignedOut,),
    ),
    sign_in.go_over: Operation(
        """With the two cookies of an earlier release: as sign-in. The session of the cookie goes on with a token;
        where it ran out, a new one begins. A session that was ended from another device: `session_ended`, whatever
        is sent with it.""",
        {200: _said(named("SignedIn"), *_ENTERED)},
        (SessionEnded, NoMatch, SecondStep),
        {"login": LOGIN},
    ),
    # With a session.
    account.session: Operation(
        "As sign-in, without tokens: used at unlock; needs no words.", {200: _said(named("Session"))}
    ),
    account.sign_out: Operation(
        "End this session.",
        {204: Content((), None, ("Clear-Site-Data",))},
        headers={
            "X-Leave-Nothing": "`yes`, from a page on a borrowed device: the browser is told to clear what it keeps of this host."
        },
    ),
    account.list_sessions: Operation(
        "The keeper's sessions; times rounded to the hour.",
        {200: _said(fields({"sessions": listed(named("ListedSession"))}))},
    ),
    account.end_sessions: Operation("End every session but this, as below.", {204: _NOTHING}),
    account.rename: Operation("What the keeper calls this device.", {204: _NOTHING}),
    account.list_access: Operation(
        """What was done to the account, newest first, to the hour, of half a year, at most 300 sign-ins and 300 of
        everything else, with the name the device had when it was done. No address is kept.""",
        {200: _said(fields({"access": listed(named("Act"))}))},
    ),
    account.list_sign_ins: Operation(
        """Every sign-in of another session after the `cursor` of an earlier answer, oldest first, at most 200 an
        answer; without `after`, since the sign-in of this session. `at` to the minute; `device_name` as the device
        called itself then; `kind` `renewed`: it came back by its renewal, without words; null where an earlier
        release noted it. Needs no words. The device keeps the cursor, sealed; the server keeps no note of who
        looked. Sign-ins stay half a year, however many there are.""",
        {200: _said(named("SignIns"))},
        (BadRequest,),
    ),
    account.end_session: Operation(
        """End one. Its device is told `session_ended` at its next request, locks, and signs in again only when the
        words are typed. Of the session there stays until then, or until its 30 days are over: its id, its account
        and device, the digest of its token, the hour it was ended.""",
        {204: _NOTHING},
        (NotFound,),
    ),
    account.change_words: Operation(
        "New words, proved by the old ones or the code; every other session ends.",
        {204: _NOTHING},
        shapes={"kdf": named("Lock")},
    ),
    key_rotation.begin: Operation(
        """New keys, kept beside the old (formats.md 4b), proved by the words or the code. `to` is the number up to
        which versions have their new wraps already. The same keyset again goes on, another begins anew. From then
        on pushes are 503 `unavailable`, for ten minutes after it was begun or a version got its first new wrap.
        `conflict` when something was written since the statement (begin again with a new one: nothing is pushed
        meanwhile), and, with the words, while one begun with the code is under way. `PUT /v1/account/words` ends
        one that was begun with the words, by a proof of the code any.""",
        {201: _said(fields({"to": NUMBER}))},
        (BadSignature, NotFound, Conflict),
        {"kdf": named("Lock"), "statement": named("RekeyStatement")},
    ),
    key_rotation.stage: Operation(
        """Frames: SHA-256 of the keyset that was begun, then for each of at most 500 versions frames(id ‖ wrap
        open ‖ [wrap restricted]) of the new epoch. `lacking`: how many versions have none yet. `not_found` when
        nothing was begun, `conflict` when it was another keyset or its ten minutes are over: begin anew.""",
        {200: _said(fields({"lacking": NUMBER}))},
        (NotFound, Conflict),
    ),
    key_rotation.commit: Operation(
        """The new keys, words and wraps take effect at once, the code is void, every session ends, this one too.
        `incomplete` while wraps are lacking, `conflict` when something was written since the statement or its ten
        minutes are over: begin anew.""",
        {204: _NOTHING},
        (NotFound, Incomplete, Conflict),
    ),
    account.change_code: Operation("A new recovery code.", {204: _NOTHING}),
    sync.push: Operation(
        "A version, in the frames of docs/formats.md 6. 200 when the same bytes came before.",
        {201: _said(named("Stored")), 200: _said(named("Stored"))},
        (NotCanonical, BadSignature, NotFound, Conflict, OverQuota),
    ),
    sync.feed: Operation(
        """Frames: first canon`{"after","to","latest","head"}`, then per version one frame holding frames:
        canon`{"seq","record","version","c","sig","parents","blobs","parts","receipt"}` ‖ wraps ‖ envelopes. At
        most 500 versions or 8 MiB an answer; `to` < `latest` means ask again.""",
        {200: _OCTETS},
        (NotFound,),
    ),
    log.proofs: Operation(
        """Where the versions numbered above `after` stand in the log of a checkpoint of `size` leaves; at most 500
        versions an answer, `to` is the last one looked at; one without a proof is not under this checkpoint.""",
        {200: _said(named("Proofs"))},
        (NotFound,),
    ),
    blobs.declare: Operation(
        """Announce a file. Idempotent. Until it is complete, other numbers replace these, and parts that cannot
        belong to them are dropped; of a complete file: `conflict`.""",
        {200: _said(named("Upload"))},
        (TooLarge, NotFound, Erased, Conflict, OverQuota),
    ),
    blobs.state: Operation(
        "Where an upload stands. An id that is no file of the diary may be the upload of a statement that came for it.",
        {200: _said(named("Upload"))},
        (NotFound, Erased),
    ),
    blobs.put_part: Operation(
        """One sealed part. Same bytes again: 204. Until the file is complete other bytes take the place of those
        before, afterwards `differs`; `conflict` when it was announced with another number of parts meanwhile;
        `unavailable` while too much of the account is on its way.""",
        {204: _NOTHING},
        _UPLOADS,
    ),
    blobs.complete: Operation(
        """`digest` is b64 SHA-256(canon[b64 part digests]). `incomplete` with `missing`, the numbers of the parts;
        `digest`: the parts of a file that was not complete are dropped then, and can be sent again.""",
        {204: _NOTHING},
        (NotFound, Erased, Incomplete, DigestMismatch),
    ),
    blobs.get_part: Operation(
        "`digest` when what is stored is not what came.", {200: _OCTETS}, (NotFound, Erased, DigestMismatch)
    ),
    erasures.ask: Operation(
        """Have records erased for good. `why` is `keeper` (due in 7 days by the server's clock; at most 64
        records: one entry with what belongs to it, never a diary) or `under_18_image` (one record whose versions
        name a file; done at once, `done` true). The same records again while they wait: the same erasure. A record
        without a version here: `not_found`.""",
        {201: _said(named("ErasureAsked"))},
        (NotFound,),
        {"records": {**listed(ID, MOST_RECORDS), "minItems": 1}, "why": one_of(KEEPER, UNDER_18_IMAGE)},
    ),
    erasures.list_pending: Operation(
        "What waits; the same stands in each diary of `GET /v1/session` and of sign-in.",
        {200: _said(fields({"erasures": listed(named("Erasure"))}))},
        (NotFound,),
    ),
    erasures.take_back: Operation(
        "Take it back; any session, no words. `not_found` when it no longer waits.", {204: _NOTHING}, (NotFound,)
    ),
    erasures.ask_closing: Operation(
        "The account is closed then, 7 days later; asked again: the same time. `closing_at` stands in the session.",
        {201: _said(fields({"closing_at": MS}))},
    ),
    erasures.take_back_closing: Operation(
        "Take it back; any session, no words. `not_found` when it was not to be closed.", {204: _NOTHING}, (NotFound,)
    ),
    account.room: Operation(
        """Files and words, each with its own room. Of an erased version only the first frame of its push stays
        charged.""",
        {200: _said(named("Usage"))},
        (NotFound,),
    ),
    packs.place: Operation(
        "A place; it holds nothing, and nothing of the diary is sent yet.",
        {201: _said(fields({"pack": ID, "state": named("PackState")}))},
        (NotFound, PacksOff),
    ),
    packs.state: Operation(
        """`ready` while a worker is free, for every place alike. A place is given up ten minutes after it was last
        asked for, or when there are 256 and it was asked for longest ago.""",
        {200: _said(named("Pack"))},
        (NotFound,),
    ),
    packs.start: Operation(
        """The capsule; 202 when the worker has it. Where another came first the answer waits for the turn;
        `conflict` when four wait already, after 50 s, or when the capsule has come before: ask for the state, and
        send it when `ready`.""",
        {202: _said(named("Pack"))},
        (NotFound, Conflict),
    ),
    packs.front: Operation(
        "The front part, a zip; once; then the job is gone.", {200: _OCTETS}, (NotFound, Conflict, PackFailed)
    ),
    packs.cancel: Operation(
        "Cancel: the worker is killed, everything of the job is erased.", {204: _NOTHING}, (NotFound,)
    ),
    witnesses.ask: Operation(
        "Leave what a witness is asked (`sealed`: kind 10); at most 20 at once. The same again is no fault.",
        {201: _said(fields({"expires_at": MS, "witness": ID}))},
        (NotFound, Conflict, OverQuota),
    ),
    witnesses.list_own: Operation(
        """`address`: where the words are typed; `statement`: kind 6. Newest first; with `taken=1` also those that
        were taken in (`taken_at`), for 30 days. The files of a statement are read like a file of the diary, by the
        id of their upload.""",
        {200: _said(fields({"address": TEXT, "witnesses": listed(named("Witness"))}))},
        (NotFound,),
    ),
    witnesses.take_in: Operation(
        """The statement that came has become the keeper's; it counts no more among the 20, and goes 30 days later.
        `not_found` where nothing came.""",
        {204: _NOTHING},
        (NotFound,),
    ),
    witnesses.remove: Operation("End it, or drop what came, at once.", {204: _NOTHING}, (NotFound,)),
    handovers.leave: Operation(
        """Leave a sealed pack for the person who has its words (formats.md 8). Its size counts towards the quota
        for files. Its id is separate from the ids of files. The same request again gets the same answer; words
        that are in use: `conflict`.""",
        {201: _said(fields({"address": TEXT, "expires_at": MS, "handover": ID, "openings_most": NUMBER}))},
        (KdfRefused, TooLarge, NotFound, Erased, Conflict, OverQuota),
        {"kdf": named("HandoverLock")},
    ),
    handovers.list_own: Operation(
        "`address`: where the words are typed. Newest first; an opening has a time and nothing else.",
        {200: _said(fields({"address": TEXT, "handovers": listed(named("Handover"))}))},
    ),
    handovers.put_part: Operation("One sealed part of kind 8; as for files.", {204: _NOTHING}, _UPLOADS),
    handovers.complete: Operation(
        """`digest` as for files; only then can it be opened; one that has not come whole after a day is ended and
        its room given back.""",
        {204: _NOTHING},
        (NotFound, Erased, Incomplete, DigestMismatch),
    ),
    handovers.end: Operation("End it now; nobody gets another part.", {204: _NOTHING}, (NotFound,)),
    # Advocates: the keeper's side.
    grants.find_advocate: Operation(
        """16 characters of b64, what nine words spell; the phone checks that the keys are the words'. `not_found`
        for words nobody has, or of somebody who left.""",
        {200: _said(named("Advocate"))},
        (NotFound,),
        places={"fingerprint": FINGERPRINT},
    ),
    grants.list_own: Operation(
        """Newest first. `given`: versions it has keys for; `marks`: how many times they changed what they have
        looked through; `to`: the advocate's fingerprint now, null when they have left. Looks are to the minute, at
        most 500 a grant.""",
        {200: _said(fields({"grants": listed(named("Grant")), "looks": listed(named("Look"))}))},
    ),
    grants.make: Operation(
        "At most half a year, at most 20 at once; the same again: the same answer.",
        {201: _said(fields({"made_at": MS, "not_after": MS}))},
        (NotFound, Conflict, OverQuota),
    ),
    grants.given: Operation("What it has keys for.", {200: _said(fields({"versions": listed(ID)}))}, (NotFound,)),
    grants.give: Operation(
        """Frames: for each of at most 500 versions frames(id ‖ wrap open ‖ [wrap restricted]). `kept`: how many
        were new; nothing is kept for a grant that is over.""",
        {200: _said(fields({"kept": NUMBER}))},
        (NotFound,),
    ),
    grants.summarise: Operation("The sealed summary.", {204: _NOTHING}, (NotFound,)),
    grants.get_marks: Operation("Sealed; of a grant that is over too.", {200: _said(named("Marks"))}, (NotFound,)),
    grants.carry_marks: Operation(
        "At most 256 KiB: those of the grant it takes the place of.", {204: _NOTHING}, (NotFound,)
    ),
    grants.end: Operation(
        "End it now; its keys go at once. `not_found` when it has ended.", {204: _NOTHING}, (NotFound,)
    ),
    grants.list_letters: Operation(
        "Not taken in yet, oldest first; with `taken=1` also those that were (`taken_at`), for 30 days.",
        {200: _said(fields({"letters": listed(named("Letter"))}))},
        (NotFound,),
    ),
    grants.take_in: Operation("It has become the keeper's; it goes 30 days later.", {204: _NOTHING}, (NotFound,)),
    grants.drop_letter: Operation("It goes at once.", {204: _NOTHING}, (NotFound,)),
    # Advocates: their own side.
    advocates.join: Operation(
        """An account for an advocate: as `POST /v1/accounts` without `diary`, with the invitation, a name for
        people, the secret of the second step and its first digits.""",
        {201: _said(named("Renewed"), *_ENTERED)},
        (BadSignature, SecondStep, NotInvited, Conflict, Unavailable),
        {"kdf": named("Lock"), "login": LOGIN},
    ),
    advocates.list_clients: Operation(
        "Those that end first at the top.",
        {
            200: _said(
                fields(
                    {
                        "clients": listed(named("Client")),
                        "now": MS,
                        "you": fields({"fingerprint": FINGERPRINT, "leads": FLAG, "name": TEXT, "organisation": TEXT}),
                    }
                )
            )
        },
    ),
    advocates.stands: Operation(
        "While it stands. `newest`: number of the newest version given. No look.",
        {200: _said(fields({"newest": NUMBER, "not_after": MS}))},
    ),
    advocates.feed: Operation(
        """Frames, a version each: frames(facts ‖ frames(wraps ‖ envelopes) ‖ frames(the grant's wraps)), at most
        300 or 8 MiB; none: that is all. Noted for the keeper.""",
        {200: _OCTETS},
    ),
    advocates.blob_state: Operation(
        "A file that a given version names.", {200: _said(fields({"complete": FLAG, "parts": NUMBER}))}, (Erased,)
    ),
    advocates.get_part: Operation("Noted for the keeper.", {200: _OCTETS}, (Erased, DigestMismatch)),
    advocates.get_marks: Operation("Sealed; no look.", {200: _said(named("Marks"))}),
    advocates.mark: Operation("At most 256 KiB; takes the place of those before.", {204: _NOTHING}),
    advocates.note: Operation(
        """`what` is `pack`. `packs`: how many this advocate has noted of that diary; noted for the keeper before
        one is made.""",
        {200: _said(fields({"packs": NUMBER}))},
        shapes={"what": one_of(*ACTS)},
    ),
    advocates.write: Operation(
        "A letter of at most 64 KiB; at most 200 wait at once.", {204: _NOTHING}, (Conflict, OverQuota)
    ),
    advocates.organisation: Operation(
        "For whoever leads.",
        {
            200: _said(
                fields(
                    {
                        "members": listed(named("Colleague")),
                        "name": TEXT,
                        "numbers": fields({"ending": NUMBER, "grants": NUMBER, "members": NUMBER, "packs": NUMBER}),
                    }
                )
            )
        },
    ),
    advocates.looks: Operation(
        """For whoever leads: the newest first, at most 20,000; `client` is a code that tells clients apart and
        names nobody.""",
        {200: _said(fields({"looks": listed(named("LookInto"))}))},
    ),
    advocates.invite: Operation("For whoever leads; good once, for 14 days.", {201: _said(fields({"invite": TEXT}))}),
    advocates.leave: Operation(
        "For whoever leads, or for oneself; sessions, grants and keys end at once.", {204: _NOTHING}
    ),
    # Hand-over and statements, on the public host.
    handovers.salt: Operation(
        "For a name that nothing has a salt made from the pepper, the same each time.",
        {200: _said(fields({"kdf": named("HandoverLock")}))},
    ),
    handovers.open_: Operation(
        """A ticket for the parts, and that is one opening. A wrong word, words nobody has, one that has not all
        come, was ended, used up or has run out: `no_match`, the same to the byte, after the same work.""",
        {200: _said(fields({"handover": ID, "parts": NUMBER, "ticket": octets(56, 56)}))},
        (NoMatch,),
    ),
    witnesses.find: Operation(
        """What is asked (formats.md 8) and, unless `over`, a ticket; words that name nothing `no_match`, after the
        same work. `over` is one answer for a code that was used and one that has run out.""",
        {
            200: _said(
                fields(
                    {"files_bytes": NUMBER, "over": FLAG, "witness": ID},
                    {"sealed": BYTES, "ticket": octets(56, 56)},
                )
            )
        },
        (NoMatch,),
    ),
    witnesses.declare: Operation(
        """Announce the files of a statement, at most 100 MB. The ticket is good for two hours. Another upload of
        the same code gives the first one up, and waits until its bytes are gone. An id means nothing outside its
        code.""",
        {204: _NOTHING},
        (TooLarge, NotFound, Erased, Conflict, OverQuota),
        by_ticket=True,
    ),
    witnesses.put_part: Operation("One sealed part of kind 8.", {204: _NOTHING}, _UPLOADS, by_ticket=True),
    witnesses.send: Operation(
        """Frames of the envelope (kind 6) and, with files, of the upload's id and digest; the code is used then.
        The same again is no fault, files or none; a code that is over `not_found`.""",
        {204: _NOTHING},
        (NotFound, Erased, Incomplete, DigestMismatch),
        by_ticket=True,
    ),
    handovers.get_part: Operation(
        "The ticket is good for six hours; anything else `no_match`.",
        {200: _OCTETS},
        (NotFound, Erased, DigestMismatch),
        by_ticket=True,
    ),
}

# What stands at each address of a view that has several.
PAGES: Final[Mapping[str, str]] = {
    "/": "The home page.",
    "/is-this-stalking": "What may keep happening, and FOUR; asks nothing, keeps nothing.",
    "/young-people": "For people from 13 to 24.",
    "/before-you-report": "What the police ask, what need not be done first.",
    "/officers": "How to read and check a pack.",
    "/helpers": "For advocates, schools, universities.",
    "/training": "Lesson and made-up diary.",
    "/training/lesson": "The lesson, to read or print.",
    "/safety": "Whether a device is safe to use.",
    "/privacy": "Who runs this server and what is kept, from the settings.",
    "/accessibility": "What was measured and what was not.",
    "/easy-read/is-this-stalking": "Easy Read, with pictures.",
    "/easy-read/before-you-report": "Easy Read, with pictures.",
    "/style.css": "The style sheet of the public pages.",
    "/page.js": "Leaving a page at once, and nothing else.",
    "/icon.svg": "Their icon.",
    "/answer": """The page that takes nine words and one statement of somebody who saw it; it says nothing of anybody
        until the words are right; needs a script (policy as `/get`).""",
    "/get": """The page that fetches a handed-over pack with eight words; needs a script (policy: own code,
        WebAssembly, own host).""",
    "/verify": "The page that checks a pack on the reader's computer; needs a script, connects to nothing.",
}


def failures(row: Row) -> set[type[KeptError]]:
    """Every failure that a request at a row can be answered with: what the gate raises for its policy, and what its view does."""
    found = {*OPERATIONS[row.view].raises}
    if row.audience not in (Audience.PAGES, Audience.PUBLIC):
        # Not fetched by a page of this host.
        found.add(NotFound)
    if ("{" in row.path and ":path" not in row.path) or row.body.kind is not Kind.NONE:
        found.add(BadRequest)
    if row.writes:
        found |= {WrongOrigin, WrongType}
    if row.limit.per_minute is not None:
        # A look at the database, which may be busy.
        found |= {TryLater, Unavailable}
    if row.signs_in or (row.audience is Audience.ANYONE and row.writes):
        found.add(Closed)
    if row.adds is Adds.A_DIARY:
        found.add(Closing)
    if row.signs_in:
        found |= {SignedOut, SessionEnded} | (set() if row.for_earlier else {Outdated})
    if row.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED) or OPERATIONS[row.view].by_ticket:
        found.add(NoMatch)
    if row.body.kind is not Kind.NONE:
        found |= {TooLarge, Unavailable}
    return found
