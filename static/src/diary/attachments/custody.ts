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
import type { Context, CustodyLog, DraftFile, Open } from '../types.js';
import type { Root, CustodyLine } from '../../store/root.js';

const FLUSH_DELAY_MS = 180_000;
const MAX_PENDING = 60;
/** Lines of one record, which keeps it well below the size limit of a version. A second record continues the day. */
const MAX_LINES = 2_000;
/** `detail` of a line about an entry that the server was seen to have erased. */
const ERASED_DETAIL = 'erased_for_good';
/** Views of a file within this time count as one, ms. */
const SAME_VIEW_MS = 600_000;

export class Custody implements CustodyLog {
  ctx: Context;
  getOpen: () => Open | null;
  /** Lines that are not in the root yet. */
  unsavedLines: CustodyLine[] = [];
  lastViews: Map<string, number> = new Map();
  timer: unknown = null;

  constructor(ctx: Context, open: () => Open | null) {
    this.ctx = ctx;
    this.getOpen = open;
  }

  /** Log a line from outside a transaction. */
  log(attachment: string, action: CustodyLine['action'], detail?: string) {
    const at = this.ctx.clock.now();
    if (action === 'viewed') {
      if (at - (this.lastViews.get(attachment) ?? -SAME_VIEW_MS) < SAME_VIEW_MS) return;
      this.lastViews.set(attachment, at);
    }
    this.unsavedLines.push(custodyLine(attachment, at, 'keeper', action, detail));
    this.scheduleFlush();
  }

  scheduleFlush() {
    this.timer ??= this.ctx.timers.after(FLUSH_DELAY_MS, () => void this.flush().catch(() => undefined));
  }

  /**
   * Seal the pending lines; write nothing where there are none.
   * @param options `send`: false at a lock, which must not start to send
   */
  async flush({ send = true }: { send?: boolean } = {}) {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
    const open = this.getOpen();
    if (!open?.identity || !(this.unsavedLines.length || open.store.root.custody?.waiting?.length)) return;
    const pendingLines = this.unsavedLines;
    this.unsavedLines = [];
    try {
      await open.store.change((root, change) => this.write(open, root, change, pendingLines));
    } catch (error) {
      this.unsavedLines = [...pendingLines, ...this.unsavedLines];
      throw error;
    }
    if (send) this.getOpen()?.syncing.kick();
  }

  async write(open: Open, root: Root, change: Change, newLines: CustodyLine[]) {
    const lines = [...(root.custody?.waiting ?? []), ...newLines];
    const day = localAt(this.ctx.clock.now(), this.ctx.zone()).slice(0, 10);
    const batch = open.book.batch(root, change);
    let record = root.custody?.on === day ? root.custody.record : null;
    const earlierLines = record
      ? await open.book.newest(record, batch).then(
          ({ fields }) => fields.lines ?? [],
          () => [],
        )
      : [];
    const isFull = earlierLines.length + lines.length > MAX_LINES;
    if (isFull || !earlierLines.length) record = null;
    const staged = await open.book.stage(batch, {
      kind: 'custody',
      ...(record ? { record } : {}),
      open: { on: day, lines: record ? [...earlierLines, ...lines] : lines },
    });
    root.custody = { on: day, record: staged.record, waiting: [] };
  }

  /** Seal soon, or at once when many lines are pending: they must not all wait for the lock. */
  flushIfMany() {
    if ((this.getOpen()?.store.root.custody?.waiting?.length ?? 0) > MAX_PENDING)
      void this.flush().catch(() => undefined);
    else if (this.getOpen()?.store.root.custody?.waiting?.length) this.scheduleFlush();
  }

  stop() {
    if (this.timer) this.ctx.timers.stop(this.timer);
    this.timer = null;
  }
}

/** Add lines to the pending ones of `root`; they are written together with the caller's transaction. */
export function addPendingLines(root: Root, lines: CustodyLine[]) {
  root.custody = { on: null, record: null, ...root.custody, waiting: [...(root.custody?.waiting ?? []), ...lines] };
}

/** Return the lines for a file that enters an entry. */
export function arrivalLines({ attachment, received_at, sha256, route }: DraftFile): CustodyLine[] {
  return [
    custodyLine(attachment, received_at, 'app', 'received', route),
    custodyLine(attachment, received_at, 'app', 'hashed', sha256),
  ];
}

export function custodyLine(
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
export function erasureLines(records: readonly string[], at: number): CustodyLine[] {
  return records.map((record) => custodyLine(record, at, 'keeper', 'deleted', ERASED_DETAIL));
}

/** Note the records that another device logged as erased; this run checks them (erasing.js). */
export function noteErasures(root: Root, lines: unknown) {
  const erased = ((Array.isArray(lines) ? lines : []) as CustodyLine[]).filter(
    ({ action, detail }) => action === 'deleted' && detail === ERASED_DETAIL,
  );
  if (erased.length)
    root.told_erased = [...new Set([...(root.told_erased ?? []), ...erased.map(({ attachment }) => attachment)])];
}
