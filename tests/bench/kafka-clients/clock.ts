export interface Cost {
  records: number;
  seconds: number;
  recordsPerSecond: number;
  /** Processor time of the whole process, native threads included. */
  cpuSecondsPerMillion: number;
}

export function startClock(): { stop(records: number): Cost } {
  const start = performance.now();
  const cpu = process.cpuUsage();
  return {
    stop: (records) => {
      const seconds = (performance.now() - start) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      return {
        records,
        seconds,
        recordsPerSecond: records / seconds,
        cpuSecondsPerMillion: (user + system) / records,
      };
    },
  };
}
