/** What an adapter has to provide so that the frame (run.ts) can run a command on its host. */
import type { HostIdentity } from '../access/index.js';
import type { Failure } from '../commands/index.js';
import type { HostName, OutputName, ProblemList, RawValues } from '../inputs/index.js';
import type { Secrets } from '../ports.js';
import type { Printer } from './log.js';
import type { SecretMasker } from './secret-masker.js';
import type { SummaryFormat } from './summary.js';

/** One host; translates, and decides nothing. */
export interface Host {
  readonly name: HostName;
  /** Knows every secret of the run; shared by all that prints. */
  readonly masker: SecretMasker;
  readonly printer: Printer;
  /** The host's environment variables, without those that carry inputs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tempDirectory: string;
  readonly workingDirectory: string;
  /** Tells the host's own log to hide a text of one line. */
  registerSecret(form: string): void;
  /** The name of the command, as given. */
  command(): string;
  /** Names of all inputs that have a value, known or not, as the environment spells them. */
  readonly givenInputs: readonly string[];
  /** Whether the host itself warns of inputs that nobody knows. */
  readonly warnsOfUnknown: boolean;
  /** The text of an input, empty when it is not set. Must not print it. */
  input(name: string): string;
  /**
   * Masks what it reads before it does anything else with it.
   * @param parse takes what is wrong with the input that something is read for.
   */
  identity(inputs: RawValues, secrets: Secrets, parse: ProblemList['parse']): HostIdentity;
  /** Asks a person, without showing the answer; absent where nobody is there to answer. */
  readonly askSecret?: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
  /**
   * Makes sure, before anything happens, that outputs and summary can be written.
   * @throws {TrustError} FILE_NOT_WRITTEN
   */
  prove?(): Promise<void>;
  setOutput(name: OutputName, value: string): void;
  /** Prints a document that is the result of the run; without it, as lines of the log. */
  print?(document: string): void;
  /** Takes the trust report, as often as it is written. */
  keepReport?(report: object): void;
  readonly summaryFormat: SummaryFormat;
  /** Absent where nobody has asked for a summary. */
  readonly addSummary?: ((markdown: string) => Promise<void>) | undefined;
  registerCleanup(path: string): void;
  /** Tells the failure, made safe, as the last thing of the run. */
  fail(failure: Failure): void;
  /** Says the last words of the run, after a failure too. */
  finish?(): Promise<void>;
}
