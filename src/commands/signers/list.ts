/** Lists who may sign repositories. Reads only, needs no more than AcrPull, and shows expired data too. */
import { resolvePins } from '../../azure/index.js';
import {
  listSigners,
  releasesRole,
  rolesOf,
  type RoleFacts,
  type RoleName,
  type SignerListing,
} from '../../trust/index.js';
import { defineCommand } from '../command.js';
import { pinInputs, readPins } from '../inputs/pins.js';
import { readRepositories, repositoryInputs } from '../inputs/repositories.js';
import { code } from '../../report/text.js';
import type { Report } from '../../report/report.js';
import { codeColumn, tableOf } from '../../report/table.js';
import {
  failureOfEach,
  failuresOf,
  openRepositories,
  readTrust,
  mapResults,
  valuesOf,
} from '../../repositories/index.js';

/** The signers of one repository, with the facts of every role. */
interface RepositorySigners {
  readonly gun: string;
  readonly listing: SignerListing;
  readonly roles: readonly RoleFacts[];
}

export const signersList = defineCommand({
  name: 'signersList',
  label: 'Signers: list',
  help: 'Lists the signers of repositories with their keys. Signers are the roles `targets/<name>`; the keys of `targets/releases` are listed too.',
  example: ['registry', 'repository'],
  inputs: { ...repositoryInputs, ...pinInputs },
  outputs: ['repositories'],
  parse: (read) => ({ repositories: readRepositories(read), references: readPins(read) }),
  run: async ({ repositories, references }, run) => {
    const { log } = run;
    const azure = run.access.azure(repositories[0]?.registry);
    const opened = await log.group('Registry login', () => openRepositories(repositories, run));
    const attempted = await log.group('Trust data', async () => {
      const pins = await resolvePins(references, azure, run);
      return mapResults(opened, async (repository): Promise<RepositorySigners> => {
        const { view } = await readTrust(repository, { pins, expiry: 'report' }, run);
        const listing = listSigners(view);
        for (const warning of listing.warnings) log.warn(warning);
        return { gun: repository.gun, listing, roles: rolesOf(view, run.clock(), 0) };
      });
    });
    const listed = valuesOf(attempted);
    return {
      title: 'Signers',
      heading: 'Signers',
      body: listed.flatMap(shown),
      facts: { repositories: listed.map(factsOf) },
      outputs: { repositories: listed.map(({ gun }) => gun).join('\n') },
      failures: failuresOf(attempted),
      failure: failureOfEach(attempted, 'could not be read'),
    };
  },
});

function factsOf({ gun, listing, roles }: RepositorySigners): object {
  const { signers, releases, warnings } = listing;
  const details = (role: RoleName): object => {
    const facts = roles.find((one) => one.role === role);
    if (!facts) return {};
    const { version, expires, state, threshold, paths, keys, tags } = facts;
    return { version, expires, state, threshold, paths, keys, tags };
  };
  return {
    gun,
    signers: signers.map((signer) => ({ ...signer, ...details(signer.role) })),
    releases: releases && { ...releases, ...details(releasesRole) },
    warnings,
  };
}

/** The name of the repository, and a line for each key. */
function shown(repository: RepositorySigners): Report['body'] {
  const rows = rowsOf(repository);
  return [
    { log: repository.gun, summary: `#### ${code(repository.gun)}` },
    rows.length === 0
      ? {
          log: 'no signers: tags are signed with the repository key, into targets',
          summary: 'No signers: tags are signed with the repository key.',
        }
      : tableOf(rows, [
          { heading: 'Signer', text: ({ signer }) => signer },
          codeColumn('Key', ({ keyId }) => keyId),
          { heading: 'Type', text: typesOf },
          { heading: 'In releases', text: ({ inReleases }) => inReleases },
          { heading: 'Version', text: ({ facts }) => String(facts?.version ?? '-') },
          { heading: 'Expires', text: ({ facts }) => facts?.expires?.slice(0, 10) ?? '-' },
          {
            heading: 'State',
            text: stateOf,
            markdown: (row) => `${stateOf(row) === 'valid' ? '' : '⚠️ '}${stateOf(row)}`,
          },
        ]),
  ];
}

interface Row {
  readonly signer: string;
  readonly facts: RoleFacts | undefined;
  readonly keyId: string;
  readonly inReleases: string;
}

/** A line for each key; one without a key for a signer that has none, and for the releases. */
function rowsOf({ listing: { signers, releases }, roles }: RepositorySigners): readonly Row[] {
  const rowsOfRole = (
    role: RoleName,
    signer: string,
    keys: readonly (readonly [keyId: string, inReleases: string])[],
  ): readonly Row[] => {
    const facts = roles.find((one) => one.role === role);
    const rows = keys.length === 0 ? [['-', '-'] as const] : keys;
    return rows.map(([keyId, inReleases]) => ({ signer, facts, keyId, inReleases }));
  };
  return [
    ...signers.flatMap(({ name, role, keyIds, notInReleases }) =>
      rowsOfRole(
        role,
        name,
        keyIds.map((id) => [id, notInReleases.includes(id) ? 'NO' : 'yes']),
      ),
    ),
    // Keys of signers stand in their own lines; here those that only the releases list.
    ...(releases
      ? rowsOfRole(releasesRole, '(releases)', [
          ...releases.ofRepository.map((id) => [id, 'repository key'] as const),
          ...releases.ofNobody.map((id) => [id, "nobody's key"] as const),
        ])
      : []),
  ];
}

function stateOf({ facts }: Row): string {
  return facts?.state ?? 'not published';
}

function typesOf({ keyId, facts }: Row): string {
  const types = facts?.keys.flatMap((key) => (key.keyId === keyId ? [key.type] : [])) ?? [];
  return types.join(', ') || '-';
}
