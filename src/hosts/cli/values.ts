/**
 * Where the command line takes an input from: its option, or else its environment variable. A
 * secret never stands in an argument, which every process of the machine can read.
 */
import { readFileSync } from 'node:fs';
import { messageOf, TrustError } from '../../errors.js';
import { isReference } from '../../inputs/index.js';
import { definitionOf } from '../../commands/index.js';

/** What the names of all its environment variables begin with. */
export const environmentPrefix = 'ACR_CONTENT_TRUST_';

/** The environment variable of an input, without the prefix. */
export function variableOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** The places an input may come from. */
interface Sources {
  readonly options: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, string>;
  /** All of standard input, for the first that asks; throws where it cannot be read. */
  readonly standardInput?: (() => string) | undefined;
}

/** Whether an option asks for standard input. */
export function asksForStandardInput(options: ReadonlyMap<string, string>): boolean {
  return [...options].some(([name, text]) => text === '@-' && definitionOf(name).secret === true);
}

/** Reads standard input to its end: what writes to it may take its time. */
export async function readStandardInput(
  stdin: AsyncIterable<string | Buffer>,
): Promise<() => string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  } catch (error) {
    return () => {
      throw error;
    };
  }
  return () => Buffer.concat(chunks.splice(0)).toString();
}

/**
 * The text of an input, empty if it is not set.
 * @throws {TrustError} INPUT_INVALID for a secret in an argument or a file that cannot be read.
 */
export function readValue(
  name: string,
  { options, variables, standardInput = () => '' }: Sources,
): string {
  const option = options.get(name);
  if (option === undefined) return variables.get(variableOf(name)) ?? '';
  const definition = definitionOf(name);
  if (!definition.secret) return option;
  if (option.startsWith('@')) return readSecretFile(name, option.slice(1), standardInput);
  if (isReference(definition, option)) return option;
  throw new TrustError(
    'INPUT_INVALID',
    'it holds a secret itself, where every process on this machine can read it',
    {
      remedy: `Set ${environmentPrefix}${variableOf(name)}, or give a file: --${name} @path, with @- for standard input. Replace the secret: other processes could read it.`,
    },
  );
}

function readSecretFile(name: string, path: string, standardInput: () => string): string {
  let text: string;
  try {
    text = path === '-' ? standardInput() : readFileSync(path, 'utf8');
  } catch (error) {
    throw new TrustError('INPUT_INVALID', messageOf(error), {
      remedy: `Give the path of a file that can be read: --${name} @path, with @- for standard input.`,
      cause: error,
    });
  }
  if (text.trim() !== '') return text;
  throw new TrustError('INPUT_INVALID', `${path === '-' ? 'standard input' : path} is empty`, {
    remedy: 'Put the secret into the file, or leave the option out.',
  });
}
