/** What a host hands to a command: its ports and the facts of its surroundings. */
import type { HostIdentity } from '../access/index.js';
import type { OutputName, ProblemList } from '../inputs/index.js';
import type { Aftermath, Failure } from '../report/failure.js';
import type { AskSecret, Machine, Secrets } from '../ports.js';

/** What a host hands in. */
export interface HostContext extends Machine {
  readonly secrets: Secrets;
  /** Absent where nobody can be asked. */
  readonly askSecret?: AskSecret | undefined;
  readonly identity: HostIdentity;
  /** What is known to be wrong with the inputs; whoever reads them adds to it, then throws it. */
  readonly problems: ProblemList;
  /** Sets an output as soon as its value is known, so that it survives a later failure. */
  setOutput(name: OutputName, value: string): void;
  /**
   * `document` as JSON that may be read by anybody and printed anywhere: secrets are blotted out of
   * its texts, and no line of it is a command to a host.
   */
  toJson(document: object, indent: number): string;
  /**
   * Prints a document that is itself the result of the run, on its own where the host can: as JSON, or
   * as the text that it is.
   */
  print(document: object | string, indent?: number): void;
  /** Takes the trust report besides its file, as often as it is written. */
  keepReport(report: object): void;
  /** Adds Markdown to the job's summary; absent where there is none. */
  readonly addSummary?: ((markdown: string) => Promise<void>) | undefined;
  /** Why a run fails that throws this; the host knows of signals and crashes, too. */
  explain(thrown: unknown): Failure;
  /**
   * Registers who tells what the run has changed by then, should it fail: asked whatever the failure
   * is, a signal and a fault of ours included.
   */
  onFailure(tell: () => Aftermath): void;
}

/** What a host hands in, but for what concerns the reading of inputs. */
export type Ports = Omit<HostContext, 'problems'>;
