/** The inputs that name repositories and where their trust data is. Asks nobody. */
import { TrustError } from '../../errors.js';
import type { Input, Inputs, ListInput } from '../../inputs/index.js';
import { parseShard, type Shard } from '../../migration/index.js';
import {
  gunOf,
  parseImageReference,
  parseRegistryHost,
  parseRepository,
} from '../../registry/index.js';
import type { NamedRepository } from '../../repositories/index.js';
import type { Gun } from '../../trust/index.js';
import { parseTrustServer, trustServerOf } from '../../trust/server/address.js';
import type { ScopedTrustServer } from '../../access/index.js';
import { registryLoginInputs } from './identity.js';
import type { Read } from './read.js';

export const registry = {
  type: 'text',
  group: 'image',
  label: 'Registry',
  help: 'Login server of the container registry, without a scheme. Not needed where `images` or `files` name everything.',
  example: 'contoso.azurecr.io',
} as const satisfies Input;

export const repository = {
  type: 'text',
  group: 'image',
  label: 'Repository',
  help: 'Repository within the registry, without a tag. The name of the registry before it is left out.',
  example: 'team/app',
} as const satisfies Input;

export const images = {
  type: 'list',
  group: 'image',
  label: 'Images',
  help: 'Full names, of any number of repositories, separated by commas or lines.',
  example: 'contoso.azurecr.io/team/app:1.4.2',
} as const satisfies Input;

export const trustServer = {
  type: 'text',
  group: 'trust',
  label: 'Trust server',
  help: 'URL of the Notary server for the images of `registry`. Without it, the registry itself, as in Azure Container Registry.',
  example: 'https://contoso.azurecr.io',
} as const satisfies Input;

export const confirm = {
  type: 'list',
  group: 'keys',
  label: 'Confirmed repositories',
  help: 'The names of the repositories whose loss is confirmed. Without it nothing is lost: the run lists what would be, and fails.',
  example: 'contoso.azurecr.io/team/app',
} as const satisfies Input;

/** The inputs of commands on the keys, signers and trust data of any number of repositories. */
export const repositoryInputs = {
  registry,
  repository: { ...repository, note: 'Several are separated by commas.' },
  images: { ...images, note: 'Repositories, without tag and digest.' },
  'trust-server': trustServer,
  ...registryLoginInputs,
} as const satisfies Inputs;

type RepositoryInputs = Pick<
  typeof repositoryInputs,
  'registry' | 'repository' | 'images' | 'trust-server'
>;

export const shard = {
  type: 'text',
  group: 'image',
  label: 'Part of the repositories',
  help: 'Which part of the repositories this run is for, of how many. Runs side by side share a large registry this way: a repository is always in the same part.',
  example: '1/4',
} as const satisfies Input;

/** The part that `shard` names, if any. */
export function readShard({
  values,
  parse,
}: Read<{ readonly shard: typeof shard }>): Shard | undefined {
  const text = values.shard;
  return text === undefined ? undefined : parse('shard', () => parseShard(text));
}

/**
 * Reads `registry` with `repository` (several, separated by commas) and `images` (full names), each
 * repository once, in the order they are named. What is wrong goes into `problems`.
 * @param needed whether at least one must be named; default: true.
 */
export function readRepositories(
  read: Read<RepositoryInputs>,
  { needed = true }: { readonly needed?: boolean } = {},
): readonly NamedRepository[] {
  const { conflict } = read;
  const named = [...readOwnRepositories(read, needed), ...fromImages(read)];
  const registries = new Set(named.map(({ registry }) => registry));
  if (read.values['trust-server'] !== undefined && registries.size > 1) {
    conflict(
      'trust-server',
      `is set, and the repositories are of ${registries.size} registries`,
      'Do each registry in a step of its own.',
    );
  }
  const trustServerFor = readTrustServers(read);
  const byGun = new Map(
    named.map((one) => [one.gun, { ...one, trustServer: trustServerFor(one.registry) }]),
  );
  return [...byGun.values()];
}

type Name = Omit<NamedRepository, 'trustServer'>;

/** Names that stand in one text, separated by commas or lines. */
export function splitNames(text = ''): readonly string[] {
  return text
    .split(/[,\r\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** What `registry` and `repository` name together. */
export function readOwnRepositories(
  { values, parse, add, nameInput }: Read<RepositoryInputs>,
  needed = true,
): readonly Name[] {
  const { registry: host, images } = values;
  const names = splitNames(values.repository);
  const registry =
    host === undefined ? undefined : parse('registry', () => parseRegistryHost(host));
  if (names.length === 0) {
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
  return names.flatMap((text) => {
    const repository = parse('repository', () => parseRepository(text));
    if (repository === undefined || registry === undefined) return [];
    return [{ registry, repository, gun: `${registry}/${repository}` }];
  });
}

function fromImages({ values, parse }: Read<RepositoryInputs>): readonly Name[] {
  return values.images.flatMap((text) => {
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

/**
 * Where the trust data of a registry is: what `trust-server` names, otherwise the registry itself. The
 * input is read at once: what is wrong with it is told whatever else is.
 */
export function readTrustServers(
  read: Read<{ readonly 'trust-server': typeof trustServer }>,
): (registry: string) => string {
  const named = readTrustServer(read);
  return (registry) => named ?? trustServerOf(registry);
}

/** What `trust-server` names, if anything. */
export function readTrustServer({
  values,
  parse,
}: Read<{ readonly 'trust-server': typeof trustServer }>): string | undefined {
  const text = values['trust-server'];
  return text === undefined ? undefined : parse('trust-server', () => parseTrustServer(text));
}

/**
 * What `confirm` names: each name confirms repositories of the run, by their full name or by the one
 * within their registry. Any other name goes into the problems.
 */
export function readConfirmed(
  { values, add }: Read<{ readonly confirm: ListInput }>,
  repositories: readonly NamedRepository[],
): ReadonlySet<Gun> {
  return new Set(
    values.confirm.flatMap((name) => {
      const meant = repositories.filter(
        ({ gun, repository }) => name === gun || name === repository,
      );
      if (meant.length > 0) return meant.map(({ gun }) => gun);
      add({
        input: 'confirm',
        problem: `names ${JSON.stringify(name)}, which is none of the repositories of this run`,
        code: 'INPUT_CONFLICT',
        remedy: 'Confirm the loss with the name of the repository, as the run names it.',
      });
      return [];
    }),
  );
}

/** What `trust-server` names for `registry`, if anything; images of other registries have their own. */
export function readScopedTrustServer(
  read: Read<Pick<RepositoryInputs, 'registry' | 'trust-server'>>,
): ScopedTrustServer | undefined {
  const { values, add, nameInput } = read;
  const url = readTrustServer(read);
  const { registry } = values;
  if (values['trust-server'] !== undefined && registry === undefined) {
    add({
      input: 'registry',
      problem: `is not set, but "${nameInput('trust-server')}" is`,
      code: 'INPUT_MISSING',
      remedy: `Set ${nameInput('registry')} to the registry that the trust server is for.`,
    });
  }
  // What is wrong with the registry itself is said where it is read.
  return url === undefined || registry === undefined
    ? undefined
    : { registry: registry.toLowerCase(), url };
}
