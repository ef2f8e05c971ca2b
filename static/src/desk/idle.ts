/**
 * Automatic lock: after five minutes without input or one minute out of sight, with a countdown for the last twenty
 * seconds. Timers sleep with the computer, so the time is checked again whenever the page becomes visible.
 */

const UNTOUCHED = 300_000;
const UNSEEN = 60_000;
const WARNING = 20_000;

export class Idle {
  ports: {
    now: () => number;
    visible: () => boolean;
    after: (ms: number, act: () => void) => unknown;
    stop: (timer: unknown) => void;
    tell: (seconds: number | null) => void;
    lock: () => void;
  };
  touched = 0;
  /** When the page went out of sight, ms; null while it is visible */
  hidden: number | null = null;
  timer: unknown = null;
  warned = false;

  constructor(ports: {
    now: () => number;
    visible: () => boolean;
    after: (ms: number, act: () => void) => unknown;
    stop: (timer: unknown) => void;
    tell: (seconds: number | null) => void;
    lock: () => void;
  }) {
    this.ports = ports;
  }

  start() {
    this.touched = this.ports.now();
    this.hidden = this.ports.visible() ? null : this.touched;
    this.look();
  }

  stop() {
    if (this.timer) this.ports.stop(this.timer);
    this.timer = null;
  }

  touch() {
    this.touched = this.ports.now();
    if (this.timer && this.warned) this.look();
  }

  /** The page went out of sight or came back. */
  seen() {
    if (!this.timer) return;
    if (this.ports.visible()) {
      this.look();
      this.hidden = null;
    } else this.hidden ??= this.ports.now();
    if (this.timer) this.look();
  }

  look() {
    this.stop();
    const now = this.ports.now();
    const left = Math.min(this.touched + UNTOUCHED - now, this.hidden === null ? Infinity : this.hidden + UNSEEN - now);
    // A clock set back must not keep the page open either.
    if (left <= 0 || left > UNTOUCHED) return this.ports.lock();
    this.warned = left <= WARNING;
    this.ports.tell(this.warned ? Math.ceil(left / 1000) : null);
    this.timer = this.ports.after(this.warned ? Math.min(1000, left) : left - WARNING, () => this.look());
    return undefined;
  }
}
