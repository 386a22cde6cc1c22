/** Which repositories a run is for: named ones, those of patterns, or all of a registry. */
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { isInShard, type Shard } from '../../migration/index.js';
import {
  listRepositories,
  parseNamePattern,
  parseRegistryHost,
  type NamePattern,
} from '../../registry/index.js';
import type { Run } from '../run.js';
import type { Read } from '../inputs/read.js';
import type { NamedRepository } from '../../repositories/index.js';
import {
  readRepositories,
  readShard,
  readTrustServers,
  repositoryInputs,
  shard,
  splitNames,
} from '../inputs/repositories.js';
import type { OpenPaced } from './paced-session.js';
import { counted } from '../../report/text.js';

export const selectionInputs = {
  ...repositoryInputs,
  repository: {
    ...repositoryInputs.repository,
    note: 'Several are separated by commas, and `*` is any text, as in `team/*`. Without it, and without `images`, the whole registry.',
  },
  images: {
    ...repositoryInputs.images,
    note: 'Repositories, without tag and digest; `*` is any text, as in `contoso.azurecr.io/team/*`.',
  },
  shard,
} as const satisfies Inputs;

/** All repositories of a registry that fit one of some patterns. */
interface Listing {
  readonly registry: string;
  readonly trustServer: string;
  /** Undefined: every repository. */
  readonly patterns: readonly NamePattern[] | undefined;
}

/** What is asked for. */
export interface Selection {
  readonly named: readonly NamedRepository[];
  readonly listings: readonly Listing[];
  readonly shard: Shard | undefined;
}

/** Reads the inputs, and notes what is wrong. */
export function readSelection(read: Read<typeof selectionInputs>): Selection {
  const { values, parse } = read;
  const names = splitNames(values.repository);
  const isPattern = (name: string): boolean => name.includes('*');
  const plain = names.filter((name) => !isPattern(name));
  const images = values.images.filter((image) => !isPattern(image));
  const own = values.registry?.toLowerCase();
  const patterns = [
    ...names.filter(isPattern).flatMap((name) => {
      if (own !== undefined) return { input: 'repository' as const, text: `${own}/${name}` };
      const problem = 'is not set, but "repository" is';
      read.add({ input: 'registry', problem, code: 'INPUT_MISSING' });
      return [];
    }),
    ...values.images.filter(isPattern).map((text) => ({ input: 'images' as const, text })),
  ].flatMap(({ input, text }) => {
    const found = parse(input, () => ({
      registry: parseRegistryHost(text.split('/', 1)[0] ?? ''),
      pattern: parseNamePattern(text),
    }));
    return found ?? [];
  });
  const isWhole = names.length === 0 && values.images.length === 0;
  const whole =
    isWhole && own !== undefined ? parse('registry', () => parseRegistryHost(own)) : undefined;
  if (isWhole && own === undefined) {
    read.add({
      input: 'registry',
      problem: 'is not set',
      code: 'INPUT_MISSING',
      remedy: `Name the registry in ${read.nameInput('registry')}, or repositories in ${read.nameInput('images')}.`,
    });
  }
  const named =
    plain.length + images.length === 0
      ? []
      : readRepositories({ ...read, values: { ...values, repository: plain.join(','), images } });
  const trustServerFor = readTrustServers(read);
  const registries = new Set(patterns.map(({ registry }) => registry));
  const listings = [...registries].map((registry) => ({
    registry,
    trustServer: trustServerFor(registry),
    patterns: patterns.flatMap((one) => (one.registry === registry ? [one.pattern] : [])),
  }));
  return {
    named,
    listings:
      whole === undefined
        ? listings
        : [{ registry: whole, trustServer: trustServerFor(whole), patterns: undefined }],
    shard: readShard(read),
  };
}

/** A repository of the run. */
export interface SelectedRepository extends NamedRepository {
  /** Whether a person has named it, so that it has to exist. */
  readonly isNamed: boolean;
}

/**
 * Asks registries for their lists, where names are not enough.
 * @throws {TrustError} MANIFEST_NOT_FOUND for a pattern that fits nothing, and what the registry refuses.
 */
export async function selectRepositories(
  { named, listings, shard: part }: Selection,
  open: OpenPaced,
  { log, signal }: Run,
): Promise<readonly SelectedRepository[]> {
  const found = new Map<string, SelectedRepository>();
  for (const { registry, trustServer, patterns } of listings) {
    const { client } = await open({ registry, trustServer });
    const all = await listRepositories({ ...client, signal });
    log.info(`${registry}  ${counted(all.length, 'repository', 'repositories')}`);
    const guns = all.map((repository) => ({ repository, gun: `${registry}/${repository}` }));
    const empty = patterns?.find(({ matches }) => !guns.some(({ gun }) => matches(gun)));
    if (empty) {
      throw new TrustError('MANIFEST_NOT_FOUND', `No repository has a name like ${empty.text}.`, {
        remedy: 'Check registry and pattern: "*" is any text.',
      });
    }
    for (const { repository, gun } of guns) {
      if (patterns && !patterns.some(({ matches }) => matches(gun))) continue;
      found.set(gun, { registry, repository, gun, trustServer, isNamed: false });
    }
  }
  for (const one of named) found.set(one.gun, { ...one, isNamed: true });
  const all = [...found.values()];
  return part ? all.filter(({ gun }) => isInShard(part, gun)) : all;
}
