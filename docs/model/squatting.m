-- Changing the keys while others try to prevent it. README.md beside this file says what the model is for.
--
-- The server is honest here: one that is not can refuse everything. The keeper changes the keys on the phone, with the words or with the
-- recovery code. Another device of theirs, and whoever stole a session, push versions without end. WORDS_KNOWN adds somebody who knows the
-- words: they begin a change of keys of their own, set new words, and end the phone's session, ACTS times in all. They do not make
-- a new recovery code and do not finish their change: threats.md, G-7 and G-8, says what is lost then.
--
-- WEAKENING plants one fault; 0 is the protocol. The checker must find a counterexample for each of 1 to 4.
--   1 versions are taken in while a change of keys is alive
--   2 a change that finds something written since is not kept, so that it does not hold pushes up
--   3 a session alone may begin a change of keys
--   4 the recovery code has no precedence over the words
const
  WEAKENING: 0;
  WORDS_KNOWN: false;   -- the checker is run for both
  ACTS: 3;

type
  person: enum {nobody, keeper, stranger};
  appstate: enum {open, closed, reopened};
  step: enum {idle, proved, caught_up, begun, wrapped, finished};

var
  -- The server.
  change_of: person;          -- whose change of keys is kept
  by_code: boolean;           -- it was begun with the recovery code
  alive: boolean;             -- begun or got further less than ten minutes ago
  stated_end: boolean;        -- its statement names the diary's last number
  all_wrapped: boolean;       -- every version has its wrap
  words_hold: boolean;        -- the keeper's words are still the account's
  -- The phone.
  with_code: boolean;         -- the keeper typed the recovery code
  at: step;
  is_current: boolean;        -- it has seen the diary's last number
  signed_in: boolean;
  begun_before: 0..12;        -- how often it had to begin again since the app was opened
  app: appstate;              -- closed in the middle, once at most
  -- The stranger.
  acts: 0..ACTS;

-- Whether `who` may put a change in the place of the one that is kept
-- (storage/account_changes/key_rotation.py, Note: concurrent changes of keys).
function may_begin(who: person; code: boolean): boolean;
begin
  return change_of = nobody | change_of = who | !alive | code | !by_code | WEAKENING = 4;
end;

procedure begin_again();
begin
  begun_before := begun_before + 1;
  at := idle;
end;

-- A version is appended by another device or by whoever stole a session.
procedure append();
begin
  is_current := false;
  stated_end := false;
  all_wrapped := false;
end;

ruleset code: boolean do
  startstate "a diary of two devices"
  begin
    change_of := nobody;
    by_code := false;
    alive := false;
    stated_end := false;
    all_wrapped := false;
    words_hold := true;
    with_code := code;
    at := idle;
    is_current := false;
    signed_in := true;
    begun_before := 0;
    app := open;
    acts := 0;
  end;
end;

-- The keeper's phone: prove, fetch and state the end, begin, wrap, commit. Each step is one answer of the server.

rule "the phone proves"
  at = idle & (with_code | (words_hold & signed_in)) ==>
begin
  if app = closed then app := reopened; end;
  signed_in := true;
  at := proved;
end;

rule "the phone fetches the diary to its end"
  at = proved & signed_in ==>
begin
  is_current := true;
  at := caught_up;
end;

rule "the phone begins the change"
  at = caught_up & signed_in & (with_code | words_hold) & may_begin(keeper, with_code) ==>
begin
  if is_current | WEAKENING != 2 then
    change_of := keeper;
    by_code := with_code;
    alive := true;
    stated_end := is_current;
    all_wrapped := false;
  end;
  if is_current then at := begun; else begin_again(); end;
end;

rule "the phone is refused: another change was begun with the code"
  at = caught_up & signed_in & !may_begin(keeper, with_code) ==>
begin
  begin_again();
end;

rule "the phone sends the wraps"
  at = begun & signed_in & change_of = keeper & alive ==>
begin
  all_wrapped := stated_end;
  at := wrapped;
end;

rule "the phone finishes"
  at = wrapped & signed_in & (with_code | words_hold) & change_of = keeper & alive & all_wrapped & stated_end ==>
begin
  at := finished;
end;

rule "the phone is refused: something was written, or other keys were begun"
  (at = begun | at = wrapped) & signed_in & (change_of != keeper | (at = wrapped & !(all_wrapped & stated_end))) ==>
begin
  begin_again();
end;

rule "the phone finds its session ended or its words replaced"
  at != idle & at != finished & (!signed_in | (!with_code & !words_hold)) ==>
begin
  begin_again();
end;

rule "the app is closed on the way"
  app = open & at != idle & at != finished ==>
begin
  app := closed;
  at := idle;
  begun_before := 0;
end;

-- The keeper's phone works on: ten minutes pass only over a change of somebody else's, or one that was left lying.
rule "ten minutes pass"
  alive & (change_of = stranger | app = closed) ==>
begin
  alive := false;
end;

-- Everybody else.

rule "a version is pushed"
  at != finished & (change_of = nobody | !alive | WEAKENING = 1) ==>
begin
  append();
end;

rule "whoever stole a session begins a change"
  WEAKENING = 3 & at != finished & may_begin(stranger, false) ==>
begin
  change_of := stranger;
  by_code := false;
  alive := true;
end;

rule "somebody who knows the words begins a change"
  WORDS_KNOWN & acts < ACTS & words_hold & at != finished & may_begin(stranger, false) ==>
begin
  acts := acts + 1;
  change_of := stranger;
  by_code := false;
  alive := true;
end;

rule "somebody who knows the words ends the phone's session"
  WORDS_KNOWN & acts < ACTS & words_hold & at != finished ==>
begin
  acts := acts + 1;
  signed_in := false;
end;

-- The words end what was begun with the words, and every other session.
rule "somebody who knows the words sets new ones"
  WORDS_KNOWN & acts < ACTS & words_hold & at != finished ==>
begin
  acts := acts + 1;
  words_hold := false;
  signed_in := false;
  if change_of != nobody & !by_code then
    change_of := nobody;
    alive := false;
  end;
end;

-- A keeper's steps are always possible, and each round is short: so few rounds mean that it ends.
invariant "whoever pushes, the keeper begins twice at most"
  WORDS_KNOWN | begun_before <= 1;

invariant "with the code each act of somebody who knows the words costs one more beginning at most"
  !WORDS_KNOWN | !with_code | begun_before <= 1 + acts;

invariant "the phone always has a next step"
  at = finished | (!with_code & !(words_hold & signed_in))
  | at = idle
  | (at = proved & signed_in)
  | (at = caught_up & signed_in)
  | (at = begun & signed_in & (alive | change_of != keeper))
  | (at = wrapped & signed_in & (change_of != keeper | !(all_wrapped & stated_end) | alive))
  | (!signed_in | (!with_code & !words_hold));

liveness "the keys can always be changed in the end"
  at = finished | (!with_code & WORDS_KNOWN);

cover "with the words" at = finished & !with_code;
cover "with the code" at = finished & with_code;
cover "begun twice" at = finished & begun_before = 1;
