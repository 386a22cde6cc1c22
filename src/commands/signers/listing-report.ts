/** What `signers list` shows: tables for the log, the job summary, the trust report. Facts only. */
import type { TrustError } from '../../errors.js';
import { releasesRole, type KeyId, type RoleName, type SignerListing } from '../../trust/index.js';
import type { RoleFacts } from '../inspect/facts.js';
import { code, escape } from '../report/report.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { alignColumns } from '../report/text-table.js';

/** The signers of one repository, with the facts of every role. */
export interface RepositorySigners {
  readonly gun: string;
  readonly listing: SignerListing;
  readonly roles: readonly RoleFacts[];
}

/** Everything that is said. */
export interface ListingFacts {
  readonly repositories: readonly RepositorySigners[];
  readonly failures: readonly { readonly gun: string; readonly error: TrustError }[];
  readonly warnings: readonly string[];
}

/** The table of one repository as lines of text: a line for each key. */
export function listingTable(repository: RepositorySigners): readonly string[] {
  const rows = rowsOf(repository);
  if (rows.length === 0) {
    return ['no signers: tags are signed with the repository key, into targets'];
  }
  return alignColumns([
    ['SIGNER', 'KEY', 'TYPE', 'IN RELEASES', 'VERSION', 'EXPIRES', 'STATE'],
    ...rows.map((row) => [
      row.signer,
      row.keyId,
      row.type,
      row.inReleases,
      row.version,
      row.expires,
      row.state,
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function listingReport({ repositories, failures, warnings }: ListingFacts): object {
  return {
    formatVersion: 1,
    command: 'signersList',
    repositories: repositories.map((repository) => {
      const { gun, listing } = repository;
      const { signers, releases } = listing;
      return {
        gun,
        signers: signers.map((signer) => ({ ...signer, ...details(repository, signer.role) })),
        releases: releases && { ...releases, ...details(repository, releasesRole) },
        warnings: listing.warnings,
      };
    }),
    failures: failures.map(({ gun, error }) => ({
      gun,
      code: error.code,
      message: error.message,
    })),
    warnings,
  };
}

/** The job summary, as Markdown. */
export function listingSummary({ repositories, warnings }: ListingFacts): string {
  return [
    '### Signers',
    '',
    ...repositories.flatMap((repository) => {
      const rows = rowsOf(repository);
      const title = [`#### ${code(repository.gun)}`, ''];
      if (rows.length === 0) {
        return [...title, 'No signers: tags are signed with the repository key.', ''];
      }
      const more = rows.length - mostRows;
      return [
        ...title,
        '| Signer | Key | In releases | Version | Expires |',
        '| --- | --- | --- | --- | --- |',
        ...rows.slice(0, mostRows).map((row) => {
          const key = `${code(row.keyId)} ${escape(row.type)}`;
          const mark = row.state === 'valid' ? '' : ` ⚠️ ${row.state}`;
          return `| ${escape(row.signer)} | ${key} | ${escape(row.inReleases)} | ${row.version} | ${row.expires}${mark} |`;
        }),
        ...moreLines(more),
        '',
      ];
    }),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

interface Row {
  readonly signer: string;
  readonly keyId: string;
  readonly type: string;
  readonly inReleases: string;
  readonly version: string;
  readonly expires: string;
  readonly state: string;
}

function rowsOf(repository: RepositorySigners): readonly Row[] {
  const { signers, releases } = repository.listing;
  return [
    ...signers.flatMap(({ name, role, keyIds, notInReleases }) =>
      rowsOfRole(repository, role, name, keyIds, (id) =>
        notInReleases.includes(id) ? 'NO' : 'yes',
      ),
    ),
    ...(releases ? rowsOfReleases(repository, releases) : []),
  ];
}

/** Keys of signers stand in their own lines; here those that only the releases list. */
function rowsOfReleases(
  repository: RepositorySigners,
  { ofNobody, ofRepository }: NonNullable<SignerListing['releases']>,
): readonly Row[] {
  const keyIds = [...ofRepository, ...ofNobody];
  return rowsOfRole(repository, releasesRole, '(releases)', keyIds, (id) =>
    ofRepository.includes(id) ? 'repository key' : "nobody's key",
  );
}

/** A line for each key; one without a key for a signer that has none, and for the releases. */
function rowsOfRole(
  repository: RepositorySigners,
  role: RoleName,
  signer: string,
  keyIds: readonly KeyId[],
  inReleases: (id: KeyId) => string,
): readonly Row[] {
  const facts = repository.roles.find((one) => one.role === role);
  const base = {
    signer,
    version: String(facts?.version ?? '-'),
    expires: facts?.expires?.slice(0, 10) ?? '-',
    state: facts?.state ?? 'not published',
  };
  if (keyIds.length === 0) return [{ ...base, keyId: '-', type: '-', inReleases: '-' }];
  return keyIds.map((id) => ({
    ...base,
    keyId: id,
    type: typesOf(facts, id),
    inReleases: inReleases(id),
  }));
}

function typesOf(facts: RoleFacts | undefined, id: KeyId): string {
  const types = (facts?.keys ?? []).filter(({ keyId }) => keyId === id);
  return types.map(({ type }) => type).join(', ');
}

function details({ roles }: RepositorySigners, role: RoleName): object {
  const facts = roles.find((one) => one.role === role);
  if (!facts) return {};
  const { version, expires, state, threshold, paths, keys, tags } = facts;
  return { version, expires, state, threshold, paths, keys, tags };
}
