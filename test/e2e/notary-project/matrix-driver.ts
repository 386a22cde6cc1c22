/**
 * Run as a child process, with the stack's proxy and CA in its environment from the start: signs an
 * image for every key, envelope and kind of time stamp in every registry that it is told, and prints
 * what a verifier has to be told. Holds no assertion.
 */
import { text } from 'node:stream/consumers';
import { attachSignatures } from '../../../src/image-signing/attach-signatures.js';
import { createHttpClient } from '../../../src/http/index.js';
import {
  createRevocationCheck,
  createTimestamper,
  readAnchors,
  type ChainSigner,
} from '../../../src/notation/index.js';
import { createRegistryAccess, createRegistryClient } from '../../../src/registry/index.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { keyKinds } from '../../notation/make-chain.js';
import { makeSigner } from '../../notation/make-signer.js';
import type { Login } from '../../stack/index.js';

export interface MatrixJob {
  readonly images: readonly {
    readonly host: string;
    readonly repository: string;
    readonly tag: string;
    readonly login: Pick<Login, 'username' | 'password'>;
  }[];
  /** Of the time stamping authority; its root in PEM. */
  readonly timestamp: { readonly url: string; readonly root: string };
}

/** A signed image. */
export interface MatrixCase {
  readonly name: string;
  readonly gun: string;
  readonly digest: string;
  /** PEM. */
  readonly root: string;
  readonly isStamped: boolean;
}

const { images, timestamp } = JSON.parse(await text(process.stdin)) as MatrixJob;
const clock = (): Date => new Date();
const http = createHttpClient({ userAgent: 'test/1', environment: process.env });
const roots = readAnchors('tsa', 'root.pem', Buffer.from(timestamp.root));
const checkRevocation = createRevocationCheck({ http, clock });
const timestamper = createTimestamper(timestamp.url, { http, roots, checkRevocation });
const signers = await Promise.all(
  keyKinds.map(async (kind) => [kind, await makeSigner(clock(), { kind })] as const),
);
const cases = signers.flatMap(([kind, signer]) =>
  (['cose', 'jws'] as const).flatMap((format) =>
    [true, false].map((isStamped) => ({ kind, signer, format, isStamped })),
  ),
);
const signed = await Promise.all(
  images.flatMap((image) => cases.map((one) => signCase(image, one))),
);
console.log(JSON.stringify(signed));

async function signCase(
  { host, repository, tag, login }: MatrixJob['images'][number],
  { kind, signer, format, isStamped }: (typeof cases)[number],
): Promise<MatrixCase> {
  const name = `${kind} ${format}${isStamped ? ' with a time stamp' : ''}`;
  const credential = { kind: 'basic', ...login } as const;
  const access = createRegistryAccess({
    host,
    http,
    credential,
    secrets: { mask: () => undefined },
  });
  const client = { host, ...access };
  const registry = createRegistryClient(client);
  const base = await registry.getManifest(repository, tag);
  if (!base) throw new Error(`no image ${host}/${repository}:${tag}`);
  // A digest of its own for each: registries without the API list them under a tag each.
  const content = JSON.parse(base.bytes.toString()) as object;
  const bytes = Buffer.from(JSON.stringify({ ...content, annotations: { name } }));
  const own = name.replaceAll(' ', '-');
  await registry.putManifest(repository, own, bytes, base.mediaType);
  const manifest = await registry.getManifest(repository, own);
  if (!manifest) throw new Error(`${own} was not stored`);
  const gun = `${host}/${repository}`;
  await attachSignatures(
    { gun, repository },
    new Map([[own, manifest]]),
    { client },
    {
      signer,
      timestamper: isStamped ? timestamper : undefined,
      configuration: {
        certificate: {
          kind: 'vault-certificate',
          vaultUrl: 'https://v',
          name: 'c',
          version: undefined,
        },
        chain: undefined,
        format,
        lifetimeMs: undefined,
        metadata: { name },
        isWithPlatforms: false,
        timestamp: undefined,
      },
    },
    { clock, signal: new AbortController().signal, log: { info: () => undefined } },
    { attached: [], attaching: new Set() },
  );
  return { name, gun, digest: manifest.digest, root: rootOf(signer), isStamped };
}

function rootOf({ chain: { chain } }: ChainSigner): string {
  return pem('CERTIFICATE', (chain.at(-1) ?? chain[0]).der);
}
