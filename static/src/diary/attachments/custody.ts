/**
 * The custody record: what was done with each file, when, and by whom, logged automatically. Each device has one
 * record a day and writes later versions of it.
 *
 * [Note: custody costs a save nothing] A line goes into the root, which every save writes anyway. The record itself
 * is sealed when nobody waits: at a lock, every few minutes, or when many lines have gathered. After a hurried lock
 * or a crash the lines stay in the root and are written at the next opening. Only views that no save followed can be
 * lost, and only in a crash.
 */
import { localAt } from '../../record/times.js';
import type { Change } from '../../store/pending.js';
import type { Context, CustodyLog, Held, Open } from '../types.js';
import type { Root, CustodyLine } from '../../store/root.js';

const SOON = 180_000;
const MANY = 60;
/** Lines of one record, which keeps it well below the size limit of a version. A second record continues the day. */
const FULL = 2_000;
/** `detail` of a line about an entry that the server was seen to have erased. */
const ERASED = 'erased_for_good';
/** Views of a file within this time count as one, ms. */
const ONE_LOOK = 600_000;

export class Custody implements CustodyLog {
  ctx: Context;
  openNow: () => Open | null;
  /** Lines that are not in the root yet. */
  loose: CustodyLine[] = [];
  looks: Map<string, number> = new Map();
  timer: unknown = null;

  constructor(ctx: Context, open: () => Open | null) {
    this.ctx = ctx;
    this.openNow = open;
  }

  /** Log a line from outside a transaction. */
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
   * Seal the pending lines; write nothing where there are none.
   * @param options `send`: false at a lock, which must not start to send
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

  /** Seal soon, or at once when many lines are pending: they must not all wait for the lock. */
  overflow() {
    if ((this.openNow()?.store.root.custody?.waiting?.length ?? 0) > MANY) void this.flush().catch(() => undefined);
    else if (this.openNow()?.store.root.custody?.waiting?.length) this.later();
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }
}

/** Add lines to the pending ones of `root`; they are written together with the caller's transaction. */
export function waitingLines(root: Root, lines: CustodyLine[]) {
  root.custody = { on: null, record: null, ...root.custody, waiting: [...(root.custody?.waiting ?? []), ...lines] };
}

/** Return the lines for a file that enters an entry. */
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
 * Return the lines for an entry and its parts that were erased for good. This is the keeper's own evidence, and
 * outlives every version of those records.
 * @param at ms
 */
export function erasedLines(records: readonly string[], at: number): CustodyLine[] {
  return records.map((record) => lineOf(record, at, 'keeper', 'deleted', ERASED));
}

/** Note the records that another device logged as erased; this run checks them (erasing.js). */
export function noteErased(root: Root, lines: unknown) {
  const said = ((Array.isArray(lines) ? lines : []) as CustodyLine[]).filter(
    ({ action, detail }) => action === 'deleted' && detail === ERASED,
  );
  if (said.length)
    root.told_erased = [...new Set([...(root.told_erased ?? []), ...said.map(({ attachment }) => attachment)])];
}
