/**
 * Writes what other programs need to check the same as this product: notation, and the admission
 * controllers of clusters. A policy that would accept more than is asked for is not written.
 */
import path from 'node:path';
import { isRegistryHost, resolvePins } from '../azure/index.js';
import { TrustError } from '../errors.js';
import type { Inputs } from '../inputs/index.js';
import {
  connaisseurContentTrust,
  policyFormats,
  type ContentTrustInCluster,
  type PolicyFiles,
  type TrustedInCluster,
} from '../notation/index.js';
import { writeOnce } from '../output-files/index.js';
import { parseNamePattern } from '../registry/index.js';
import { signingRootKeys } from '../trust/index.js';
import { defineCommand } from './command.js';
import { pinInputs, readPins, type PinReference } from './inputs/pins.js';
import { outputDirectory, overwrite } from './inputs/output-file.js';
import type { Read } from './inputs/read.js';
import {
  type NamedRepository,
  eachRepository,
  loginToAll,
  readTrust,
  unwrapAll,
} from '../repositories/index.js';
import { readRepositories, repositoryInputs } from './inputs/repositories.js';
import { readRequiredSigners, requiredSigners } from './inputs/signing.js';
import { timestampRoot } from './inputs/signature-trust.js';
import type { ReadCertificates } from '../verification/index.js';
import { readTrustedCertificates, trustedSignerInputs } from './inputs/trusted-signers.js';
import { code } from '../report/text.js';
import { codeColumn, tableOf } from '../report/table.js';
import type { Run } from './run.js';

type FormatName = keyof typeof policyFormats;
const contentTrust = 'connaisseur-dct';

const exportInputs = {
  ...repositoryInputs,
  images: {
    ...repositoryInputs.images,
    note: 'Repositories, or patterns of them such as `contoso.azurecr.io/team/*` where a format takes them.',
  },
  ...trustedSignerInputs,
  'timestamp-root': timestampRoot,
  'required-signers': requiredSigners,
  ...pinInputs,
  'policy-format': {
    type: 'list',
    group: 'advanced',
    label: 'Formats of policies',
    help: `What is written. For Notary Project signatures: \`notation\` (also for verifiers that use its library), \`ratify\` (1.x), \`kyverno\` (\`verifyImages\`), \`kyverno-cel\` (ImageValidatingPolicy, Kyverno 1.17 and later), \`connaisseur\`. For Docker Content Trust: \`${contentTrust}\`, with the root keys that the trust data has. Without it, with \`trusted-certificate\` all of the former that can check all that is asked for; otherwise the latter.`,
    example: 'notation, ratify',
  },
  'output-directory': { ...outputDirectory, required: true },
  overwrite,
} as const satisfies Inputs;

interface ExportConfiguration {
  /** Absolute path. */
  readonly folder: string;
  readonly overwrite: boolean;
  /** Those that were asked for; undefined: all that can check all that is asked for. */
  readonly formats: readonly FormatName[] | undefined;
  /** Undefined where nothing is written for Notary Project signatures. */
  readonly signers:
    | {
        readonly certificates: ReadCertificates;
        readonly identities: readonly string[];
        readonly timestampRoots: ReadCertificates;
      }
    | undefined;
  /** Repositories and patterns. */
  readonly images: readonly string[];
  /** Those whose trust data says what is written; empty where nothing is for Docker Content Trust. */
  readonly repositories: readonly NamedRepository[];
  readonly pins: readonly PinReference[];
  readonly requiredSigners: readonly string[];
}

export const exportPolicy = defineCommand({
  name: 'exportPolicy',
  label: 'Export policies',
  help: 'Writes policies for notation, Ratify, Kyverno and Connaisseur. With them these accept what is signed. Made from certificates and from trust data.',
  example: ['trusted-certificate', 'trusted-identity', 'images', 'output-directory'],
  inputs: exportInputs,
  outputs: ['policy-files'],
  parse: readConfiguration,
  run: async (configuration, run) => {
    const { folder } = configuration;
    const written = new Map<string, string>();
    const skipped: { readonly format: FormatName; readonly reason: string }[] = [];
    const trusted = await trustedOf(configuration, run);
    if (trusted) {
      for (const [format, { lacks, write }] of formatsOf(configuration)) {
        const reason = lacks(trusted);
        if (reason === undefined) add(written, write(trusted));
        else if (configuration.formats) throw cannotCheck(format, reason);
        else skipped.push({ format, reason });
      }
    }
    for (const { format, reason } of skipped) {
      run.log.info(`Nothing is written for ${format}: ${reason}.`);
    }
    const rooted = await readContentTrust(configuration, run);
    if (rooted.length > 0) add(written, connaisseurContentTrust(rooted));
    const files = await writeOnce(
      [...written].map(([file, content]) => ({ path: path.join(folder, file), content })),
      { overwrite: configuration.overwrite, workingDirectory: run.workingDirectory },
    );
    return {
      title: 'Policies',
      heading: 'Policies',
      body: [
        { summary: `In ${code(folder)}` },
        tableOf(files, [
          codeColumn('File', ({ path: file }) => path.relative(folder, file)),
          { heading: 'State', text: ({ state }) => state },
        ]),
        ...skipped.map(({ format, reason }) => ({
          summary: `Nothing is written for ${code(format)}: ${reason}.`,
        })),
      ],
      facts: {
        folder,
        images: configuration.images,
        files: files.map(({ path: file, state }) => ({ file: path.relative(folder, file), state })),
        skipped,
      },
      outputs: { 'policy-files': files.map(({ path: file }) => file).join('\n') },
    };
  },
});

function readConfiguration(read: Read<typeof exportInputs>): ExportConfiguration {
  const { values, parse, add, conflict, nameInput, workingDirectory } = read;
  const hasCertificate = values['trusted-certificate'].length > 0;
  const asked = values['policy-format'].flatMap(
    (text) => parse('policy-format', () => formatOf(text)) ?? [],
  );
  const isForContentTrust = asked.includes(contentTrust) || (asked.length === 0 && !hasCertificate);
  const formats = asked.filter((format) => format !== contentTrust);
  const isForSigners = formats.length > 0 || (asked.length === 0 && hasCertificate);
  if (isForSigners) {
    for (const input of ['trusted-certificate', 'trusted-identity'] as const) {
      if (values[input].length > 0) continue;
      add({ input, problem: 'is not set', code: 'INPUT_MISSING' });
    }
  }
  for (const input of ['trusted-certificate', 'timestamp-root'] as const) {
    if (isForSigners || values[input].length === 0) continue;
    conflict(
      input,
      `is set, and "${nameInput('policy-format')}" names no format that takes it`,
      'Add a format for Notary Project signatures, such as notation.',
    );
  }
  const isPattern = (image: string): boolean => image.includes('*');
  const patterns = values.images
    .filter(isPattern)
    .flatMap((image) => parse('images', () => parseNamePattern(image).text) ?? []);
  const names = values.images.filter((image) => !isPattern(image));
  const own = { ...read, values: { ...values, images: names } };
  const repositories = readRepositories(own, { needed: patterns.length === 0 });
  if (isForContentTrust && patterns.length > 0) {
    conflict(
      'images',
      `names the pattern ${patterns[0] ?? ''}, and each repository has a root of its own in Docker Content Trust`,
      'Name the repositories.',
    );
  }
  const required = readRequiredSigners(read);
  if (!isForContentTrust && required.length > 0) {
    conflict(
      'required-signers',
      `is set, and "${nameInput('policy-format')}" does not name ${contentTrust}`,
      'Signers are those of Docker Content Trust: leave it out.',
    );
  }
  const pins = readPins(read, isForContentTrust);
  const certificates = readTrustedCertificates('trusted-certificate', 'ca', read).read;
  const timestampRoots = readTrustedCertificates('timestamp-root', 'tsa', read).read;
  return {
    folder: path.resolve(workingDirectory, values['output-directory'] ?? ''),
    overwrite: values.overwrite,
    formats: asked.length === 0 ? undefined : formats,
    signers: isForSigners
      ? { certificates, identities: values['trusted-identity'], timestampRoots }
      : undefined,
    images: [...repositories.map(({ gun }) => gun), ...patterns],
    repositories: isForContentTrust ? repositories : [],
    pins,
    requiredSigners: required.map((role) => role.replace(/^targets\//, '')),
  };
}

/** @throws {TrustError} INPUT_INVALID */
function formatOf(text: string): FormatName | typeof contentTrust {
  const known = [...Object.keys(policyFormats), contentTrust] as (
    FormatName | typeof contentTrust
  )[];
  const found = known.find((name) => name === text);
  if (found) return found;
  throw new TrustError('INPUT_INVALID', `there is no format ${JSON.stringify(text)}`, {
    remedy: `Use some of: ${known.join(', ')}.`,
  });
}

async function trustedOf(
  { signers, images }: ExportConfiguration,
  run: Run,
): Promise<TrustedInCluster | undefined> {
  return (
    signers && {
      images,
      certificates: await signers.certificates(run),
      identities: signers.identities,
      timestampRoots: await signers.timestampRoots(run),
    }
  );
}

function formatsOf({ formats }: ExportConfiguration) {
  const all = Object.entries(policyFormats) as [FormatName, (typeof policyFormats)[FormatName]][];
  return all.filter(([name]) => formats?.includes(name) ?? true);
}

function add(to: Map<string, string>, files: PolicyFiles): void {
  for (const [file, text] of files) to.set(file, text);
}

/** The roots of the repositories, as their pins or their first use vouch for them. */
async function readContentTrust(
  { repositories, pins: references, requiredSigners: signers }: ExportConfiguration,
  run: Run,
): Promise<readonly ContentTrustInCluster[]> {
  if (repositories.length === 0) return [];
  const opened = await loginToAll(repositories, run);
  return run.log.group('Trust data', async () => {
    const pins = await resolvePins(references, run.access.azure(repositories[0]?.registry), run);
    const read = await eachRepository(
      opened,
      async (repository): Promise<ContentTrustInCluster> => {
        const { view } = await readTrust(repository, { pins }, run);
        const { gun, trustServer } = repository;
        const isAzure = isRegistryHost(new URL(trustServer).hostname);
        return { gun, trustServer, isAzure, rootKeys: signingRootKeys(view.root), signers };
      },
    );
    return unwrapAll(read, 'could not be read');
  });
}

function cannotCheck(format: FormatName, reason: string): TrustError {
  return new TrustError(
    'TRUST_POLICY_INVALID',
    `A policy for ${format} cannot check all that is asked for: ${reason}`,
    {
      remedy:
        'Leave the format out, or ask for what it can check: name each repository, trust the self-signed certificate of the signer, or trust all names with "*".',
    },
  );
}
