/** What the frame hands to a command: the ports of its host, and what the run itself keeps. */
import type { OutputName } from '../inputs/index.js';
import type { Access } from '../access/index.js';
import type { Ports } from './context.js';

/** Everything that a command may know and do; `O` are the outputs that it may set. */
export interface Run<O extends OutputName = never> extends Omit<Ports, 'setOutput'> {
  /** Sets an output before the report does, because its value stands whatever fails later. */
  readonly setOutput: (name: O, value: string) => void;
  /** What the log has warned of; each warning is told once, and stands in the report. */
  readonly warnings: readonly string[];
  readonly access: Access;
  /**
   * Writes the trust report as it is by now, for what must be known if the run is cut off. The report
   * keeps it when the command throws.
   */
  readonly saveReport: (facts: object) => Promise<void>;
}
