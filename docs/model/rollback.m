-- A server that is put back to an older copy of itself, and two devices that send again what it lacks. README.md beside this file
-- says what the model is for.
--
-- The server is honest and is put back RESTORES times at most, at any moment. Answers to pushes may be lost. A device that notices
-- it (fewer numbers, or another head) stops; its keeper says "send again". Warnings are what a reader of the whole feed says: the devices and
-- a new one say the same then.
--
-- WEAKENING plants one fault; 0 is the protocol as docs/formats.md, section 6, has it. The checker must find a counterexample for each of 1 to 6.
--   1 "send again" does not put what the server lacks behind what waits, but forgets it
--   2 no manifest is written after sending again
--   3 the signed head is not compared when nothing is new
--   4 a receipt's number above the end of a device's account is no sign that the server has gone back
--   5 a receipt's number that is another version's in the feed is no sign of it either
--   6 what was acknowledged under a number that something else has is not sent again (found with RESTORES 2)
const
  WEAKENING: 0;
  RESTORES: 1;
  MOST: 5;          -- versions in all
  ENTRIES: 1;       -- entries that each device writes
  LOST: 1;          -- answers to pushes that are lost
  EARLY: 1;         -- manifests that are written before anybody sends again

type
  device: enum {phone, tablet};
  place: 1..MOST;
  id: 0..MOST;                         -- a version, by the order in which they were made; 0 for none
  list: array [place] of id;

var
  -- The server.
  log: list;
  copied: 0..MOST;                     -- how long the log was when the copy was made
  restores: 0..RESTORES;
  lost: 0..LOST;
  -- Versions.
  made: 0..MOST;
  maker: array [place] of device;
  is_manifest: array [place] of boolean;
  length: array [place] of 0..MOST;    -- of the account that a manifest states
  said: array [place] of list;         -- and that account
  counter: array [place] of 0..MOST;
  acknowledged: array [place] of boolean;
  -- Devices.
  entries: array [device] of 0..ENTRIES;
  early: 0..EARLY;
  seq: array [device] of 0..MOST;      -- the end of the device's account
  numbered: array [device] of list;    -- what took which number; above `seq` where a receipt said so and the feed was not read since
  outbox: array [device] of list;
  is_behind: array [device] of boolean;   -- it has noticed; nothing goes until the keeper says "send again"
  stray: array [device] of id;            -- was acknowledged under a number that something else has here
  again: array [device] of boolean;       -- said, and the feed is not read to its end since
  had: array [device] of list;            -- what had numbers then
  is_due: array [device] of boolean;      -- a manifest is

function size(l: list): id;
begin
  for i: place do
    if l[i] = 0 then return i - 1; end;
  end;
  return MOST;
end;

function has(l: list; v: id): boolean;
begin
  return exists i: place do l[i] = v end;
end;

function starts_alike(a: list; b: list; n: id): boolean;
begin
  return forall i: place do i > n | a[i] = b[i] end;
end;

procedure add(var l: list; v: id);
begin
  if v != 0 & !has(l, v) then l[size(l) + 1] := v; end;
end;

procedure remove(var l: list; v: id);
var shorter: list;
begin
  for i: place do shorter[i] := 0; end;
  for i: place do
    if l[i] != v then add(shorter, l[i]); end;
  end;
  l := shorter;
end;

-- The highest number that this device was ever given a receipt for.
function highest(d: device): id;
var top: id;
begin
  top := 0;
  for i: place do
    if numbered[d][i] != 0 then top := i; end;
  end;
  return top;
end;

-- A number that this device was given a receipt for is another version's in the feed.
function has_other(d: device): boolean;
begin
  return exists i: place do i > seq[d] & numbered[d][i] != 0 & log[i] != 0 & numbered[d][i] != log[i] end;
end;

procedure write(d: device; manifest: boolean);
var highest_counter: id;
begin
  made := made + 1;
  maker[made] := d;
  is_manifest[made] := manifest;
  if manifest then
    highest_counter := 0;
    for i: place do
      if i < made & is_manifest[i] & (has(numbered[d], i) | maker[i] = d) & counter[i] > highest_counter then highest_counter := counter[i]; end;
    end;
    length[made] := seq[d];
    counter[made] := highest_counter + 1;
    for i: place do
      if i <= seq[d] then said[made][i] := numbered[d][i]; end;
    end;
    is_due[d] := false;
  end;
  add(outbox[d], made);
end;

-- A manifest names what is not there under that number, and no later one explains it (section 6).
function is_doubted(m: place): boolean;
var first: place;
begin
  if !is_manifest[m] | !has(log, m) | starts_alike(said[m], log, length[m]) then return false; end;
  first := 1;
  for i: place do
    if i <= length[m] & starts_alike(said[m], log, i) & i < MOST then first := i + 1; end;
  end;
  if exists i: place do i <= length[m] & !has(log, said[m][i]) end then return true; end;
  return !exists o: place do
    is_manifest[o] & has(log, o) & counter[o] > counter[m] & length[o] >= first & starts_alike(said[o], log, length[o])
  end;
end;

-- A device numbers what it writes without a gap: one that is missing below one that is there.
function has_gap(d: device): boolean;
begin
  return exists i: place do exists j: place do
    i < j & maker[i] = d & maker[j] = d & has(log, j) & !has(log, i) & i <= made & j <= made
  end end;
end;

-- What a device makes of the feed: the server has fewer numbers than it gave, gave one to another version, or signs another head.
function notices(d: device): boolean;
var n: id;
begin
  n := size(log);
  if n < (WEAKENING = 4 ? seq[d] : highest(d)) then return true; end;
  if has_other(d) & WEAKENING != 5 then return true; end;
  return !starts_alike(numbered[d], log, seq[d]) & (WEAKENING != 3 | n > seq[d]);
end;

-- Nothing waits, and reading the feed changes nothing.
function is_quiet(): boolean;
begin
  return forall d: device do
    outbox[d][1] = 0 & !is_behind[d] & !again[d] & !is_due[d] & seq[d] = size(log) & !notices(d)
  end;
end;

startstate "a diary without a version"
begin
  clear log; clear copied; clear restores; clear lost; clear made; clear maker; clear is_manifest; clear length; clear said; clear counter;
  clear acknowledged; clear entries; clear early; clear seq; clear numbered; clear outbox; clear is_behind; clear stray; clear again; clear had; clear is_due;
end;

rule "the operator copies the server"
  restores < RESTORES & copied != size(log) ==>
begin
  copied := size(log);
end;

rule "the operator puts the server back"
  restores < RESTORES & size(log) > copied ==>
begin
  restores := restores + 1;
  for i: place do
    if i > copied then log[i] := 0; end;
  end;
end;

ruleset d: device do

  rule "a device writes an entry"
    entries[d] < ENTRIES & made < MOST ==>
  begin
    entries[d] := entries[d] + 1;
    write(d, false);
  end;

  rule "a device writes a manifest"
    early < EARLY & restores = 0 & made < MOST & seq[d] > 0 ==>
  begin
    early := early + 1;
    write(d, true);
  end;

  -- At the end of a run, when nothing waits.
  rule "a device writes the manifest that is due"
    is_due[d] & made < MOST & seq[d] > 0 & outbox[d][1] = 0 & !is_behind[d] & !again[d]
    & seq[d] = size(log) & starts_alike(numbered[d], log, seq[d]) ==>
  begin
    write(d, true);
  end;

  ruleset answered: boolean do
    rule "a device sends the first that waits"
      outbox[d][1] != 0 & !is_behind[d] & !again[d] & (answered | (lost < LOST & !has(log, outbox[d][1]))) ==>
    var v, n: id;
    begin
      v := outbox[d][1];
      add(log, v);
      n := 0;
      if !answered then lost := lost + 1; end;
      for i: place do if log[i] = v then n := i; end; end;
      -- The head is compared where the number follows on: then nothing of a wrong answer is taken.
      if answered & (n != seq[d] + 1 | starts_alike(numbered[d], log, seq[d])) then
        acknowledged[v] := true;
        remove(outbox[d], v);
        if numbered[d][n] = 0 | numbered[d][n] = v then
          numbered[d][n] := v;
          if n = seq[d] + 1 then seq[d] := n; end;
        else
          is_behind[d] := true;
          stray[d] := v;
        end;
      end;
    end;
  end;

  rule "a device reads the feed"
    !is_behind[d] & (seq[d] != size(log) | again[d] | notices(d)) ==>
  var n: id;
  begin
    n := size(log);
    if notices(d) then
      is_behind[d] := true;
    else
      for i: place do
        if i > seq[d] & i <= n then
          numbered[d][i] := log[i];
          remove(outbox[d], log[i]);
        end;
      end;
      seq[d] := n;
      if again[d] then
        -- What had a number and is not there waits again, before what was written since.
        for i: place do
          if has(log, had[d][i]) then had[d][i] := 0; end;
        end;
        if WEAKENING != 1 then
          for i: place do if had[d][i] != 0 then remove(outbox[d], had[d][i]); end; end;
          for i: place do
            n := outbox[d][i];
            if n != 0 then add(had[d], n); end;
          end;
          clear outbox[d];
          for i: place do add(outbox[d], had[d][i]); end;
        end;
        clear had[d];
        again[d] := false;
        is_due[d] := WEAKENING != 2;
      end;
    end;
  end;

  rule "the keeper has it sent again"
    is_behind[d] ==>
  begin
    is_behind[d] := false;
    again[d] := true;
    for i: place do
      add(had[d], numbered[d][i]);
    end;
    if WEAKENING != 6 then add(had[d], stray[d]); end;
    stray[d] := 0;
    clear numbered[d];
    seq[d] := 0;
  end;
end;

invariant "when all is quiet, everything that was acknowledged is there"
  !is_quiet() | forall v: place do !acknowledged[v] | has(log, v) end;

invariant "when all is quiet, no device and no new one misses a number"
  !is_quiet() | forall d: device do !has_gap(d) end;

invariant "when all is quiet, no manifest is doubted"
  !is_quiet() | forall m: place do !is_doubted(m) end;

liveness "it becomes quiet" is_quiet() | (made = MOST & exists d: device do is_due[d] end);

cover "put back, and quiet again" restores > 0 & is_quiet() & size(log) > copied + 1;
