import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

/** From the least to the most talkative; `silent` writes nothing. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];

export type Log = Logger;

/**
 * JSON lines with an ISO time and the level as a word. Whatever a client sent is escaped as JSON text, so one
 * event is one line.
 *
 * @param name the program, in the field `name` of every line
 * @param destination default: standard output, written at once, so that a crash loses nothing
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
