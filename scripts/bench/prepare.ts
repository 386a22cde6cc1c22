/**
 * Run as a child process, with the stack's proxy and CA in its environment from the start: makes a
 * repository with any number of signed tags, and tags an image that is in it. Measures nothing.
 */
import { createPrivateKey } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { mapConcurrent } from '../../src/concurrency.js';
import { createHttpClient } from '../../src/http/index.js';
import { createTokenSource } from '../../src/registry/index.js';
import { createMemorySigner, createRootCertificate } from '../../src/signing/index.js';
import { createTrustServer, initialiseRepository } from '../../src/trust/index.js';

/** What is to be made, on standard input. */
export interface Preparation {
  readonly host: string;
  readonly repository: string;
  readonly login: { readonly username: string; readonly password: string };
  /** Signed from the start, by these keys in PEM; the images need not be there. */
  readonly trust?: { readonly tags: number; readonly root: string; readonly targets: string };
  /** Tags that get the manifest of the tag `from`. */
  readonly retag?: { readonly from: string; readonly tags: readonly string[] };
}

const preparation = JSON.parse(await text(process.stdin)) as Preparation;
const { host, repository, login, trust, retag } = preparation;
const http = createHttpClient({ userAgent: 'acr-content-trust-bench', environment: process.env });
const credential = { kind: 'basic', ...login } as const;
const { token } = createTokenSource({ host, http, credential, secrets: { mask: () => undefined } });

if (trust) await makeTrustData(trust);
if (retag) await addTags(retag);

async function makeTrustData({ tags, ...pem }: NonNullable<typeof trust>): Promise<void> {
  const gun = `${host}/${repository}`;
  const rootSigner = createMemorySigner(createPrivateKey(pem.root), 'root key');
  const targetsSigner = createMemorySigner(createPrivateKey(pem.targets), 'repository key');
  const ignore = (): void => undefined;
  await initialiseRepository(createTrustServer({ url: `https://${host}`, gun, http, token }), {
    pins: [],
    clock: () => new Date(),
    log: { info: ignore, warn: ignore, debug: ignore },
    rootSigner,
    rootCertificate: await createRootCertificate(gun, rootSigner, new Date()),
    targetsSigner,
    tags: new Map(Array.from({ length: tags }, (_, n) => [`signed-${n}`, contentOf(n)])),
  });
}

function contentOf(n: number): { readonly digest: string; readonly length: number } {
  return { digest: `sha256:${n.toString(16).padStart(64, '0')}`, length: 500 + n };
}

async function addTags({ from, tags }: NonNullable<typeof retag>): Promise<void> {
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const access = await token(`repository:${repository}:pull,push`);
  const authorization = `Bearer ${access ?? ''}`;
  const manifestAt = (tag: string): string => `https://${host}/v2/${repository}/manifests/${tag}`;
  const common = { maxBytes: 1_000_000, retry: true };
  const headers = { authorization, accept: type };
  const { body } = await http({ method: 'GET', url: manifestAt(from), headers, ...common });
  await mapConcurrent(tags, 16, async (tag) => {
    const put = { method: 'PUT', headers: { authorization, 'content-type': type }, body } as const;
    const { status } = await http({ ...put, url: manifestAt(tag), ...common });
    if (status !== 201) throw new Error(`${repository}:${tag} was answered with ${status}`);
  });
}
