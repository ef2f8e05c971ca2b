/**
 * The custody record: what was done with each file, when, and by whom, written by itself. One record for each device
 * and day, each writing a later version of it.
 *
 * [Note: custody costs a save nothing] A line is put into the root, which every save writes anyway; the record itself
 * is sealed when nobody waits: at a lock, every few minutes, or when many lines have gathered. A lock that comes too
 * fast, or a crash, leaves lines in the root, and they are written at the next opening. Only looks that were not
 * followed by anything can be lost, and only in a crash.
 */
import { localAt } from '../../record/times.js';
import type { Change } from '../../store/pending.js';
import type { Context, CustodyLog, Held, Open } from '../types.js';
import type { Root, CustodyLine } from '../../store/root.js';

const SOON = 180_000;
const MANY = 60;
/** A record stays well under what a version may hold; a second one of the day goes on. */
const FULL = 2_000;
/** The detail of a line that says that the server was seen to have erased it. */
const ERASED = 'erased_for_good';
/** Looking twice within this is one look. */
const ONE_LOOK = 600_000;

export class Custody implements CustodyLog {
  ctx: Context;
  openNow: () => Open | null;
  /** Lines not in the root yet */
  loose: CustodyLine[] = [];
  looks: Map<string, number> = new Map();
  timer: unknown = null;

  constructor(ctx: Context, open: () => Open | null) {
    this.ctx = ctx;
    this.openNow = open;
  }

  /** A line from outside a transaction. */
  note(attachment: string, action: CustodyLine['action'], detail?: string) {
    const at = this.ctx.clock.now();
    if (action === 'viewed') {
      if (at - (this.looks.get(attachment) ?? -ONE_LOOK) < ONE_LOOK) return;
      this.looks.set(attachment, at);
    }
    this.loose.push(lineOf(attachment, at, 'keeper', action, detail));
    this.later();
  }

  later() {
    this.timer ??= this.ctx.timers.after(SOON, () => void this.flush().catch(() => undefined));
  }

  /**
   * Seals what has gathered; nothing is written where there is nothing to say.
   * @param how a lock does not begin to send
   */
  async flush({ send = true }: { send?: boolean } = {}) {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    const open = this.openNow();
    if (!open?.identity || !(this.loose.length || open.store.root.custody?.waiting?.length)) return;
    const taken = this.loose;
    this.loose = [];
    try {
      await open.store.change((root, change) => this.write(open, root, change, taken));
    } catch (error) {
      this.loose = [...taken, ...this.loose];
      throw error;
    }
    if (send) this.openNow()?.syncing.kick();
  }

  async write(open: Open, root: Root, change: Change, taken: CustodyLine[]) {
    const lines = [...(root.custody?.waiting ?? []), ...taken];
    const on = localAt(this.ctx.clock.now(), this.ctx.zone()).slice(0, 10);
    const batch = open.book.batch(root, change);
    let record = root.custody?.on === on ? root.custody.record : null;
    const before = record
      ? await open.book.newest(record, batch).then(
          ({ fields }) => fields.lines ?? [],
          () => [],
        )
      : [];
    const isFull = before.length + lines.length > FULL;
    if (isFull || !before.length) record = null;
    const staged = await open.book.stage(batch, {
      kind: 'custody',
      ...(record ? { record } : {}),
      open: { on, lines: record ? [...before, ...lines] : lines },
    });
    root.custody = { on, record: staged.record, waiting: [] };
  }

  /** Many lines are not left to wait for the lock. */
  overflow() {
    if ((this.openNow()?.store.root.custody?.waiting?.length ?? 0) > MANY) void this.flush().catch(() => undefined);
    else if (this.openNow()?.store.root.custody?.waiting?.length) this.later();
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }
}

/** Lines that go with a transaction, whatever becomes of it. */
export function waitingLines(root: Root, lines: CustodyLine[]) {
  root.custody = { on: null, record: null, ...root.custody, waiting: [...(root.custody?.waiting ?? []), ...lines] };
}

/** What is noted of a file when it enters an entry. */
export function arrival({ attachment, received_at, sha256, route }: Held): CustodyLine[] {
  return [
    lineOf(attachment, received_at, 'app', 'received', route),
    lineOf(attachment, received_at, 'app', 'hashed', sha256),
  ];
}

export function lineOf(
  attachment: string,
  at: number,
  actor: CustodyLine['actor'],
  action: CustodyLine['action'],
  detail?: string,
): CustodyLine {
  return { attachment, at, actor, action, ...(detail ? { detail } : {}) };
}

/**
 * An entry and what belonged to it were erased for good: the keeper's own word for it, which outlives every version of
 * theirs.
 * @param at ms
 */
export function erasedLines(records: readonly string[], at: number): CustodyLine[] {
  return records.map((record) => lineOf(record, at, 'keeper', 'deleted', ERASED));
}

/** What another device says was erased, to be looked at in this run (erasing.js). */
export function noteErased(root: Root, lines: unknown) {
  const said = ((Array.isArray(lines) ? lines : []) as CustodyLine[]).filter(
    ({ action, detail }) => action === 'deleted' && detail === ERASED,
  );
  if (said.length)
    root.told_erased = [...new Set([...(root.told_erased ?? []), ...said.map(({ attachment }) => attachment)])];
}
