/** What the owner of a stack and its keeper say to each other: JSON, one message a line. */

/** How to start one server. Paths are absolute; the environment is complete. */
export interface ServerCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Receives standard output and standard error, appended. */
  readonly logFile: string;
  /** Run in process, mount and network namespaces of its own. */
  readonly isolated: boolean;
}

export type Request =
  | { readonly kind: 'start'; readonly id: string; readonly command: ServerCommand }
  | { readonly kind: 'stop'; readonly id: string };

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'started'; readonly id: string; readonly pid: number }
  | { readonly kind: 'ended'; readonly id: string; readonly how: string };
