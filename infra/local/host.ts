/**
 * What is needed of `process`, which only entry files may name; `process` itself is one. Tests give the real one,
 * or a part of another machine.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The Node that runs this, and the applications. */
  readonly execPath: string;
  readonly platform: string;
  readonly arch: string;
  kill(pid: number, signal: NodeJS.Signals | 0): unknown;
}

/** Says what a slow step is doing: one short line, replacing the one before where that can be. */
export type Progress = (text: string) => void;
