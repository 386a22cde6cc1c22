/**
 * Signs tags into an existing repository. Optimistic: read, plan, sign, send, and on a conflict all
 * over again from what is there now, so that any number of agents can sign different tags of one
 * repository at once and nothing is lost. Never says done before the read-back says so.
 */
import { isTrustError, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { RoleName } from '../metadata/types.js';
import { readRepository } from '../reading/index.js';
import type { TrustServer } from '../server/index.js';
import type { TrustedView } from '../verification/index.js';
import { patienceFor } from './patience.js';
import { planTags, type PlannedFile } from './plan.js';
import { confirmed, readBack } from './read-back.js';
import { signFile } from './sign.js';
import type { Signer } from '../signer.js';
import type { PublishedTags, PublishTagsOptions } from './types.js';

type Sent = ReadonlyMap<RoleName, { readonly bytes: Buffer; readonly version: number }>;

/**
 * Makes `tags` stand in every role the signer's key may sign, in one publish, and reads them back.
 * Sends nothing when all of them stand there already.
 * @throws {TrustError} TRUST_DATA_MISSING without trust data; KEY_NOT_AUTHORIZED;
 * SIGNER_NOT_AUTHORIZED; TRUST_CONFLICT when the deadline passes among conflicts; TRUST_SERVER_UNREACHABLE or
 * TRUST_SERVER_REJECTED; READ_BACK_FAILED; INTERRUPTED; and what reading and the signer throw.
 */
export async function publishTags(
  server: TrustServer,
  options: PublishTagsOptions,
): Promise<PublishedTags> {
  const { tags, signer, pins, clock, signal, log } = options;
  const patience = patienceFor(options.deadlineMs ?? limits.publishDeadlineMs, signal);
  let earlier: TrustedView | undefined;
  let trouble: Trouble | undefined;
  let attempts = 0;
  let uncertain = 0;

  const read = async (previous: TrustedView | undefined, after: Trouble | undefined) => {
    try {
      return await readRepository(server, { pins, now: clock(), previous, signal });
    } catch (error) {
      if (after?.kind === 'uncertain' && isTrustError(error, 'TRUST_SERVER_UNREACHABLE')) {
        throw outcomeUnknown(after.error);
      }
      throw error;
    }
  };

  for (;;) {
    const view = await read(earlier, trouble);
    if (!view) throw noTrustData(server);
    // A refusal is final unless the repository changed under it.
    if (trouble?.kind === 'rejected' && isUnchanged(earlier, view)) throw trouble.error;
    const plan = planTags(view, tags, signer, clock());
    if (plan.files.length === 0) {
      if (attempts > 0) log.info('A publish whose answer got lost has taken effect.');
      const seen =
        attempts === 0
          ? confirmed(server, view, tags)
          : await readBack(server, { tags, sent: new Map() }, options);
      return { view: seen, roles: plan.roles, attempts, alreadySigned: attempts === 0 };
    }
    for (const warning of plan.warnings) log.warn(warning);
    if (trouble?.kind === 'uncertain' && ++uncertain >= limits.publishUncertainTries) {
      throw trouble.error;
    }
    const sent = await signFiles(plan.files, signer);
    attempts += 1;
    const bytes = new Map([...sent].map(([role, file]) => [role, file.bytes]));
    trouble = await attempt(() => server.publish(bytes, signal));
    if (!trouble) {
      const seen = await readBack(server, { tags, sent }, options);
      return { view: seen, roles: plan.roles, attempts, alreadySigned: false };
    }
    log.debug(`publish ${attempts}: ${trouble.kind}`);
    earlier = view;
    if (!(await patience.pause())) {
      throw trouble.kind === 'conflict' ? outOfTime(server, attempts) : trouble.error;
    }
  }
}

type Trouble =
  | { readonly kind: 'conflict' }
  | { readonly kind: 'uncertain' | 'rejected'; readonly error: TrustError };

/** Sends once. @returns what stood in the way, if anything did. */
async function attempt(
  send: () => ReturnType<TrustServer['publish']>,
): Promise<Trouble | undefined> {
  try {
    const outcome = await send();
    return outcome.kind === 'accepted' ? undefined : outcome;
  } catch (error) {
    if (isTrustError(error, 'TRUST_SERVER_REJECTED')) return { kind: 'rejected', error };
    throw error;
  }
}

async function signFiles(files: readonly PlannedFile[], signer: Signer): Promise<Sent> {
  return new Map(
    await Promise.all(
      files.map(async ({ role, body, keyIds }) => {
        const bytes = await signFile(role, body, signer, keyIds);
        return [role, { bytes, version: body.version }] as const;
      }),
    ),
  );
}

function isUnchanged(before: TrustedView | undefined, after: TrustedView): boolean {
  return before?.timestamp.signed.version === after.timestamp.signed.version;
}

function noTrustData(server: TrustServer): TrustError {
  return new TrustError(
    'TRUST_DATA_MISSING',
    `${server.host} holds no trust data for ${server.gun}`,
    {
      remedy:
        'The repository must be initialised once, which takes a root key. If it was initialised ' +
        'before, somebody has deleted its trust data.',
    },
  );
}

function outcomeUnknown(cause: TrustError): TrustError {
  return new TrustError(
    'TRUST_SERVER_UNREACHABLE',
    `${cause.message}; whether the publish took effect is not known, as nothing can be read now`,
    { remedy: `${cause.remedy} Tags that are signed by then are recognised.`, cause },
  );
}

function outOfTime(server: TrustServer, attempts: number): TrustError {
  return new TrustError(
    'TRUST_CONFLICT',
    `others kept publishing to ${server.gun} on ${server.host}: ${attempts} publishes met a ` +
      'version conflict, and time is up',
    { remedy: 'Run again, or let fewer jobs sign the same repository at the same moment.' },
  );
}
