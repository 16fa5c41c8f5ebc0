import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

/** From least to most verbose; `silent` writes nothing. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];

export type Log = Logger;

/**
 * Creates a log of JSON lines with an ISO time and the name of the level. Data of clients is escaped as JSON, so one
 * event is one line.
 *
 * @param name the program, in the field `name` of every line
 * @param destination default: standard output, written synchronously, so that a crash loses no line
 */
export function createLog(name: string, level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
