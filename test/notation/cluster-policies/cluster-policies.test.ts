import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readChain, type Certificate } from '../../../src/notation/certificates/index.js';
import {
  connaisseurContentTrust,
  policyFormats,
  readTrustPolicy,
  type TrustedInCluster,
} from '../../../src/notation/index.js';
import { makeChain, makeSelfSigned } from '../make-chain.js';
import { resourceSchemas } from './schemas.js';

type FormatName = keyof typeof policyFormats;

const app = 'contoso.azurecr.io/team/app';
const anyone = { identities: ['*'], timestampRoots: [] };
let signer: Certificate;
let root: Certificate;
let base: TrustedInCluster;

async function readMade(): Promise<readonly Certificate[]> {
  return readChain((await makeChain({ kind: 'p256' })).chain);
}

beforeAll(async () => {
  [signer] = readChain((await makeSelfSigned({ kind: 'p256' })).chain);
  [, , root] = (await readMade()) as readonly [Certificate, Certificate, Certificate];
  base = { images: [app], certificates: [root], ...anyone };
});

const documentsOf = (text: string): readonly object[] =>
  parseAllDocuments(text).map((document) => document.toJS() as object);

function write(format: FormatName, trusted: TrustedInCluster): readonly object[] {
  const files = policyFormats[format].write(trusted);
  expect([...files.keys()]).toEqual([`${format}.yaml`]);
  return documentsOf([...files.values()].join(''));
}

/** The resources, each held against the definition of its kind. */
function resourcesOf(format: FormatName, trusted: TrustedInCluster): readonly object[] {
  const ajv = new Ajv({ allErrors: true });
  const documents = write(format, trusted);
  for (const document of documents) {
    const { kind } = document as { readonly kind: string };
    const isValid = ajv.validate(resourceSchemas[kind] ?? {}, document);
    expect(isValid ? [] : ajv.errors).toEqual([]);
  }
  return documents;
}

describe('policies for clusters', () => {
  it('are the configuration folder of notation', () => {
    const files = policyFormats.notation.write({ ...base, timestampRoots: [root] });
    expect([...files.keys()]).toEqual([
      'notation/trustpolicy.json',
      'notation/truststore/x509/ca/trusted/certificates.pem',
      'notation/truststore/x509/tsa/trusted/certificates.pem',
    ]);
    const [statement] = readTrustPolicy(
      'exported',
      Buffer.from(files.get('notation/trustpolicy.json') ?? ''),
    );
    expect(statement).toMatchObject({
      scopes: [app],
      identities: 'any',
      verifyTimestamp: 'afterCertExpiry',
      level: { revocation: 'enforce' },
    });
  });

  it('are key providers and a verifier for Ratify, with the policy of notation', () => {
    const trusted = {
      ...base,
      certificates: [root, signer],
      timestampRoots: [root],
      identities: ['C=US, ST=WA, O=ACME'],
    };
    const [first, second, third, verifier] = resourcesOf('ratify', trusted);
    const names = [`ca-${root.thumbprint}`, `ca-${signer.thumbprint}`, `tsa-${root.thumbprint}`];
    const [ca, own, tsa] = names.map((name) => {
      const [type = '', thumbprint = ''] = name.split('-');
      return `notary-project-${type}-${thumbprint.slice(0, 12)}`;
    });
    expect([first, second, third]).toMatchObject([
      { metadata: { name: ca } },
      { metadata: { name: own } },
      { metadata: { name: tsa } },
    ]);
    expect(verifier).toMatchObject({
      metadata: { name: 'verifier-notation' },
      spec: {
        parameters: {
          verificationCertStores: { ca: { trusted: [ca, own] }, tsa: { trusted: [tsa] } },
          trustPolicyDoc: {
            trustPolicies: [
              {
                registryScopes: [app],
                trustStores: ['ca:trusted', 'tsa:trusted'],
                trustedIdentities: ['x509.subject: C=US, ST=WA, O=ACME'],
              },
            ],
          },
        },
      },
    });
  });

  it('refuse with Kyverno, whatever form the image is named in', () => {
    const [policy] = resourcesOf('kyverno', {
      ...base,
      images: [app, 'contoso.azurecr.io/base/*'],
      certificates: [root, signer],
    });
    expect(policy).toMatchObject({
      spec: {
        validationFailureAction: 'Enforce',
        rules: [
          {
            verifyImages: [
              {
                type: 'Notary',
                imageReferences: [app, `${app}:*`, `${app}@*`, 'contoso.azurecr.io/base/*'],
                attestors: [{ count: 1, entries: [{}, {}] }],
              },
            ],
          },
        ],
      },
    });
  });

  it('refuse with an ImageValidatingPolicy, in all containers, by time stamps too', () => {
    const [policy] = resourcesOf('kyverno-cel', { ...base, timestampRoots: [root] });
    expect(policy).toMatchObject({
      spec: {
        validationActions: ['Deny'],
        matchImageReferences: [{ glob: app }, { glob: `${app}:*` }, { glob: `${app}@*` }],
        attestors: [{ name: 'notary', notary: { tsaCerts: {} } }],
        validations: ['containers', 'initContainers', 'ephemeralContainers'].map((list) => ({
          expression: `images.${list}.map(image, verifyImageSignatures(image, [attestors.notary])).all(e, e > 0)`,
        })),
      },
    });
  });

  it('are a validator and rules of Connaisseur', () => {
    const trusted = { ...base, certificates: [root, signer], timestampRoots: [root] };
    expect(write('connaisseur', trusted)).toEqual([
      {
        application: {
          validators: [
            {
              name: 'notary-project',
              type: 'notation',
              trustRoots: [root, signer].map(({ thumbprint, x509 }) => ({
                name: thumbprint.slice(0, 12),
                cert: x509.toString(),
                tsCert: root.x509.toString(),
              })),
            },
          ],
          policy: [
            {
              pattern: `${app}:*`,
              validator: 'notary-project',
              with: {
                trustRoot: '*',
                verificationLevel: 'strict',
                verifyTimestamp: 'afterCertExpiry',
              },
            },
          ],
        },
      },
    ]);
  });

  it('never accept more than is asked for', () => {
    const lacks = (trusted: Partial<TrustedInCluster>) =>
      Object.fromEntries(
        Object.entries(policyFormats).flatMap(([name, format]) => {
          const reason = format.lacks({ ...base, ...trusted });
          return reason === undefined ? [] : [[name, reason]];
        }),
      );
    expect(lacks({})).toEqual({});
    expect(Object.keys(lacks({ images: ['contoso.azurecr.io/*'] }))).toEqual([
      'notation',
      'ratify',
    ]);
    const named = { identities: ['C=US, ST=WA, O=ACME'] };
    expect(Object.keys(lacks(named))).toEqual(['kyverno', 'kyverno-cel', 'connaisseur']);
    expect(lacks({ ...named, certificates: [signer] })).toEqual({});
    expect(Object.keys(lacks({ timestampRoots: [root] }))).toEqual(['kyverno']);
    expect(Object.keys(lacks({ timestampRoots: [root, root] }))).toEqual([
      'kyverno',
      'connaisseur',
    ]);
  });

  it('hold the root keys of Docker Content Trust, for each trust server', () => {
    const key = (name: string) =>
      `-----BEGIN PUBLIC KEY-----\n${Buffer.from(name).toString('base64')}\n-----END PUBLIC KEY-----\n`;
    const [first, second] = ['1'.repeat(64), '2'.repeat(64)] as const;
    const files = connaisseurContentTrust([
      {
        gun: app,
        trustServer: 'https://contoso.azurecr.io',
        isAzure: true,
        rootKeys: new Map([[first, key('one')]]),
        signers: ['ci', 'qa'],
      },
      {
        gun: 'registry.example/tools',
        trustServer: 'https://notary.example',
        isAzure: false,
        rootKeys: new Map([[second, key('two')]]),
        signers: [],
      },
    ]);
    expect(files.get(`root-keys/${first}.pem`)).toBe(key('one'));
    expect(files.get(`root-keys/${second}.pem`)).toBe(key('two'));
    expect(documentsOf(files.get('connaisseur-dct.yaml') ?? '')).toEqual([
      {
        application: {
          validators: [
            {
              name: 'dct-1',
              type: 'notaryv1',
              host: 'https://contoso.azurecr.io',
              isAcr: true,
              trustRoots: [{ name: '1'.repeat(12), key: key('one') }],
            },
            {
              name: 'dct-2',
              type: 'notaryv1',
              host: 'https://notary.example',
              trustRoots: [{ name: '2'.repeat(12), key: key('two') }],
            },
          ],
          policy: [
            {
              pattern: `${app}:*`,
              validator: 'dct-1',
              with: { trustRoot: '1'.repeat(12), delegations: ['ci', 'qa'] },
            },
            {
              pattern: 'registry.example/tools:*',
              validator: 'dct-2',
              with: { trustRoot: '2'.repeat(12) },
            },
          ],
        },
      },
    ]);
  });
});
