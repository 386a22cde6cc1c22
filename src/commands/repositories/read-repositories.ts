/** The repositories that a command on keys, signers or trust data is for, from the inputs. Asks nobody. */
import { TrustError } from '../../errors.js';
import type { InputValues, ProblemList } from '../../inputs/index.js';
import {
  gunOf,
  parseImageReference,
  parseRegistryHost,
  parseRepository,
} from '../../registry/index.js';
import type { Gun } from '../../trust/index.js';
import { parseTrustServer } from '../configuration/common-inputs.js';
import { trustServerOf } from '../configuration/sign-images.js';

/** A repository, and where its trust data is. */
export interface NamedRepository {
  readonly registry: string;
  readonly repository: string;
  readonly gun: Gun;
  /** Origin of the trust server, such as `https://contoso.azurecr.io`. */
  readonly trustServer: string;
}

/** The inputs that name repositories. */
export type RepositoryInputs = Pick<
  InputValues,
  'registry' | 'repository' | 'images' | 'trust-server'
>;

/**
 * Reads `registry` with `repository` (several, separated by commas) and `images` (full names), each
 * repository once, in the order they are named. What is wrong goes into `problems`.
 * @param needed whether at least one must be named; default: true.
 */
export function readRepositories(
  inputs: RepositoryInputs,
  problems: ProblemList,
  { needed = true }: { readonly needed?: boolean } = {},
): readonly NamedRepository[] {
  const { parse, conflict } = problems;
  const named = [...fromRepository(inputs, problems, needed), ...fromImages(inputs, problems)];
  const trustServerText = inputs['trust-server'];
  const trustServer =
    trustServerText === undefined
      ? undefined
      : parse('trust-server', () => parseTrustServer(trustServerText));
  const registries = new Set(named.map(({ registry }) => registry));
  if (trustServerText !== undefined && registries.size > 1) {
    conflict(
      'trust-server',
      `is set, and the repositories are of ${registries.size} registries`,
      'Do each registry in a step of its own.',
    );
  }
  const byGun = new Map(
    named.map((one) => [
      one.gun,
      { ...one, trustServer: trustServer ?? trustServerOf(one.registry) },
    ]),
  );
  return [...byGun.values()];
}

type Name = Omit<NamedRepository, 'trustServer'>;

function fromRepository(
  { registry: host, repository: names, images }: RepositoryInputs,
  { parse, add, nameInput }: ProblemList,
  needed: boolean,
): readonly Name[] {
  const registry =
    host === undefined ? undefined : parse('registry', () => parseRegistryHost(host));
  if (names === undefined) {
    if (images.length > 0 || (!needed && host === undefined)) return [];
    for (const input of ['registry', 'repository'] as const) {
      if (input === 'registry' && host !== undefined) continue;
      add({
        input,
        problem: 'is not set',
        code: 'INPUT_MISSING',
        remedy: `Name the repositories: ${nameInput('registry')} and ${nameInput('repository')} (several separated by commas), or their full names in ${nameInput('images')}.`,
      });
    }
    return [];
  }
  if (host === undefined) {
    const problem = `is not set, but "${nameInput('repository')}" is`;
    add({ input: 'registry', problem, code: 'INPUT_MISSING' });
    return [];
  }
  return names
    .split(/[,\r\n]/)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .flatMap((text) => {
      const repository = parse('repository', () => parseRepository(text));
      if (repository === undefined || registry === undefined) return [];
      return [{ registry, repository, gun: `${registry}/${repository}` }];
    });
}

function fromImages({ images }: RepositoryInputs, { parse }: ProblemList): readonly Name[] {
  return images.flatMap((text) => {
    const name = parse('images', (): Name => {
      const image = parseImageReference(text);
      if (image.tag !== undefined || image.digest !== undefined) {
        throw new TrustError(
          'INPUT_INVALID',
          `${JSON.stringify(text)} names an image, not a repository`,
          { remedy: 'Keys and signers belong to repositories: leave out tag and digest.' },
        );
      }
      return { registry: image.host, repository: image.repository, gun: gunOf(image) };
    });
    return name ? [name] : [];
  });
}
