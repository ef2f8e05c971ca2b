/**
 * Automatic lock: after five minutes without input or one minute out of sight, with a countdown for the last twenty
 * seconds. Timers sleep with the computer, so the time is checked again whenever the page becomes visible.
 */

const IDLE_MS = 300_000;
const HIDDEN_MS = 60_000;
const WARNING_MS = 20_000;

export class IdleLock {
  ports: {
    now: () => number;
    visible: () => boolean;
    after: (ms: number, act: () => void) => unknown;
    stop: (timer: unknown) => void;
    onCountdown: (seconds: number | null) => void;
    lock: () => void;
  };
  touchedAt = 0;
  /** When the page went out of sight, ms; null while it is visible */
  hiddenSince: number | null = null;
  timer: unknown = null;
  isWarned = false;

  constructor(ports: {
    now: () => number;
    visible: () => boolean;
    after: (ms: number, act: () => void) => unknown;
    stop: (timer: unknown) => void;
    onCountdown: (seconds: number | null) => void;
    lock: () => void;
  }) {
    this.ports = ports;
  }

  start() {
    this.touchedAt = this.ports.now();
    this.hiddenSince = this.ports.visible() ? null : this.touchedAt;
    this.check();
  }

  stop() {
    if (this.timer) this.ports.stop(this.timer);
    this.timer = null;
  }

  touch() {
    this.touchedAt = this.ports.now();
    if (this.timer && this.isWarned) this.check();
  }

  /** The page went out of sight or came back. */
  seen() {
    if (!this.timer) return;
    if (this.ports.visible()) {
      this.check();
      this.hiddenSince = null;
    } else this.hiddenSince ??= this.ports.now();
    if (this.timer) this.check();
  }

  check() {
    this.stop();
    const now = this.ports.now();
    const remainingMs = Math.min(
      this.touchedAt + IDLE_MS - now,
      this.hiddenSince === null ? Infinity : this.hiddenSince + HIDDEN_MS - now,
    );
    // A clock set back must not keep the page open either.
    if (remainingMs <= 0 || remainingMs > IDLE_MS) return this.ports.lock();
    this.isWarned = remainingMs <= WARNING_MS;
    this.ports.onCountdown(this.isWarned ? Math.ceil(remainingMs / 1000) : null);
    this.timer = this.ports.after(this.isWarned ? Math.min(1000, remainingMs) : remainingMs - WARNING_MS, () =>
      this.check(),
    );
    return undefined;
  }
}
