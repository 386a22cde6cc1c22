/**
 * Every parser of what others wrote. Any bytes give a value or an error that is meant for
 * them, within a second; a good text is read. Those that read signed bytes have more in their own tests.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { packTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aadstsCode } from '../../src/azure/entra-errors.js';
import { formatManifest, parseManifest } from '../../src/azure/key-vault/backup-manifest.js';
import { parseDays } from '../../src/commands/inputs/days.js';
import { readYaml } from '../../src/deployment-files/yaml-file.js';
import { readPlainList } from '../../src/deployment-files/plain-list.js';
import { FileProblem } from '../../src/deployment-files/index.js';
import { readBuildRecord } from '../../src/docker/build-record.js';
import { findBaseImages } from '../../src/docker/dockerfile/base-images.js';
import { parsePlatform } from '../../src/docker/dockerfile/platforms.js';
import { readExtraArguments } from '../../src/docker/extra-arguments.js';
import { hasEnded } from '../../src/docker/run-mark.js';
import { parseSourcePolicy } from '../../src/docker/source-policy/rules.js';
import { TrustError } from '../../src/errors.js';
import { parseErrorResponse, unverifiedClaims, type HttpResponse } from '../../src/http/index.js';
import { retryAfterMs } from '../../src/http/retry.js';
import { readProxies } from '../../src/http/proxy.js';
import { entriesOf, flawOf, secretValuesIn } from '../../src/inputs/lines.js';
import { joinInstructions, rawTagOf } from '../../src/inputs/metadata-action.js';
import { sanitizeText } from '../../src/hosts/sanitize-output.js';
import { SecretMasker } from '../../src/hosts/secret-masker.js';
import { parseShard } from '../../src/migration/shard.js';
import { readCertificate } from '../../src/notation/certificates/index.js';
import { parseName } from '../../src/notation/certificates/name.js';
import { readEnvelope } from '../../src/notation/envelope/index.js';
import { readTrustPolicy } from '../../src/notation/policy/index.js';
import { stampedTime } from '../../src/notation/timestamp/index.js';
import { RuleError } from '../../src/notation/rule-error.js';
import { parseChallenge } from '../../src/registry/challenge.js';
import { findDockerLogin } from '../../src/registry/docker-config-credentials.js';
import {
  formatImageReference,
  imageOfGun,
  parseImageReference,
  parseRegistryHost,
} from '../../src/registry/image-name.js';
import { parseNamePattern, selectTags } from '../../src/registry/patterns.js';
import { nextPage } from '../../src/registry/send.js';
import { parseCertificateChain } from '../../src/signing/certificate-chain.js';
import { peekKeyFile, readKeyFile } from '../../src/signing/key-file.js';
import { readKeyArchive } from '../../src/signing/key-store/read-archive.js';
import { formatKeyReference, parseKeyReference } from '../../src/signing/key-reference.js';
import { mentionsPrivateKey, readCertificates } from '../../src/signing/key-text.js';
import { formatPem, parsePem } from '../../src/signing/pem.js';
import { DecryptionError, UnsupportedEncryptionError } from '../../src/signing/pbes2.js';
import { openPkcs12 } from '../../src/signing/pkcs12.js';
import { readPublicKeyFile } from '../../src/signing/public-key-file.js';
import { parseVaultUrl } from '../../src/signing/vault-hosts.js';
import {
  MetadataError,
  parseExpires,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
} from '../../src/trust/metadata/index.js';
import { readJson } from '../../src/trust/metadata/json-text.js';
import { decodeCertificates } from '../../src/trust/metadata/pem.js';
import { checkTrustServer } from '../../src/trust/server/address.js';
import { makeCertificate, password } from '../azure/make-certificate.js';
import { fixture } from '../notation/corpus.js';
import { RepositoryBuilder } from '../trust/repository-builder.js';
import { like } from './any-text.js';

const SEED = 20_261_129;
const RUNS = 150;
/** Of the processor: a machine may be busy. */
const MOST_MS = 1000;

interface Parser {
  readonly read: (bytes: Buffer) => unknown;
  /** Good ones; each is read. */
  readonly samples: () => readonly (string | Uint8Array)[];
  /** What it throws, besides a TrustError, and what its callers make one of. */
  readonly throws?: readonly (new (...args: never[]) => Error)[];
}

const text =
  (read: (text: string) => unknown) =>
  (bytes: Buffer): unknown =>
    read(bytes.toString());

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const sealed = keys.privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' })
  .toString();
const publicPem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const keyContext = { source: 'it', passphrase: 'open', passphraseInput: 'signing-key-passphrase' };
const files = new RepositoryBuilder('contoso.azurecr.io/team/app').build();
const role = (name: 'root' | 'targets' | 'snapshot' | 'timestamp') => () => [files.get(name) ?? ''];
const jws = 'application/jose+json';
const cose = 'application/cose';
const tokenOf = () => {
  const { timestamp } = readEnvelope(cose, fixture('notation-made/p256-ts.cose'));
  return [timestamp ?? ''];
};
const certificates = () => parsePem(fixture('notation-made/ca-root.pem').toString());
const answer = (header: string, body: Buffer): HttpResponse => ({
  status: 401,
  header: () => header,
  body,
});
const dockerfile = `# syntax=docker/dockerfile:1
ARG TAG=3.9 V=\${TAG%%.*}
FROM --platform=$BUILDPLATFORM base:\${TAG#x} AS build
COPY --from=tools:1 --chown=0:0 /a /b
RUN --mount=type=bind,from=cache:2,target=/c <<EOF cat
x
EOF
ONBUILD COPY --from=later:1 / /
FROM scratch
`;
const compose = `services:
  app: &a {image: "a:1", build: {context: .}}
  db:
    <<: *a
    image: >-
      b:2
`;
const pod = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {template: {spec: {containers: [{name: a, image: 'a:1'}, {name: b, image: b@sha256:${'a'.repeat(64)}}]}}}
---
{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": []}}]}
`;

const backup = {
  kind: 'key',
  name: 'app',
  file: 'key-app.backup',
  sha256: 'a'.repeat(64),
  takenAt: '2026-11-24T12:00:00.000Z',
  versions: [{ version: 'b'.repeat(32) }],
} as const;

let folder = '';
let tar: Uint8Array = Buffer.alloc(0);
beforeAll(async () => {
  tar = await packTar([{ header: { name: 'private/a.key', size: pem.length }, body: pem }]);
  folder = await mkdtemp(path.join(tmpdir(), 'parsers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const inFile = async (name: string, bytes: Buffer, read: (file: string) => unknown) => {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return read(file);
};

const parsers: Readonly<Record<string, Parser>> = {
  Dockerfile: {
    read: text((source) =>
      findBaseImages(source, { builder: 'buildkit', buildPlatform: 'linux/amd64' }),
    ),
    samples: () => [dockerfile],
  },
  'Dockerfile, classic builder': {
    read: text((source) => findBaseImages(source, { builder: 'classic' })),
    samples: () => [
      'FROM a:1 AS b\nCOPY --from=b / /\n',
      dockerfile.replace(/.*mount[^]*EOF\n/, ''),
    ],
  },
  'compose and Kubernetes files': {
    read: text((yaml) => readYaml(yaml, { skipBuilt: false }, () => Promise.resolve())),
    samples: () => [compose, pod],
    throws: [FileProblem],
  },
  'lists of images': {
    read: text(readPlainList),
    samples: () => ['a:1 # one\nb@sha256:' + 'b'.repeat(64)],
    throws: [FileProblem],
  },
  platforms: { read: text(parsePlatform), samples: () => ['linux/arm64/v8', 'linux/x86_64'] },
  'extra arguments': {
    read: text((line) => readExtraArguments(line.split(' '))),
    samples: () => [
      '--build-arg A=1 --secret id=a,env=A --label x=y --build-context c=docker-image://a',
    ],
  },
  'source policies': {
    read: text((json) => parseSourcePolicy(json, 'policy.json')),
    samples: () => ['{"rules":[{"action":"DENY","selector":{"identifier":"docker-image://*"}}]}'],
  },
  'marks of runs': { read: text(hasEnded), samples: () => ['{"pid":1,"start":"1"}'] },
  'records of builds': {
    read: (bytes) =>
      inFile('metadata.json', bytes, (file) =>
        readBuildRecord({ iidFile: file, metadataFile: file }),
      ),
    samples: () => [
      `{"containerimage.digest":"sha256:${'a'.repeat(64)}","containerimage.descriptor":{}}`,
    ],
  },
  'logins of Docker': {
    read: (bytes) =>
      inFile('config.json', bytes, () =>
        findDockerLogin({
          configDir: folder,
          host: 'contoso.azurecr.io',
          exec: () => Promise.resolve({ exitCode: 0, stdout: bytes.toString(), stderr: '' }),
          env: {},
          secrets: { mask: () => undefined },
        }),
      ),
    samples: () => [
      '{"auths":{"contoso.azurecr.io":{"auth":"YTpi"}}}',
      '{"credHelpers":{"contoso.azurecr.io":"x"},"Username":"<token>","Secret":"b"}',
    ],
  },
  'root.json': { read: parseRoot, samples: role('root'), throws: [MetadataError] },
  'targets.json': {
    read: (it) => parseTargets(it),
    samples: role('targets'),
    throws: [MetadataError],
  },
  'snapshot.json': { read: parseSnapshot, samples: role('snapshot'), throws: [MetadataError] },
  'timestamp.json': { read: parseTimestamp, samples: role('timestamp'), throws: [MetadataError] },
  'canonical JSON': { read: (it) => readJson(it), samples: role('root'), throws: [MetadataError] },
  'certificates of metadata': {
    read: text(decodeCertificates),
    samples: () => [fixture('notation-made/ca-root.pem')],
    throws: [MetadataError],
  },
  'dates of metadata': {
    read: text(parseExpires),
    samples: () => ['2026-11-24T12:00:00Z', '2026-11-24T12:00:00.123456789+01:00'],
    throws: [MetadataError],
  },
  'private keys': {
    read: (bytes) => readKeyFile(bytes, keyContext),
    samples: () => [
      pem,
      sealed,
      pem.replaceAll('\n', '\\n'),
      JSON.stringify(pem),
      Buffer.from(`\ufeff${pem}`, 'utf16le'),
    ],
  },
  'headers of private keys': {
    read: (bytes) => [peekKeyFile(bytes, 'it'), mentionsPrivateKey(bytes)],
    samples: () => [pem, sealed],
  },
  'PKCS#12': {
    read: (bytes) => openPkcs12(bytes, password),
    samples: () => [makeCertificate('ec').pfx],
    throws: [DecryptionError, UnsupportedEncryptionError],
  },
  'public keys': {
    read: (bytes) => readPublicKeyFile(bytes, { source: 'it', now: new Date() }),
    samples: () => [publicPem, createPublicKey(pem).export({ type: 'spki', format: 'der' })],
  },
  'certificates in PEM': {
    read: (bytes) => readCertificates(bytes),
    samples: () => [fixture('notation-made/ca-root.pem')],
  },
  PEM: { read: text(parsePem), samples: () => [pem, sealed] },
  'archives of keys': {
    read: (bytes) => inFile('keys.tar', bytes, readKeyArchive),
    samples: () => [tar],
  },
  'references of keys': {
    read: text((it) => parseKeyReference(it, folder)),
    samples: () => ['https://contoso.vault.azure.net/keys/app/0123456789abcdef0123456789abcdef'],
  },
  'addresses of vaults': {
    read: text(parseVaultUrl),
    samples: () => ['https://a-b.vault.azure.net/'],
  },
  'references of chains': {
    read: text((it) => parseCertificateChain(it, folder, 'certificate-chain')),
    samples: () => ['chain.pem', 'https://contoso.vault.azure.net/secrets/chain'],
  },
  JWS: {
    read: (bytes) => readEnvelope(jws, bytes),
    samples: () => [fixture('notation-made/p256.jws')],
    throws: [RuleError],
  },
  COSE: {
    read: (bytes) => readEnvelope(cose, bytes),
    samples: () => [fixture('notation-made/p256.cose')],
    throws: [RuleError],
  },
  'DER of certificates': {
    read: (bytes) => readCertificate(bytes),
    samples: () => certificates().map(({ der }) => der),
    throws: [RuleError],
  },
  'time stamps': {
    read: (bytes) => stampedTime(bytes, Buffer.from('it')),
    samples: tokenOf,
    throws: [RuleError],
  },
  'names of subjects': {
    read: text(parseName),
    samples: () => ['CN=a\\,b, O=x y, ST=WA, C=US'],
    throws: [RuleError],
  },
  'trust policies': {
    read: (bytes) => readTrustPolicy('trustpolicy.json', bytes),
    samples: () => [
      '{"version":"1.0","trustPolicies":[{"name":"a","registryScopes":["*"],"signatureVerification":{"level":"strict"},"trustStores":["ca:a"],"trustedIdentities":["x509.subject: C=US, ST=WA, O=a"]}]}',
    ],
  },
  'WWW-Authenticate': {
    read: text(parseChallenge),
    samples: () => [
      'Bearer realm="https://a/oauth2/token",service="a",scope="repository:a:pull"',
      'Basic realm="a"',
    ],
  },
  'pages of tags': {
    read: text((link) =>
      nextPage(
        'contoso.azurecr.io',
        answer(link, Buffer.alloc(0)),
        'https://contoso.azurecr.io/v2/a/tags/list',
      ),
    ),
    samples: () => ['</v2/a/tags/list?last=b&n=100>; rel="next"'],
  },
  'errors of servers': {
    read: (bytes) => [parseErrorResponse(answer('', bytes)), aadstsCode(bytes.toString())],
    samples: () => [
      '{"errors":[{"code":"DENIED","message":"no"}]}',
      '{"error":"invalid_client","error_description":"AADSTS7000215: no"}',
    ],
  },
  'Retry-After': {
    read: text((it) => retryAfterMs(it)),
    samples: () => ['120', 'Wed, 21 Oct 2026 07:28:00 GMT'],
  },
  'claims of tokens': {
    read: text(unverifiedClaims),
    samples: () => [`x.${Buffer.from('{"aud":"a"}').toString('base64url')}.y`],
  },
  proxies: {
    read: text((it) => readProxies({ HTTPS_PROXY: it })(new URL('https://a.azurecr.io/'))),
    samples: () => ['http://user:pw@proxy:3128'],
  },
  'exceptions of proxies': {
    read: text((it) => readProxies({ NO_PROXY: it })(new URL('https://a.azurecr.io/'))),
    samples: () => ['.azurecr.io, 10.0.0.0/8, *', '[::1]:443'],
  },
  'names of images': {
    read: text((it) => formatImageReference(parseImageReference(it))),
    samples: () => [`contoso.azurecr.io:443/a/b:1@sha256:${'a'.repeat(64)}`, 'alpine'],
  },
  'names of registries': {
    read: text((it) => [parseRegistryHost(it), imageOfGun(`${it}/a`)]),
    samples: () => ['contoso.azurecr.io'],
  },
  'patterns of names': {
    read: text((it) => [parseNamePattern(it), selectTags([it])]),
    samples: () => ['team/*'],
  },
  'lines of inputs': {
    read: text((it) => [
      ...entriesOf(it).map((entry) => flawOf('secret', entry)),
      secretValuesIn(it),
    ]),
    samples: () => ['id=a,env=A\n"A=1,2"\n# x\nB=2'],
  },
  'tags of docker/metadata-action': {
    read: text((it) => joinInstructions(it.split(',')).map(rawTagOf)),
    samples: () => ['type=raw,value=a,enable=true', 'type=semver,pattern={{version}}'],
  },
  days: { read: text((it) => parseDays(it)), samples: () => ['30'] },
  shards: { read: text(parseShard), samples: () => ['2/3'] },
  'manifests of backups': {
    read: text((it) => parseManifest(it, 'backup')),
    samples: () => [
      formatManifest({ formatVersion: 1, vault: 'https://a.vault.azure.net', objects: [backup] }),
    ],
  },
  'addresses of trust servers': {
    read: text(checkTrustServer),
    samples: () => ['https://notary.example.com'],
  },
  'output of programs': {
    read: text((it) => sanitizeText(it, new SecretMasker())),
    samples: () => ['##vso[task.complete]x\n::error::y\r\x1b[31mred'],
  },
};

describe.each(Object.entries(parsers))('%s', (_name, { read, samples, throws = [] }) => {
  it('are read, or refused by an error that is meant for it', async () => {
    const good = samples();
    for (const sample of good) await read(Buffer.from(sample));
    let slowest = 0;
    await fc.assert(
      fc.asyncProperty(like(good.length > 0 ? good : ['x']), async (bytes) => {
        const started = process.cpuUsage();
        try {
          await read(bytes);
        } catch (error) {
          const isMeant = [TrustError, ...throws].some((each) => error instanceof each);
          if (!isMeant || (error as Partial<TrustError>).code === 'UNEXPECTED') throw error;
        }
        const { user } = process.cpuUsage(started);
        slowest = Math.max(slowest, user / 1000);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(slowest).toBeLessThan(MOST_MS);
  });
});

describe('what is read and written', () => {
  const round = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void) => {
    fc.assert(fc.property(arbitrary, property), { seed: SEED, numRuns: RUNS });
  };
  const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);

  it('comes back: names of images', () => {
    const name = fc.tuple(fc.array(word, { minLength: 1, maxLength: 3 }), word);
    round(name, ([parts, tag]) => {
      const image = `contoso.azurecr.io/${parts.join('/')}:${tag}`;
      expect(formatImageReference(parseImageReference(image))).toBe(image);
    });
  });

  it('comes back: references of keys', () => {
    round(fc.tuple(fc.constantFrom('keys', 'certificates', 'secrets'), word), ([kind, name]) => {
      const url = `https://contoso.vault.azure.net/${kind}/${name}`;
      expect(formatKeyReference(parseKeyReference(url))).toBe(url);
    });
  });

  it('comes back: PEM with headers', () => {
    const headers = fc.dictionary(fc.constantFrom('role', 'gun'), word);
    round(fc.tuple(headers, fc.uint8Array({ minLength: 1 })), ([given, der]) => {
      const [block] = parsePem(formatPem('PRIVATE KEY', der, given));
      expect(Buffer.from(block?.der ?? '')).toEqual(Buffer.from(der));
    });
  });
});
