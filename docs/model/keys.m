-- Rotation, grants and revocation: who can open what. README.md beside this file says what the model is for.
--
-- The server is the attacker's. It keeps every ciphertext that was ever sent to it, and shows each device whatever it likes of them.
-- With it stand the advocate, who is given a grant and goes on using its key after the end, and a thief who has everything that the
-- account had before the keeper changed the keys: words, recovery code, account key, diary key, signing key and session.
--
-- WEAKENING plants one fault; 0 is the protocol as docs/formats.md has it. The checker must find a counterexample for each of 1 to 8.
--   1 the diary key stays the same when the keys are changed          (section 4b)
--   2 the recovery code of before still wraps the new account key     (4b)
--   3 what waits to be sent is not sealed anew under the new keys     (4b)
--   4 a device may follow a change of keys with the words of before   (4b)
--   5 the server's word that a grant stands is believed               (8)
--   6 versions are given though a number on their line is missing     (8)
--   7 the keeper's copy of a grant is moved to the new keys           (4b: new keys end all grants)
--   8 the server passes a missing version off as erased for good      (6): not planted, this is so. threats.md says it under T8.
const
  WEAKENING: 0;
  LONGEST: 2;      -- versions that the phone writes
  TABLETS: 2;      -- versions that the tablet writes

type
  device: enum {phone, tablet};
  number: 1..LONGEST;
  -- Sets of keys: `before` and `after` the keeper's change, and one that the thief makes and signs with the key of before.
  keys: enum {before, after, thiefs};
  kind: enum {entry, consent};
  version: record
    kind: kind;
    sealed_for: keys;         -- the set whose diary key wraps it
    sent: boolean;            -- a request with it left the device; the server has it
    acknowledged: boolean;
    protected: boolean;       -- property 1 speaks of it
    after_the_end: boolean;   -- made by a device that knew that the grant had ended
  end;

var
  -- Devices.
  uses: array [device] of keys;
  written: array [device] of 0..LONGEST;
  versions: array [device] of array [number] of version;
  seen: array [device] of array [number] of boolean;   -- of the other device's line
  knows_end: array [device] of boolean;
  -- What the server was sent, by the key that opens it.
  account_by_words: array [keys] of array [keys] of boolean;   -- account key of the first, wrapped under the words of the second
  account_by_code: array [keys] of array [keys] of boolean;    -- the same, under the recovery code of the second
  diary_by_account: array [keys] of boolean;
  version_by_diary: array [device] of array [number] of array [keys] of boolean;
  version_by_grant: array [device] of array [number] of boolean;
  grant_by_account: array [keys] of boolean;
  follows: array [keys] of array [keys] of boolean;            -- the signed statements of the first lead on from the second
  -- The others.
  was_lost: boolean;           -- an answer; one at most
  granted: boolean;            -- the advocate has the grant's key

function other(d: device): device;
begin
  if d = phone then return tablet; end;
  return phone;
end;

-- A number is missing below one that was seen. The line is dense (section 5), so nobody else can make it look whole.
function has_gap(d: device): boolean;
begin
  return exists i: number do exists j: number do i < j & !seen[d][i] & seen[d][j] end end;
end;

-- Whether this device may give wraps for the grant.
function may_give(d: device): boolean;
begin
  if !granted | (!grant_by_account[uses[d]]) then return false; end;
  if knows_end[d] & WEAKENING != 5 then return false; end;
  if has_gap(d) & WEAKENING != 6 & WEAKENING != 8 then return false; end;
  return true;
end;

-- The attacker's terms, closed under opening: is the key of this version among them?
function opens(d: device; n: number; with_thief: boolean; with_advocate: boolean): boolean;
var
  account: array [keys] of boolean;
  diary: array [keys] of boolean;
  grant: boolean;
begin
  -- What was stolen, and what the thief made.
  for k: keys do
    account[k] := with_thief & (k = before | k = thiefs);
    diary[k] := account[k];
  end;
  grant := with_advocate & granted;
  -- Ciphertexts whose key is known. Words of before, and the code of before, are the thief's; others nobody's but the keeper's.
  if with_thief then
    for k: keys do
      if account_by_words[k][before] | account_by_code[k][before] then account[k] := true; end;
    end;
  end;
  for k: keys do
    if account[k] & diary_by_account[k] then diary[k] := true; end;
    if account[k] & grant_by_account[k] then grant := true; end;
  end;
  if WEAKENING = 1 & diary[before] then
    diary[after] := true;
  end;
  return (grant & version_by_grant[d][n]) | exists k: keys do diary[k] & version_by_diary[d][n][k] end;
end;

-- Each run to the server ends with giving what may be given and was not yet. Earlier is worse than later, so it is given at once.
procedure give(d: device);
begin
  if may_give(d) then
    for n: number do
      if versions[d][n].sent & versions[d][n].kind = entry then version_by_grant[d][n] := true; end;
      if seen[d][n] & versions[other(d)][n].kind = entry then version_by_grant[other(d)][n] := true; end;
    end;
  end;
end;

-- The device goes over to a set of keys. What no server acknowledged is sealed anew.
procedure adopt(d: device; k: keys);
begin
  uses[d] := k;
  for n: number do
    if n <= written[d] & !versions[d][n].acknowledged & WEAKENING != 3 then
      versions[d][n].sealed_for := k;
    end;
    if n <= written[d] & !versions[d][n].sent & k = after then versions[d][n].protected := true; end;
  end;
end;

procedure write(d: device; what: kind);
var n: 0..LONGEST;
begin
  n := written[d] + 1;
  written[d] := n;
  versions[d][n].kind := what;
  versions[d][n].sealed_for := uses[d];
  versions[d][n].protected := uses[d] = after;
  versions[d][n].after_the_end := knows_end[d] & what = entry;
end;

startstate "two devices of one diary"
begin
  clear uses;
  clear written;
  clear seen;
  clear knows_end;
  clear account_by_words;
  clear account_by_code;
  clear diary_by_account;
  clear version_by_diary;
  clear version_by_grant;
  clear grant_by_account;
  clear follows;
  clear was_lost;
  clear granted;
  clear versions;
  for d: device do uses[d] := before; end;
  account_by_words[before][before] := true;
  account_by_code[before][before] := true;
  diary_by_account[before] := true;
  -- The thief can make keys, let the key of before vouch for them, and seal them to any words he knows.
  account_by_words[thiefs][before] := true;
  diary_by_account[thiefs] := true;
  follows[thiefs][before] := true;
end;

-- New account key, diary key, signing key and words; new wraps for all that this device holds; the old key vouches for the new.
-- The keeper does this on the phone; squatting.m has the case of two who do it at once.
rule "the keeper changes the keys, on the phone"
  !diary_by_account[after] & uses[phone] != thiefs ==>
begin
  account_by_words[after][after] := true;
  diary_by_account[after] := true;
  if WEAKENING = 2 then account_by_code[after][before] := true; end;
  if WEAKENING = 7 & grant_by_account[before] then grant_by_account[after] := true; end;
  follows[after][before] := true;
  for n: number do
    if versions[phone][n].acknowledged then version_by_diary[phone][n][after] := true; end;
    if seen[phone][n] then version_by_diary[tablet][n][after] := true; end;
  end;
  adopt(phone, after);
end;

ruleset d: device do

  rule "a device writes an entry"
    written[d] < (d = phone ? LONGEST : TABLETS) ==>
  begin
    write(d, entry);
  end;

  rule "a device lets the advocate in"
    !granted & uses[d] != thiefs ==>
  begin
    granted := true;
    grant_by_account[uses[d]] := true;
    give(d);
    give(other(d));
  end;

  rule "a device ends the grant"
    granted & !knows_end[d] & written[d] < (d = phone ? LONGEST : TABLETS) ==>
  begin
    knows_end[d] := true;
    write(d, consent);
  end;

  -- The server shows a set of keys. The device takes it when the words that are typed open it and its own key leads on to it.
  ruleset k: keys; words: keys do
    rule "a device follows keys that the server shows"
      follows[k][uses[d]] & account_by_words[k][words]
      & (words != before | !diary_by_account[after] | WEAKENING = 4)   -- the keeper does not type words that were replaced
      ==>
    begin
      assert "after the change no device is led to keys that the thief has" k != thiefs | !diary_by_account[after];
      adopt(d, k);
    end;
  end;

  ruleset n: number do
    rule "a device sends a version and the server acknowledges it"
      n <= written[d] & !versions[d][n].acknowledged & (n = 1 | versions[d][n = 1 ? 1 : n - 1].sent) ==>
    begin
      version_by_diary[d][n][versions[d][n].sealed_for] := true;
      versions[d][n].sent := true;
      versions[d][n].acknowledged := true;
      give(d);
    end;

    rule "a device sends a version and gets no answer"
      n <= written[d] & !versions[d][n].acknowledged & (n = 1 | versions[d][n = 1 ? 1 : n - 1].sent)
      & !version_by_diary[d][n][versions[d][n].sealed_for] & !was_lost ==>
    begin
      version_by_diary[d][n][versions[d][n].sealed_for] := true;
      versions[d][n].sent := true;
      was_lost := true;
      give(d);
    end;

    -- In any order, and leaving out any.
    rule "the server shows a device a version of the other"
      versions[other(d)][n].sent & !seen[d][n] & version_by_diary[other(d)][n][uses[d]] ==>
    begin
      seen[d][n] := true;
      if versions[other(d)][n].kind = consent then knows_end[d] := true; end;
      give(d);
    end;
  end;
end;

invariant "keys of the past open nothing that was made after the change"
  forall d: device do forall n: number do
    !versions[d][n].protected | !opens(d, n, true, false)
  end end;

invariant "a withheld revocation gives nothing that was made after it"
  forall d: device do forall n: number do
    !versions[d][n].after_the_end | !opens(d, n, false, true)
  end end;

invariant "an ended grant and keys of the past together open nothing that was made after both"
  forall d: device do forall n: number do
    !(versions[d][n].protected & versions[d][n].after_the_end) | !opens(d, n, true, true)
  end end;

-- The model can do what it is about: otherwise an invariant could hold for want of anything to break it.
cover "a device followed the other's keys" uses[tablet] = after;
cover "a device was led to the thief's keys before any change" uses[tablet] = thiefs;
cover "the advocate opens something" exists d: device do exists n: number do opens(d, n, false, true) end end;
cover "something was made after both" exists d: device do exists n: number do versions[d][n].protected & versions[d][n].after_the_end & versions[d][n].acknowledged end end;
