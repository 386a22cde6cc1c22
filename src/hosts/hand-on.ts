/**
 * What a run hands on to its host: outputs, a summary, folders to remove. By then things have been
 * done, so what cannot be handed on never takes the place of what has become of them.
 */
import { TrustError, messageOf } from '../errors.js';
import { inputNameOn, type OutputName } from '../inputs/index.js';
import type { Log } from '../ports.js';
import { safeMarkdown } from './documents.js';
import type { Host } from './host.js';

/** Hands on, and remembers what did not arrive. */
export interface HandOn {
  readonly setOutput: (name: OutputName, value: string) => void;
  readonly addSummary: (markdown: string) => Promise<void>;
  /** @throws {TrustError} FILE_NOT_WRITTEN */
  readonly removeLater: (path: string) => void;
  /** Why outputs are missing, if any are. */
  lost(): TrustError | undefined;
}

/** Gives the {@link HandOn} of a run. */
export function createHandOn(
  host: Pick<Host, 'name' | 'setOutput' | 'addSummary' | 'removeLater' | 'masks'>,
  log: Pick<Log, 'warn'>,
): HandOn {
  const missing = new Set<OutputName>();
  let why: unknown;
  return {
    setOutput: (name, value) => {
      const redacted = host.masks.redact(value);
      if (redacted !== value) {
        log.warn(
          `The output "${inputNameOn(host.name, name)}" holds a secret of this run and was masked. Choose a secret that is part of no name.`,
        );
      }
      try {
        host.setOutput(name, redacted);
      } catch (thrown) {
        missing.add(name);
        why ??= thrown;
      }
    },
    addSummary: async (markdown) => {
      try {
        await host.addSummary(safeMarkdown(markdown, host.masks));
      } catch (thrown) {
        log.warn(`The job summary is missing: ${messageOf(thrown)}`);
      }
    },
    removeLater: (path) => {
      try {
        host.removeLater(path);
      } catch (cause) {
        throw new TrustError(
          'FILE_NOT_WRITTEN',
          `The folder ${path} cannot be noted for the step that removes it: ${messageOf(cause)}`,
          { remedy: 'Make room on the disk of the agent. Run the step again.', cause },
        );
      }
    },
    lost: () =>
      missing.size === 0
        ? undefined
        : new TrustError(
            'FILE_NOT_WRITTEN',
            `These outputs of the run are missing, whatever it has done: ${[...missing].join(', ')} (${messageOf(why)}).`,
            {
              remedy:
                'Make room on the disk of the agent. Run the step again: what is done already is recognised.',
              cause: why,
            },
          ),
  };
}
