/**
 * Run as a child process, with the stack's proxy and CA in its environment from the start: opens a
 * repository as a principal and publishes tags, one publisher for each entry of the job. Prints what
 * each of them got as one JSON line. Holds no assertion; the test that started it judges.
 */
import { createPrivateKey } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { isTrustError } from '../../../src/errors.js';
import { createHttpClient } from '../../../src/http/index.js';
import { createTokenSource } from '../../../src/registry/index.js';
import { createMemorySigner, createRootCertificate } from '../../../src/signing/index.js';
import {
  createTrustServer,
  examineSigning,
  initialiseRepository,
  publishTags,
  type TagContent,
} from '../../../src/trust/index.js';

/** What a test asks for, on standard input. */
export interface Job {
  readonly host: string;
  readonly gun: string;
  readonly login: { readonly username: string; readonly password: string };
  /** PEM of the key that signs tags. */
  readonly key: string;
  /** PEM of the root key; with it the repository is initialised if it has no trust data. */
  readonly root?: string;
  /** Pretend that it is this time (ISO 8601), for trust data that expires from then on. */
  readonly now?: string;
  /** The tags of each publisher; all of them start at once. */
  readonly publishers: readonly Readonly<Record<string, TagContent>>[];
}

/** What one publisher got. */
export interface Outcome {
  readonly error?: string;
  readonly message?: string;
  readonly created?: boolean;
  readonly roles?: readonly string[];
  readonly attempts?: number;
  readonly alreadySigned?: boolean;
}

const job = JSON.parse(await text(process.stdin)) as Job;
const outcomes = await Promise.all(
  job.publishers.map(async (tags): Promise<Outcome> => {
    try {
      return await publish(new Map(Object.entries(tags)));
    } catch (error) {
      if (!isTrustError(error)) throw error;
      return { error: error.code, message: error.message };
    }
  }),
);
console.log(JSON.stringify(outcomes));

async function publish(tags: ReadonlyMap<string, TagContent>): Promise<Outcome> {
  const { host, gun, login } = job;
  const http = createHttpClient({ userAgent: 'acr-content-trust-test', environment: process.env });
  const credential = { kind: 'basic', ...login } as const;
  const { token } = createTokenSource({
    host,
    http,
    credential,
    secrets: { mask: () => undefined },
  });
  const server = createTrustServer({ url: `https://${host}`, gun, http, token });
  const signer = createMemorySigner(createPrivateKey(job.key), 'test key');
  const log = { info: note, warn: note, debug: note };
  const clock = () => (job.now === undefined ? new Date() : new Date(job.now));
  const context = { pins: [], clock, log };
  const outlook = await examineSigning(server, { ...context, signer, tags: tags.keys() });
  if (outlook.kind === 'uninitialised' && job.root !== undefined) {
    const rootSigner = createMemorySigner(createPrivateKey(job.root), 'test root key');
    const rootCertificate = await createRootCertificate(gun, rootSigner, clock());
    const keys = { rootSigner, rootCertificate, targetsSigner: signer };
    const made = await initialiseRepository(server, { ...context, ...keys, tags });
    if (made.kind === 'created') {
      return { created: true, roles: made.roles, attempts: made.attempts };
    }
  }
  const { roles, attempts, alreadySigned } = await publishTags(server, {
    ...context,
    signer,
    tags,
    recheck: () => Promise.resolve(),
  });
  return { created: false, roles, attempts, alreadySigned };
}

function note(line: string): void {
  console.error(line);
}
