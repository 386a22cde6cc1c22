/** From anything that was thrown to the one failure that log, summary, trust report and JSON tell. */
import {
  hasCode,
  codeOf,
  withoutDescriptor,
  isTrustError,
  messageOf,
  TrustError,
  type ErrorCode,
  type StopSignal,
} from '../errors.js';
import { helpUrlOf } from '../version.js';

/** Why a run failed. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  /** What lies behind it, outermost first; for the debug log only. */
  readonly causes: readonly string[];
  /** The signal that stopped the run, if that was the reason. */
  readonly stoppedBy?: StopSignal;
}

/** What to tell about `thrown`, an `Error` or not. */
export function failureOf(thrown: unknown, stoppedBy?: StopSignal): Failure {
  const chain = chainOf(thrown);
  const causes = chain.map((error) =>
    error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
  );
  if (stoppedBy) {
    // What was under way may matter (a tag pushed but not signed), so it is told as well.
    const told = isTrustError(thrown) && thrown.code !== 'INTERRUPTED' ? ` ${thrown.message}` : '';
    const message = `The run was stopped by ${stoppedBy} before it was done.${told}`;
    return { code: 'INTERRUPTED', message, remedy: 'Run it again.', causes, stoppedBy };
  }
  // Whatever was under way failed of what the system refused, and may matter as well.
  const told = isTrustError(thrown) ? `\n${thrown.message}` : '';
  const noMemory = chain.find(isOutOfMemory);
  if (noMemory !== undefined) {
    return {
      code: 'OUT_OF_MEMORY',
      message: `The system gave this process no more memory: ${messageOf(noMemory)}${told}`,
      remedy:
        'Raise the limit of the address space ("ulimit -v unlimited"), or that of the container, and run it again.',
      causes,
    };
  }
  const exhausted = isTrustError(thrown, 'OUT_OF_DESCRIPTORS') ? undefined : descriptorOf(chain);
  if (exhausted) {
    const { code, message, remedy } = exhausted;
    return { code, message: message + told, remedy, causes };
  }
  if (isTrustError(thrown)) {
    return { code: thrown.code, message: thrown.message, remedy: thrown.remedy, causes };
  }
  const known = bySystem(thrown);
  if (known) {
    return { code: known.code, message: known.message, remedy: known.remedy, causes };
  }
  return {
    code: 'UNEXPECTED',
    message: `Something unexpected happened: ${messageOf(thrown)}`,
    remedy: 'This should not happen. Run it again with debug logging and report what it prints.',
    causes,
  };
}

/** The lack of a file descriptor that lies behind a failure. */
function descriptorOf(chain: readonly unknown[]): TrustError | undefined {
  for (const error of chain) {
    const found = withoutDescriptor(codeOf(error), 'The run could not go on', error);
    if (found) return found;
  }
  return undefined;
}

/** What the operating system refused is no fault of ours, wherever it did so. */
function bySystem(thrown: unknown): TrustError | undefined {
  if (thrown instanceof Error && hasCode(thrown, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS')) {
    return new TrustError('FILE_NOT_WRITTEN', `A file cannot be written: ${thrown.message}`, {
      remedy:
        'Make room on the disk of this machine, and let this run write to it.\nRun the step again.',
      cause: thrown,
    });
  }
  return undefined;
}

/** What a run that fails says besides why it failed. */
export interface Aftermath {
  /** What it has changed, and what it does not know of that. */
  readonly sentences: readonly string[];
  /** What to do about it, a step each. */
  readonly steps: readonly string[];
}

/** `failure`, completed with what the run has changed by then. */
export function withAftermath<F extends Pick<Failure, 'message' | 'remedy'>>(
  failure: F,
  { sentences, steps }: Aftermath,
): F {
  const { message, remedy } = failure;
  return {
    ...failure,
    message:
      sentences.length === 0 ? message : [message.replace(/[.\s]*$/, '.'), ...sentences].join(' '),
    remedy: [remedy, ...steps].join('\n'),
  };
}

/** What trust report and JSON say of a failure. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Where the documentation explains the code. */
  readonly helpUrl: string;
}

export function errorFacts({ code, message, remedy }: Omit<ErrorFacts, 'helpUrl'>): ErrorFacts {
  return { code, message, remedy, helpUrl: helpUrlOf(code) };
}

/** The failure as the lines a host prints. */
export function failureText({ code, message, remedy }: Failure): string {
  return `${code}: ${message}\n${remedy}\nMore about it: ${helpUrlOf(code)}`;
}

/** An error and what lies behind it, down to the first; a loop of causes ends. */
function chainOf(thrown: unknown): readonly unknown[] {
  const seen = new Set<unknown>();
  const queue = [thrown];
  while (queue.length > 0) {
    const next = queue.shift();
    if (next === undefined || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof AggregateError) queue.push(...(next.errors as unknown[]));
    if (next instanceof Error) queue.push(next.cause);
  }
  return [...seen];
}

/** What V8 and Node say when the system gives no more, as with a limited address space. */
const memoryWords = /out of memory|could not allocate|cannot allocate|allocation failed/i;

/** Whether `error` means that the system gave this process no more memory. */
function isOutOfMemory(error: unknown): boolean {
  const text = messageOf(error);
  if (error instanceof RangeError && memoryWords.test(text)) return true;
  if (hasCode(error, 'ENOMEM')) return true;
  // Libraries wrap what the engine throws and quote it; no server speaks of WebAssembly.
  return /WebAssembly\.\w+\(\)/.test(text) && memoryWords.test(text);
}
