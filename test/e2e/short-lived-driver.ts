/**
 * Run as a child process, with the stack's proxy and CA in its environment from the start: signs roles
 * of a repository again with a life of seconds, as their owner could, and prints when they end. Holds
 * no assertion.
 */
import { createPrivateKey } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createHttpClient } from '../../src/http/index.js';
import { createTokenSource } from '../../src/registry/index.js';
import { createMemorySigner } from '../../src/signing/index.js';
import {
  createTrustServer,
  formatExpires,
  keyIdsFor,
  publishChange,
  type PlannedFile,
  type TrustedView,
} from '../../src/trust/index.js';

/** What a test asks for, on standard input. */
export interface ShortLivedJob {
  readonly gun: string;
  readonly login: { readonly username: string; readonly password: string };
  /** PEM of the key that signs each role. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What a publish gets until the server has accepted it, counted from its signature. */
const lifeSeconds = 3;

const job = JSON.parse(await text(process.stdin)) as ShortLivedJob;
const host = job.gun.slice(0, job.gun.indexOf('/'));
const http = createHttpClient({ userAgent: 'acr-content-trust-test', environment: process.env });
const credential = { kind: 'basic', ...job.login } as const;
const { token } = createTokenSource({ host, http, credential, secrets: { mask: () => undefined } });
const server = createTrustServer({ url: `https://${host}`, gun: job.gun, http, token });
let expires = '';
const note = (line: string): void => {
  console.error(line);
};

const bodyOf = (view: TrustedView, role: string) => {
  const file = role === 'root' ? view.root : view.targets.get(role);
  if (!file) throw new Error(`there is no trusted ${role}`);
  return file.signed;
};

await publishChange(
  server,
  {
    pins: [],
    clock: () => new Date(),
    log: { info: note, warn: note, debug: note },
    expiry: 'report',
  },
  {
    keys: [],
    plan: (view) => {
      const roles = Object.keys(job.keys);
      const nothing = { roles, warnings: [], files: [] };
      if (roles.every((role) => bodyOf(view, role).expires === expires)) return nothing;
      // Now, and not when this process was asked for: a busy machine takes seconds to start it.
      expires = formatExpires(new Date(Math.ceil(Date.now() / 1000 + lifeSeconds) * 1000));
      const files = Object.entries(job.keys).map(([role, pem]): PlannedFile => {
        const body = bodyOf(view, role);
        const signer = createMemorySigner(createPrivateKey(pem), 'test key');
        const keyIds = keyIdsFor(view, role, signer.keyId);
        return {
          role,
          body: { ...body, expires, version: body.version + 1 },
          signedBy: [{ signer, keyIds }],
        };
      });
      return { ...nothing, files };
    },
    flaw: (view) => Object.keys(job.keys).find((role) => bodyOf(view, role).expires !== expires),
  },
);
console.log(expires);
