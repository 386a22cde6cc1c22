/**
 * Run as a child process, with the stack's proxy and CA in its environment from the start: signs roles
 * of a repository again with a life of seconds, as their owner could. Holds no assertion.
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
  /** When the roles are to expire (ISO 8601, whole seconds). */
  readonly expires: string;
}

const job = JSON.parse(await text(process.stdin)) as ShortLivedJob;
const host = job.gun.slice(0, job.gun.indexOf('/'));
const http = createHttpClient({ userAgent: 'acr-content-trust-test' });
const credential = { kind: 'basic', ...job.login } as const;
const token = createTokenSource({ host, http, credential, secrets: { mask: () => undefined } });
const server = createTrustServer({ url: `https://${host}`, gun: job.gun, http, token });
const expires = formatExpires(new Date(job.expires));
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
  { pins: [], clock: () => new Date(), log: { info: note, warn: note, debug: note } },
  {
    plan: (view) => ({
      roles: Object.keys(job.keys),
      warnings: [],
      files: Object.entries(job.keys).flatMap(([role, pem]): PlannedFile[] => {
        const body = bodyOf(view, role);
        if (body.expires === expires) return [];
        const signer = createMemorySigner(createPrivateKey(pem), 'test key');
        const keyIds = keyIdsFor(view, role, signer.keyId);
        return [
          {
            role,
            body: { ...body, expires, version: body.version + 1 },
            signedBy: [{ signer, keyIds }],
          },
        ];
      }),
    }),
    flaw: (view) => Object.keys(job.keys).find((role) => bodyOf(view, role).expires !== expires),
  },
);
