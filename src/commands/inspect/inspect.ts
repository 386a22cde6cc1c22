/**
 * Shows who may sign repositories and what is signed in them, beside what the registry has. Reads
 * only, needs no more than AcrPull, and shows expired data too, saying so.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { resolvePins } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { formatImageReference, gunOf, parseImageReference } from '../../registry/index.js';
import {
  dockerIndent,
  dockerInspection,
  drawTrustData,
  type RoleFacts,
} from '../../trust/index.js';
import type { ScopedTrustServer } from '../../access/index.js';
import { defineCommand } from '../command.js';
import { readDays, warnExpiryDays } from '../inputs/days.js';
import { pinInputs, readPins, type PinReference } from '../inputs/pins.js';
import { inputsSet, type Read } from '../inputs/read.js';
import {
  readOwnRepositories,
  readScopedTrustServer,
  repositoryInputs,
} from '../inputs/repositories.js';
import {
  inspectRepository,
  signatureText,
  type InspectionRequest,
  type OpenTrust,
  type RepositoryFacts,
  type TagFacts,
  type UnsignedTag,
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
      const inspecting = { ...configuration, pins, trust };
      return eachRepository(requests, (request) => inspectRepository(request, inspecting, run));
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
