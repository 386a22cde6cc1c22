/**
 * The first trusted publish of a repository: root and targets in one go, timestamp and snapshot
 * keys held by the server, as Docker does it (notary client/client.go, initialize; publish). It never
 * replaces trust data that exists: a repository has one first root, and losing it loses everything.
 */
import { isTrustError, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { firstRoot, tagTarget, withTargets } from '../edits/index.js';
import { canonicalKeyIdOf, keyIdOf, rootCertificateFlaw } from '../metadata/index.js';
import type { PublicKey, RoleName } from '../metadata/types.js';
import { readRepository } from '../reading/index.js';
import type { PublishOutcome, TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import { verifyRootChain, type TrustedView } from '../verification/index.js';
import { backoffFor } from './backoff.js';
import { readBack, tagFlaw } from './read-back.js';
import { signFile } from './sign.js';
import type { PublishingContext, Tags } from './types.js';

/** What {@link initialiseRepository} needs. */
export interface InitialiseOptions extends PublishingContext {
  /** Signs the root. Best kept where CI cannot reach it in daily work. */
  readonly rootSigner: Signer;
  /** The certificate for the root key, made for exactly this GUN (`ecdsa-x509` or `rsa-x509`). */
  readonly rootCertificate: PublicKey;
  /** Becomes the repository key: the only one needed for later pushes. */
  readonly targetsSigner: Signer;
  /** Signed along with it, so that one publish does it all. */
  readonly tags?: Tags;
  /** Asked before every publish: throws where the tags are not what is to be signed any more. */
  readonly recheck?: () => Promise<void>;
}

/** How an initialisation ended. */
export type Initialised =
  /** The repository is ours; `view` is what a stranger reads. */
  | {
      readonly kind: 'created';
      readonly view: TrustedView;
      readonly roles: readonly RoleName[];
      readonly attempts: number;
    }
  /** Somebody else was first: nothing of ours was stored, tags must be published the usual way. */
  | { readonly kind: 'exists'; readonly view: TrustedView };

/**
 * Creates the trust data of a repository that has none, with `tags` signed, and reads it back.
 * @throws {TrustError} KEY_UNSUITABLE when certificate and keys do not belong together;
 * TRUST_PIN_MISMATCH when the pins would refuse the new root; SIGNER_NOT_AUTHORIZED;
 * TRUST_SERVER_UNREACHABLE or TRUST_SERVER_REJECTED; READ_BACK_FAILED; INTERRUPTED.
 */
export async function initialiseRepository(
  server: TrustServer,
  options: InitialiseOptions,
): Promise<Initialised> {
  checkKeys(server, options);
  const tags: Tags = options.tags ?? new Map();
  const files = await firstFiles(server, options, tags);
  const bytes = new Map([...files].map(([role, file]) => [role, file.bytes]));
  const patience = backoffFor(options.deadlineMs ?? limits.publishDeadlineMs, options.signal);

  for (let attempts = 1; ; attempts += 1) {
    await options.recheck?.();
    const outcome = await send(server, bytes, options);
    if (outcome.kind !== 'accepted') {
      // Whatever the answer was, what stands there now tells what happened.
      const { pins, signal } = options;
      const view = await readRepository(server, { pins, now: options.clock(), signal });
      if (view && !isOurs(view, files)) return { kind: 'exists', view };
      if (!view && outcome.kind !== 'uncertain') throw refused(server, outcome);
      if (!view) {
        const isLast = attempts >= limits.publishUncertainTries || !(await patience.pause());
        if (isLast && outcome.kind === 'uncertain') throw outcome.error;
        continue;
      }
    }
    const view = await readBack(
      server,
      { flaw: (seen) => tagFlaw(seen, tags), sent: files },
      options,
    );
    // Two that began at once may both have been told yes; only one of them is.
    if (!isOurs(view, files)) return { kind: 'exists', view };
    options.log.info(`Created the trust data of ${server.gun} on ${server.host}.`);
    return { kind: 'created', view, roles: ['targets'], attempts };
  }
}

type Files = ReadonlyMap<RoleName, { readonly bytes: Buffer; readonly version: number }>;
type Outcome = PublishOutcome | { readonly kind: 'rejected'; readonly error: TrustError };

function checkKeys(server: TrustServer, options: InitialiseOptions): void {
  const { rootCertificate, rootSigner, clock } = options;
  const flaw =
    rootCertificateFlaw(rootCertificate, { gun: server.gun, now: clock() }) ??
    (canonicalKeyIdOf(rootCertificate) === rootSigner.keyId
      ? undefined
      : `it is not for the ${rootSigner.description}`);
  if (flaw === undefined) return;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `the certificate cannot be the root of ${server.gun}: ${flaw}`,
    { remedy: 'Make a certificate for this root key and this repository.' },
  );
}

async function firstFiles(
  server: TrustServer,
  options: InitialiseOptions,
  tags: Tags,
): Promise<Files> {
  const { rootSigner, rootCertificate, targetsSigner, signal } = options;
  // Before the first root each call makes a new key: what is answered here is what the root names.
  const [timestamp, snapshot] = await Promise.all([
    server.fetchServerKey('timestamp', signal),
    server.fetchServerKey('snapshot', signal),
  ]);
  const now = options.clock();
  const keys = { root: rootCertificate, targets: targetsSigner.publicKey, snapshot, timestamp };
  const root = firstRoot(keys, now);
  const targets = withTargets(
    undefined,
    new Map([...tags].map(([tag, { digest, length }]) => [tag, tagTarget(digest, length)])),
    now,
  );
  const [rootBytes, targetsBytes] = await Promise.all([
    signFile('root', root, [{ signer: rootSigner, keyIds: [keyIdOf(rootCertificate)] }]),
    signFile('targets', targets, [{ signer: targetsSigner, keyIds: [targetsSigner.keyId] }]),
  ]);
  // What our own readers would refuse must not be published.
  verifyRootChain([rootBytes], { gun: server.gun, now, pins: options.pins });
  return new Map([
    ['root', { bytes: rootBytes, version: root.version }],
    ['targets', { bytes: targetsBytes, version: targets.version }],
  ]);
}

async function send(
  server: TrustServer,
  bytes: ReadonlyMap<RoleName, Buffer>,
  { signal, log }: InitialiseOptions,
): Promise<Outcome> {
  try {
    const outcome = await server.publish(bytes, signal);
    if (outcome.kind !== 'accepted') log.debug(`first publish: ${outcome.kind}`);
    return outcome;
  } catch (error) {
    // A root that is there already makes ours a forged rotation in the eyes of the server.
    if (isTrustError(error, 'TRUST_SERVER_REJECTED')) return { kind: 'rejected', error };
    throw error;
  }
}

/** Whether the root that stands there is the one we made. */
function isOurs(view: TrustedView, files: Files): boolean {
  const sent = files.get('root');
  return sent !== undefined && view.root.bytes.equals(sent.bytes);
}

function refused(server: TrustServer, outcome: Exclude<Outcome, { kind: 'accepted' }>): TrustError {
  if (outcome.kind !== 'conflict') return outcome.error;
  return new TrustError(
    'TRUST_SERVER_REJECTED',
    `the trust server ${server.host} says that ${server.gun} has trust data, but serves none`,
    {
      remedy:
        'Remains of deleted trust data may block it. Delete the trust data of the repository completely ("trust delete"), which loses all its signatures.',
    },
  );
}
