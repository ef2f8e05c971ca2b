/** How much work something takes: processor time, which a busy machine does not change as it does the clock on the wall. */

/** Begins to count. @returns {() => number} ms of processor time of this process since */
export function effort() {
  const from = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  };
}
