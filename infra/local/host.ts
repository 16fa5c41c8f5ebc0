/**
 * The part of `process` that is used; only entry files access `process` itself. Tests pass the real one, or parts of
 * another machine.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The Node that runs this, and the applications. */
  readonly execPath: string;
  readonly platform: string;
  readonly arch: string;
  kill(pid: number, signal: NodeJS.Signals | 0): unknown;
}

/** Reports the progress of a slow step: one short line, which replaces the previous one if possible. */
export type Progress = (text: string) => void;
