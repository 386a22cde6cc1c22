/**
 * Shows who may sign repositories and what is signed in them, beside what the registry has. Reads
 * only, needs no more than AcrPull, and shows expired data too, saying so.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { resolvePins } from '../../azure/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { limits } from '../../limits.js';
import type { SignatureTrust } from '../../notation/index.js';
import {
  formatImageReference,
  gunOf,
  parseImageReference,
  type RegistryClient,
} from '../../registry/index.js';
import {
  createTrustServer,
  dockerIndent,
  dockerInspection,
  drawTrustData,
  listTags,
  lookUpTag,
  readRepository,
  rolesOf,
  type Gun,
  type Pin,
  type RoleFacts,
  type SignedTag,
  type TrustedView,
  matchedPin,
} from '../../trust/index.js';
import type { ScopedTrustServer } from '../../access/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import { readDays, warnExpiryDays } from '../inputs/days.js';
import { pinInputs, readPins, type PinReference } from '../inputs/pins.js';
import { inputsSet, type Read } from '../inputs/read.js';
import {
  readOwnRepositories,
  readScopedTrustServer,
  repositoryInputs,
} from '../inputs/repositories.js';
import {
  type OpenTrust,
  digestsOfTags,
  signaturesOf,
  signatureText,
  type DigestSignatures,
} from '../../verification/index.js';
import { readSignatureTrust, signatureTrustInputs } from '../inputs/signature-trust.js';
import { code, escape, truncateList } from '../../report/text.js';
import type { Report } from '../../report/report.js';
import { codeColumn, tableOf, type Column } from '../../report/table.js';
import { eachRepository, failureOfEach } from '../../repositories/index.js';

const inspectInputs = {
  ...repositoryInputs,
  images: { ...repositoryInputs.images, note: 'Repositories, or single tags of them.' },
  'warn-expiry-days': { ...warnExpiryDays, note: 'What expires soon gets a warning.' },
  ...signatureTrustInputs,
  ...pinInputs,
  format: {
    type: 'choice',
    group: 'advanced',
    label: 'Format',
    help: 'How the inspection is printed.',
    hosts: ['cli'],
    choices: {
      table: 'As tables, for people.',
      json: 'On standard output nothing but JSON as `docker trust inspect` prints it; all else on standard error.',
    },
    default: 'table',
    example: 'json',
  },
} as const satisfies Inputs;

export const inspect = defineCommand({
  name: 'inspect',
  label: 'Inspect',
  help: 'Shows what is signed, by whom, and who may sign. Lists signers, keys, thresholds, expiry, every tag with its digest, signers and Notary Project signatures, and the tags that are not signed. Needs no Docker, and no more than AcrPull.',
  argument: 'images',
  example: ['registry', 'repository'],
  inputs: inspectInputs,
  outputs: ['inspection'],
  parse: async (read): Promise<InspectConfiguration> => ({
    requests: readRequests(read),
    pins: readPins(read),
    trustServer: readScopedTrustServer(read),
    warnExpiryDays: readDays(read),
    format: read.values.format,
    // Without any of them nobody is trusted, and signatures are shown as what they claim.
    openTrust:
      inputsSet(signatureTrustInputs, read).length > 0 ? await readSignatureTrust(read) : undefined,
  }),
  run: async (configuration, run) => {
    const { requests, format } = configuration;
    const azure = run.access.azure(requests[0]?.registry);
    const results = await run.log.group('Trust data', async () => {
      const pins = await resolvePins(configuration.pins, azure, run);
      const trust = await configuration.openTrust?.(run);
      const reading = { configuration, pins, trust, run };
      return eachRepository(requests, (request) => load(request, reading));
    });
    const outcomes = results.map(({ error }, index) => ({
      gun: requests[index]?.name ?? '',
      error,
    }));
    for (const { gun, error } of outcomes) {
      if (error) run.log.warn(`${gun} cannot be inspected: ${error.message}`);
    }
    const inspected = results.flatMap(({ value }) => value ?? []);
    const document = inspected.flatMap(({ facts, view }) =>
      view ? [dockerInspection(facts.name, view, facts.tags)] : [],
    );
    if (format === 'json') run.print(document, dockerIndent);
    const file = path.join(run.tempDirectory, `acr-content-trust-inspection-${randomUUID()}.json`);
    await writeFile(file, run.toJson(document, dockerIndent), { flag: 'wx' });
    return {
      title: 'Inspection',
      heading: 'Content trust',
      subjects: requests.map(({ name }) => name),
      body: inspected.flatMap(({ facts }, index) =>
        shown(facts, index < mostDrawings, inspected.length > 1),
      ),
      facts: {
        formatVersion: 2,
        repositories: inspected.map(({ facts }) => facts),
        failures: outcomes.flatMap(({ gun: name, error }) =>
          error ? [{ name, code: error.code, message: error.message }] : [],
        ),
      },
      outputs: { inspection: file },
      failure: failureOfEach(outcomes, 'could not be inspected'),
    };
  },
});

/** A repository, or one tag of it. */
interface InspectionRequest {
  /** As the Docker CLI would name it: with the tag, if one is asked for. */
  readonly name: string;
  readonly gun: Gun;
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string | undefined;
}

interface InspectConfiguration {
  /** At least one, each once. */
  readonly requests: readonly InspectionRequest[];
  readonly pins: readonly PinReference[];
  readonly trustServer: ScopedTrustServer | undefined;
  readonly warnExpiryDays: number;
  readonly format: 'table' | 'json';
  /** Whose Notary Project signatures count; undefined where none are judged. */
  readonly openTrust: OpenTrust | undefined;
}

function readRequests(read: Read<typeof inspectInputs>): readonly InspectionRequest[] {
  const own = readOwnRepositories(read).map((named) => ({ ...named, name: named.gun }));
  const named = read.values.images.flatMap((text) => {
    const request = read.parse('images', (): InspectionRequest => {
      const image = parseImageReference(text);
      if (image.digest !== undefined) {
        throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} names a digest`, {
          remedy: 'Content trust signs tags: give the repository, or one tag of it.',
        });
      }
      const { host: registry, repository, tag } = image;
      return { name: formatImageReference(image), gun: gunOf(image), registry, repository, tag };
    });
    return request ? [request] : [];
  });
  return [...new Map([...own, ...named].map((request) => [request.name, request])).values()];
}

/** One signed tag beside what the registry has. */
interface TagFacts extends SignedTag {
  /** The Notary Project signatures of the signed digest. */
  readonly notaryProject: DigestSignatures | undefined;
  readonly registry: 'same' | 'differs' | 'missing';
  /** What the tag points to in the registry, where that differs. */
  readonly registryDigest?: string;
}

/** A tag of the registry that a pull with content trust refuses. */
interface UnsignedTag {
  readonly tag: string;
  /** Why, if a role lists it nevertheless. */
  readonly reason?: string;
  /** What it points to. */
  readonly digest: string | undefined;
  readonly notaryProject: DigestSignatures | undefined;
}

/** Everything that is known of one repository. */
interface RepositoryFacts {
  /** As it was asked for, with the tag if one was. */
  readonly name: string;
  readonly gun: Gun;
  readonly hasTrustData: boolean;
  readonly roles: readonly RoleFacts[];
  readonly tags: readonly TagFacts[];
  readonly unsignedTags: readonly UnsignedTag[];
  /** The pin that the root matched; absent when it was trusted on first use. */
  readonly pinnedBy?: string;
}

interface Inspected {
  readonly facts: RepositoryFacts;
  readonly view: TrustedView | undefined;
}

/** Expired data, unsigned tags and missing trust data are findings, not failures. @throws {TrustError} */
async function load(
  { name, gun, registry, repository, tag }: InspectionRequest,
  {
    configuration: { trustServer, warnExpiryDays },
    pins,
    trust: signatureTrust,
    run,
  }: {
    readonly configuration: InspectConfiguration;
    readonly pins: readonly Pin[];
    readonly trust: SignatureTrust | undefined;
    readonly run: Run;
  },
): Promise<Inspected> {
  const { access, clock, signal, log } = run;
  const session = await access.sessionToRead({ host: registry, repository }, trustServer);
  const { images, trust } = session;
  const now = clock();
  const [view, listed] = await Promise.all([
    readRepository(createTrustServer({ url: session.trustServer, gun, ...trust, log }), {
      pins,
      now,
      expiry: 'report',
      signal,
    }),
    images.listTags(repository),
  ]);
  for (const { message } of view?.warnings ?? []) log.warn(message);
  if (!view) log.info(`${gun}  no trust data`);
  if (!view && !listed) {
    throw new TrustError('MANIFEST_NOT_FOUND', `There is no repository ${gun}.`, {
      remedy: 'Check registry and repository, and that something was pushed to it.',
    });
  }
  const isMeant = (one: string): boolean => tag === undefined || one === tag;
  const signed = view ? listTags(view).filter((row) => isMeant(row.tag)) : [];
  const roles = view ? rolesOf(view, now, warnExpiryDays) : [];
  for (const { role, state, expires } of roles) {
    if (state !== 'expiring') continue;
    log.warn(`${role} of ${gun} expires on ${expires?.slice(0, 10) ?? ''}.`);
  }
  const compared = await compare(images, repository, signed, new Set(listed));
  const others = (listed ?? []).filter(isMeant).flatMap((one) => unsigned(view, one));
  const place = { gun, repository, session, trust: signatureTrust };
  const digests = await digestsOfTags(
    place,
    others.map((one) => one.tag),
    run,
  );
  const present = compared.filter((one) => one.registry !== 'missing');
  const found = await signaturesOf(
    place,
    [...present.map(({ digest }) => digest), ...digests.values()],
    run,
  );
  const pinnedBy = matchedPin(view);
  const facts = {
    name,
    gun,
    hasTrustData: view !== undefined,
    roles,
    tags: compared.map((one) => ({ ...one, notaryProject: found.get(one.digest) })),
    unsignedTags: others.map((one) => {
      const digest = digests.get(one.tag);
      return { ...one, digest, notaryProject: found.get(digest ?? '') };
    }),
    ...(pinnedBy === undefined ? {} : { pinnedBy }),
  };
  return { facts, view };
}

type ComparedTag = Omit<TagFacts, 'notaryProject'>;

/** Holds the signed digests against what the registry has under the tags. */
async function compare(
  images: RegistryClient,
  repository: string,
  signed: readonly SignedTag[],
  listed: ReadonlySet<string>,
): Promise<readonly ComparedTag[]> {
  return mapConcurrent(signed, limits.concurrentRepositories, async (row): Promise<ComparedTag> => {
    // A target of another client may have a name that is not a tag, and is in no registry then.
    const manifest = listed.has(row.tag)
      ? await images.getManifest(repository, row.tag)
      : undefined;
    if (!manifest) return { ...row, registry: 'missing' };
    return manifest.digest === row.digest
      ? { ...row, registry: 'same' }
      : { ...row, registry: 'differs', registryDigest: manifest.digest };
  });
}

function unsigned(
  view: TrustedView | undefined,
  tag: string,
): readonly Pick<UnsignedTag, 'tag' | 'reason'>[] {
  const found = view && lookUpTag(view, tag);
  if (found?.kind === 'signed') return [];
  return [found?.kind === 'refused' ? { tag, reason: found.reason } : { tag }];
}

/** People stop reading far earlier, and hosts cut summaries that are too long. */
const mostDrawings = 10;
const mostUnsigned = 100;

const roleColumns: readonly Column<RoleFacts>[] = [
  codeColumn('Role', ({ role }) => role),
  { heading: 'Version', text: ({ version }) => String(version ?? '-') },
  { heading: 'Expires', text: ({ expires }) => expires?.slice(0, 10) ?? '-' },
  {
    heading: 'State',
    text: ({ state }) => (state === 'expired' ? 'EXPIRED' : state),
    markdown: ({ state }) => (state === 'valid' ? state : `⚠️ ${state}`),
  },
  { heading: 'Threshold', text: ({ threshold, keys }) => `${threshold} of ${keys.length}` },
  { heading: 'Paths', text: pathsOf },
  {
    heading: 'Keys',
    text: (role) => keysOf(role).join(', ') || '-',
    markdown: (role) => keysOf(role).map(code).join('<br>'),
  },
];

const tagColumns: readonly Column<TagFacts>[] = [
  codeColumn('Signed tag', ({ tag }) => tag),
  codeColumn('Digest', ({ digest }) => digest),
  { heading: 'Signers', text: ({ signers }) => signers.join(', ') },
  {
    heading: 'Roles',
    text: ({ roles, isPulled }) => roles.join(', ') + (isPulled ? '' : ' (not what a pull gets)'),
    only: 'log',
  },
  {
    heading: 'Registry',
    text: registryOf,
    markdown: (tag) => (tag.registry === 'same' ? '✅ same' : `⚠️ ${escape(registryOf(tag))}`),
  },
  {
    heading: 'Notary Project',
    text: ({ notaryProject }) => signatureText(notaryProject),
  },
];

/** The name of a repository, its tables, and a drawing in the summary. */
function shown(facts: RepositoryFacts, isDrawn: boolean, isOneOfMany: boolean): Report['body'] {
  const { name, hasTrustData, roles, tags, unsignedTags } = facts;
  const isSigned = ({ notaryProject }: UnsignedTag): boolean =>
    (notaryProject?.signatures.length ?? 0) > 0;
  const signedOtherwise = unsignedTags.filter(isSigned);
  const unsignedAtAll = unsignedTags.filter((tag) => !isSigned(tag));
  const names = unsignedAtAll.map(({ tag }) => code(tag));
  return [
    { log: name, ...(isOneOfMany && { summary: `#### ${code(name)}` }) },
    ...(hasTrustData
      ? []
      : [
          {
            log: 'no trust data: nothing is signed',
            summary: 'No trust data: nothing is signed.',
          },
        ]),
    tableOf(roles, roleColumns, ({ state }) => state !== 'valid'),
    tableOf(tags, tagColumns, ({ registry }) => registry !== 'same'),
    tableOf(unsignedAtAll, [
      { heading: 'Unsigned tag', text: ({ tag }) => tag, only: 'log' },
      { heading: '', text: ({ reason }) => reason ?? '', only: 'log' },
    ]),
    tableOf(signedOtherwise, [
      codeColumn('Tag without content trust', ({ tag }) => tag),
      codeColumn('Digest', ({ digest = '' }) => digest),
      { heading: 'Notary Project', text: ({ notaryProject }) => signatureText(notaryProject) },
      { heading: '', text: ({ reason }) => reason ?? '', only: 'log' },
    ]),
    ...(names.length > 0
      ? [{ summary: `Unsigned tags: ${truncateList(names, mostUnsigned)}` }]
      : []),
    ...(hasTrustData && isDrawn ? [{ summary: drawTrustData(facts) }] : []),
  ];
}

function pathsOf({ paths }: RoleFacts): string {
  if (!paths) return '-';
  if (paths.length === 0) return 'none';
  return paths.map((prefix) => (prefix === '' ? 'all' : `${prefix}*`)).join(', ');
}

function keysOf({ keys }: RoleFacts): readonly string[] {
  return keys.map(({ keyId, type }) => `${keyId} (${type})`);
}

function registryOf({ registry, registryDigest }: TagFacts): string {
  return registry === 'differs' ? `differs: ${registryDigest ?? ''}` : registry;
}
