/**
 * What a run hands on to its host: outputs, a summary, folders to remove. By then things have been
 * done, so what cannot be handed on never takes the place of what has become of them.
 */
import { TrustError, messageOf } from '../errors.js';
import { inputNameOn, type OutputName } from '../inputs/index.js';
import type { Log } from '../ports.js';
import type { Host } from './host.js';
import { renderSummary } from './summary.js';

/** Hands on, and remembers what did not arrive. */
interface HostOutputs {
  readonly setOutput: (name: OutputName, value: string) => void;
  /** Absent where the host takes none. */
  readonly addSummary: ((markdown: string) => Promise<void>) | undefined;
  /** Whether there was one to hand on. */
  readonly hasSummary: () => boolean;
  /** @throws {TrustError} FILE_NOT_WRITTEN */
  readonly registerCleanup: (path: string) => void;
  /** Why outputs are missing, if any are. */
  lost(): TrustError | undefined;
}

/** Gives the {@link HostOutputs} of a run. */
export function createHostOutputs(
  host: Pick<
    Host,
    'name' | 'setOutput' | 'addSummary' | 'summaryFormat' | 'registerCleanup' | 'masker'
  >,
  log: Pick<Log, 'warn'>,
): HostOutputs {
  const { addSummary } = host;
  const missing = new Set<OutputName>();
  let why: unknown;
  let hasSummary = false;
  return {
    setOutput: (name, value) => {
      const redacted = host.masker.redact(value);
      if (redacted !== value) {
        log.warn(
          `The output "${inputNameOn(host.name, name)}" holds a secret of this run and was masked. Use a secret that is not part of a name.`,
        );
      }
      try {
        host.setOutput(name, redacted);
      } catch (thrown) {
        missing.add(name);
        why ??= thrown;
      }
    },
    hasSummary: () => hasSummary,
    addSummary:
      addSummary &&
      (async (markdown) => {
        hasSummary = true;
        try {
          await addSummary(renderSummary(markdown, host.masker, host.summaryFormat));
        } catch (thrown) {
          log.warn(`The job summary is missing: ${messageOf(thrown)}`);
        }
      }),
    registerCleanup: (path) => {
      try {
        host.registerCleanup(path);
      } catch (cause) {
        throw new TrustError(
          'FILE_NOT_WRITTEN',
          `The folder ${path} cannot be registered for clean-up: ${messageOf(cause)}`,
          { remedy: 'Make room on the disk of the agent. Run the step again.', cause },
        );
      }
    },
    lost: () =>
      missing.size === 0
        ? undefined
        : new TrustError(
            'FILE_NOT_WRITTEN',
            `These outputs of the run could not be written: ${[...missing].join(', ')} (${messageOf(why)}).`,
            {
              remedy:
                'Make room on the disk of the agent. Run the step again: work that is already done is recognised.',
              cause: why,
            },
          ),
  };
}
