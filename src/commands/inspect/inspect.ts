/**
 * Shows who may sign repositories and what is signed in them, beside what the registry has. Reads
 * only, needs no more than AcrPull, and shows expired data too, saying so.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TrustError, isTrustError } from '../../errors.js';
import type { InputValues } from '../inputs/values.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import type { RegistryClient } from '../../registry/index.js';
import {
  createTrustServer,
  lookUpTag,
  readRepository,
  type Pin,
  type SignedTag,
  type TrustedView,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { failureOfMany } from '../report/failure-of-many.js';
import { handOnReport } from '../report/report-file.js';
import { matchedPin, resolvePin } from '../signing/pins.js';
import { mapConcurrent } from '../../concurrency.js';
import {
  readInspectConfiguration,
  type InspectConfiguration,
  type InspectionRequest,
} from './configuration.js';
import { dockerIndent, dockerInspection } from './docker-json.js';
import {
  rolesOf,
  signedTagsOf,
  type RepositoryFacts,
  type TagFacts,
  type UnsignedTag,
} from './facts.js';
import { inspectionReport, inspectionSummary, inspectionTable } from './report.js';

/** What was seen of one request. */
interface Inspected {
  readonly request: InspectionRequest;
  readonly facts: RepositoryFacts | undefined;
  readonly view: TrustedView | undefined;
  readonly error: TrustError | undefined;
}

/**
 * Runs `inspect`. Expired data, unsigned tags and repositories without trust data are findings, not
 * failures.
 * @throws {TrustError} what a repository could not be looked at for, after all were looked at.
 */
export async function inspectRepositories(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, tempDirectory, problems } = context;
  const configuration = readInspectConfiguration(inputs, workingDirectory, problems);
  const { log, warnings } = context;
  const inspected = await log.group('Trust data', async () => {
    const pins = await openPins(configuration, context);
    return mapConcurrent(configuration.requests, limits.concurrentRepositories, (request) =>
      inspectOne(request, { configuration, pins, context, log }),
    );
  });
  const document = inspected.flatMap(({ request: { name, tag }, view }) =>
    view ? [dockerInspection(name, view, tag)] : [],
  );
  if (configuration.format === 'json') context.print(document, dockerIndent);
  for (const { request, facts } of inspected) {
    if (!facts) continue;
    await log.group(request.name, () => {
      for (const line of inspectionTable(facts)) log.info(line);
      return Promise.resolve();
    });
  }
  const file = path.join(tempDirectory, `acr-content-trust-inspection-${randomUUID()}.json`);
  await writeFile(file, context.toJson(document, dockerIndent), { flag: 'wx' });
  context.setOutput('inspection', file);
  const repositories = inspected.flatMap(({ facts }) => facts ?? []);
  const failures = inspected.flatMap(({ request, error }) => (error ? [{ request, error }] : []));
  const report = inspectionReport(
    repositories,
    failures.map(({ request: { name }, error: { code, message } }) => ({ name, code, message })),
    warnings,
  );
  await handOnReport(report, configuration.reportPath, context);
  await context.addSummary(inspectionSummary(repositories, warnings));
  if (failures.length > 0) throw failureOf(failures, inspected.length);
}

interface Looking {
  readonly configuration: InspectConfiguration;
  readonly pins: readonly Pin[];
  readonly context: RunContext;
  readonly log: Log;
}

async function inspectOne(request: InspectionRequest, looking: Looking): Promise<Inspected> {
  const { configuration, pins, context, log } = looking;
  const { gun, host, repository, tag } = request;
  try {
    const { images, trust, trustServer } = await context.access.sessionToRead(
      { host, repository },
      configuration.trustServer,
    );
    const server = createTrustServer({ url: trustServer, gun, ...trust, log });
    const now = context.clock();
    const [view, listed] = await Promise.all([
      readRepository(server, { pins, now, expiry: 'report', signal: context.signal }),
      images.listTags(repository),
    ]);
    for (const { message } of view?.warnings ?? []) log.warn(message);
    if (!view) log.info(`${gun}  no trust data`);
    if (!view && !listed) throw notThere(gun);
    const signed = view ? signedTagsOf(view, tag) : [];
    const roles = view ? rolesOf(view, now, configuration.warnExpiryDays) : [];
    for (const { role, state, expires } of roles) {
      if (state === 'expiring')
        log.warn(`${role} of ${gun} expires on ${expires?.slice(0, 10) ?? ''}.`);
    }
    const pinnedBy = matchedPin(view);
    const facts: RepositoryFacts = {
      name: request.name,
      gun,
      hasTrustData: view !== undefined,
      roles,
      tags: await compare(images, repository, signed, new Set(listed)),
      unsignedTags: unsignedAmong(view, listed ?? [], tag),
      ...(pinnedBy === undefined ? {} : { pinnedBy }),
    };
    return { request, facts, view, error: undefined };
  } catch (error) {
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    log.warn(`${request.name} cannot be inspected: ${error.message}`);
    return { request, facts: undefined, view: undefined, error };
  }
}

/** Holds the signed digests against what the registry has under the tags. */
async function compare(
  images: RegistryClient,
  repository: string,
  signed: readonly SignedTag[],
  listed: ReadonlySet<string>,
): Promise<readonly TagFacts[]> {
  return mapConcurrent(signed, limits.concurrentRepositories, async (row): Promise<TagFacts> => {
    // A target of another client may have a name that is no tag, and is in no registry then.
    if (!listed.has(row.tag)) return { ...row, registry: 'missing' };
    const manifest = await images.getManifest(repository, row.tag);
    if (!manifest) return { ...row, registry: 'missing' };
    return manifest.digest === row.digest
      ? { ...row, registry: 'same' }
      : { ...row, registry: 'differs', registryDigest: manifest.digest };
  });
}

function unsignedAmong(
  view: TrustedView | undefined,
  listed: readonly string[],
  only: string | undefined,
): readonly UnsignedTag[] {
  return listed
    .filter((tag) => only === undefined || tag === only)
    .flatMap((tag): UnsignedTag[] => {
      const found = view && lookUpTag(view, tag);
      if (found?.kind === 'signed') return [];
      return [found?.kind === 'refused' ? { tag, reason: found.reason } : { tag }];
    });
}

async function openPins(
  { pins, requests: [first] }: InspectConfiguration,
  context: RunContext,
): Promise<readonly Pin[]> {
  const azure = context.access.azure(first?.host);
  return Promise.all(pins.map((pin) => resolvePin(pin, azure, context)));
}

function notThere(gun: string): TrustError {
  return new TrustError('MANIFEST_NOT_FOUND', `There is no repository ${gun}.`, {
    remedy: 'Check registry and repository, and that something was pushed to it.',
  });
}

function failureOf(
  failures: readonly { readonly request: InspectionRequest; readonly error: TrustError }[],
  total: number,
): TrustError {
  const [first] = failures;
  if (!first) throw new TypeError('there is no failure');
  if (total === 1) return first.error;
  const failed = failures.map(({ request, error }) => ({ name: request.name, error }));
  return failureOfMany(
    [{ name: first.request.name, error: first.error }, ...failed.slice(1)],
    `${failures.length} of ${total} repositories could not be inspected.`,
  );
}
