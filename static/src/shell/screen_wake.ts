/**
 * Keep the screen on where the browser can. A screen that goes dark hides the page, and a hidden diary locks.
 * @returns a function that lets the screen go dark again
 */
export function keepScreenOn(): () => void {
  let lock: WakeLockSentinel | null = null;
  let isEnded = false;
  const release = () => {
    void lock?.release().catch(() => undefined);
    lock = null;
  };
  const request = async () => {
    if (isEnded || document.visibilityState !== 'visible') return;
    // Refused when the battery is low, for one.
    lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
    if (isEnded) release();
  };
  // The browser ends a lock when the page is hidden.
  document.addEventListener('visibilitychange', request);
  void request();
  return () => {
    isEnded = true;
    document.removeEventListener('visibilitychange', request);
    release();
  };
}
