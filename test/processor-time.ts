/** How long work takes on any machine, however busy it is with something else. */

/** Seconds of the processor that `work` takes. */
export function processorSeconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1e6;
}
