/** Measure work in processor time. Unlike wall-clock time, a busy machine hardly changes it. */

/** Start measuring. @returns {() => number} this process's processor time since then, ms */
export function measureCpu() {
  const from = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  };
}
