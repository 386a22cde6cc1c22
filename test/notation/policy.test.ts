import { beforeAll, describe, expect, it } from 'vitest';
import { isTrustError } from '../../src/errors.js';
import { readChain, type Certificate } from '../../src/notation/certificates/index.js';
import {
  anchorsOf,
  makeTrustPolicy,
  readAnchors,
  readTrustPolicy,
  readTrustStore,
  statementFor,
  type TrustedSigners,
  type VerifyingStatement,
} from '../../src/notation/index.js';
import { makeChain, makeSelfSigned } from './make-chain.js';

const good = {
  name: 'images',
  registryScopes: ['contoso.azurecr.io/app'],
  signatureVerification: { level: 'strict' },
  trustStores: ['ca:acme'],
  trustedIdentities: ['x509.subject: C=US, ST=WA, O=ACME'],
};

function read(...statements: readonly object[]) {
  const document = { version: '1.0', trustPolicies: statements };
  return readTrustPolicy('trustpolicy.json', Buffer.from(JSON.stringify(document)));
}

function flawOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (isTrustError(error, 'TRUST_POLICY_INVALID')) return error.message;
    throw error;
  }
  return 'none';
}

describe('a trust policy', () => {
  it('is read with its levels, stores and names', () => {
    const [statement] = read({
      ...good,
      signatureVerification: {
        level: 'permissive',
        override: { expiry: 'enforce', revocation: 'skip' },
        verifyTimestamp: 'afterCertExpiry',
      },
      trustStores: ['ca:acme', 'signingAuthority:a.b', 'tsa:t_1'],
      unknown: 1,
    });
    expect(statement).toEqual({
      name: 'images',
      scopes: ['contoso.azurecr.io/app'],
      level: {
        authenticity: 'enforce',
        authenticTimestamp: 'log',
        expiry: 'enforce',
        revocation: 'skip',
      },
      verifyTimestamp: 'afterCertExpiry',
      trustStores: [
        { type: 'ca', name: 'acme' },
        { type: 'signingAuthority', name: 'a.b' },
        { type: 'tsa', name: 't_1' },
      ],
      identities: [
        new Map([
          ['C', 'US'],
          ['ST', 'WA'],
          ['O', 'ACME'],
        ]),
      ],
    });
  });

  it('is chosen by the repository, else it is the one for all', () => {
    const policy = read(good, { ...good, name: 'all', registryScopes: ['*'] });
    expect(statementFor(policy, 'contoso.azurecr.io/app')?.name).toBe('images');
    expect(statementFor(policy, 'contoso.azurecr.io/app/x')?.name).toBe('all');
    expect(statementFor(read(good), 'contoso.azurecr.io/other')).toBeUndefined();
  });

  it('may let a repository pass, and no more than that', () => {
    const skip = { name: 'skip', signatureVerification: { level: 'skip' } };
    expect(read({ ...skip, registryScopes: ['r.io/a'] })).toEqual([
      { name: 'skip', scopes: ['r.io/a'], level: 'skip' },
    ]);
    expect(flawOf(() => read({ ...skip, registryScopes: ['*'] }))).toContain('for the scope *');
    expect(flawOf(() => read({ ...good, ...skip }))).toContain('allows no trustStores');
  });

  const level = (signatureVerification: object) => ({ ...good, signatureVerification });
  it.each<readonly [string, readonly object[]]>([
    ['it has no statement', []],
    ['statement 1 has no name', [{ ...good, name: '' }]],
    ['two statements have the name', [good, { ...good, registryScopes: ['r.io/b'] }]],
    ['occurs twice', [good, { ...good, name: 'b' }]],
    ['it has no registryScopes', [{ ...good, registryScopes: [] }]],
    ['stands beside others', [{ ...good, registryScopes: ['*', 'r.io/a'] }]],
    ['not of the form registry/repository', [{ ...good, registryScopes: ['r.io/*'] }]],
    ['not of the form registry/repository', [{ ...good, registryScopes: ['r.io/a:v1'] }]],
    ['registryScopes is not a list', [{ ...good, registryScopes: 'r.io/a' }]],
    ['holds something that is not text', [{ ...good, registryScopes: [1] }]],
    ['it has no trustStores', [{ ...good, trustStores: [] }]],
    ['the trust store "acme"', [{ ...good, trustStores: ['acme'] }]],
    ['the trust store "x:acme"', [{ ...good, trustStores: ['x:acme'] }]],
    ['the trust store "ca:a/b"', [{ ...good, trustStores: ['ca:a/b'] }]],
    ['it has no trustedIdentities', [{ ...good, trustedIdentities: [] }]],
    ['the identity * stands beside', [{ ...good, trustedIdentities: ['*', 'x:y'] }]],
    ['neither * nor of the form', [{ ...good, trustedIdentities: ['C=US'] }]],
    ['it has no O', [{ ...good, trustedIdentities: ['x509.subject: C=US, ST=WA'] }]],
    [
      'one trusted identity is part of another',
      [
        {
          ...good,
          trustedIdentities: ['x509.subject: C=US,ST=WA,O=A', 'x509.subject: CN=b,C=US,ST=WA,O=A'],
        },
      ],
    ],
    ['the level is not one of', [level({ level: 'Strict' })]],
    ['the level is not one of', [level({ level: 'constructor' })]],
    ['signatureVerification is not', [{ ...good, signatureVerification: undefined }]],
    [
      '"integrity" cannot be overridden',
      [level({ level: 'strict', override: { integrity: 'log' } })],
    ],
    ['has the member "Level" instead', [level({ level: 'audit', Level: 'strict' })]],
    ['has the member "Override" instead', [level({ level: 'audit', Override: {} })]],
    ['"tru\u017ftStores" instead', [{ ...good, 'tru\u017ftStores': ['ca:other'] }]],
    ['by this action', [level({ level: 'strict', override: { expiry: 'skip' } })]],
    ['allows no override', [level({ level: 'skip', override: { expiry: 'log' } })]],
    ['verifyTimestamp is neither', [level({ level: 'strict', verifyTimestamp: 'never' })]],
  ])('is refused where %s', (words, statements) => {
    expect(flawOf(() => read(...statements))).toContain(words);
  });

  it.each([
    ['another version', '{"version":"2.0","trustPolicies":[]}'],
    ['a member twice', '{"version":"1.0","version":"1.0","trustPolicies":[]}'],
    ['a member in another case', '{"version":"1.0","TrustPolicies":[]}'],
    ['no JSON', 'version: 1.0'],
    ['no object', '[]'],
  ])('is refused with %s', (_, text) => {
    expect(flawOf(() => readTrustPolicy('p.json', Buffer.from(text)))).toContain('p.json');
  });
});

describe('a trust store', () => {
  let chain: readonly [Certificate, ...Certificate[]];
  let selfSigned: Certificate;

  beforeAll(async () => {
    chain = readChain((await makeChain()).chain);
    [selfSigned] = readChain((await makeSelfSigned()).chain);
  });

  it('holds CAs and self-signed certificates, from PEM and DER', () => {
    const [, issuing, root] = chain;
    if (!issuing || !root) throw new Error('a chain of three');
    const pem = [issuing, root].map(({ x509 }) => x509.toString()).join('\n');
    const store = readTrustStore([
      { type: 'ca', name: 'acme', file: 'a.pem', bytes: Buffer.from(pem) },
      { type: 'ca', name: 'acme', file: 'b.crt', bytes: selfSigned.der },
      { type: 'tsa', name: 'acme', file: 'c.cer', bytes: root.der },
    ]);
    const [statement] = read({ ...good, trustStores: ['ca:acme', 'tsa:acme'] });
    const anchors = anchorsOf(statement as VerifyingStatement, store);
    expect(anchors.ca.map(({ thumbprint }) => thumbprint)).toEqual(
      [issuing, root, selfSigned].map(({ thumbprint }) => thumbprint),
    );
    expect(anchors).toMatchObject({ signingAuthority: [], tsa: [{ thumbprint: root.thumbprint }] });
  });

  it('takes no signer that a CA issued, and no intermediate for time stamps', () => {
    const [leaf, issuing] = chain;
    expect(flawOf(() => readAnchors('ca', 'leaf.crt', leaf.der))).toContain('neither a CA');
    const tsa = () => readAnchors('tsa', 'i.crt', issuing?.der ?? Buffer.alloc(0));
    expect(flawOf(tsa)).toContain('is not a self-signed root');
    expect(flawOf(() => readAnchors('tsa', 's.crt', selfSigned.der))).toContain('self-signed root');
  });

  it('takes no file without a certificate', () => {
    expect(flawOf(() => readAnchors('ca', 'x.pem', Buffer.from('x')))).toContain('x.pem');
  });

  it('is missed where the policy names it', () => {
    const [statement] = read(good);
    const anchors = () => anchorsOf(statement as VerifyingStatement, new Map());
    expect(flawOf(anchors)).toContain('ca:acme');
  });
});

describe('a policy that is made', () => {
  let trusted: TrustedSigners;

  beforeAll(async () => {
    trusted = {
      certificates: readChain((await makeSelfSigned()).chain),
      identities: ['C=US, ST=WA, O=ACME'],
      scopes: ['contoso.azurecr.io/app'],
      level: 'strict',
      timestampRoots: [],
      verifyTimestamp: 'always',
    };
  });

  it('is the one that its files say', () => {
    const { policy, store, files } = makeTrustPolicy(trusted);
    const text = files.get('trustpolicy.json') ?? '';
    expect(readTrustPolicy('written', Buffer.from(text))).toEqual(policy);
    const pem = files.get('truststore/x509/ca/trusted/certificates.pem') ?? '';
    const written = readAnchors('ca', 'written', Buffer.from(pem));
    expect(written.map(({ der }) => der)).toEqual(store.get('ca:trusted')?.map(({ der }) => der));
    expect([...files.keys()]).toHaveLength(2);
  });

  it('asks for time stamps where their roots are given', async () => {
    const timestampRoots = readChain((await makeChain()).chain).slice(-1);
    const made = makeTrustPolicy({
      ...trusted,
      timestampRoots,
      verifyTimestamp: 'afterCertExpiry',
    });
    expect(made.policy).toMatchObject([
      {
        verifyTimestamp: 'afterCertExpiry',
        trustStores: [{ type: 'ca' }, { type: 'tsa' }],
      },
    ]);
    expect([...made.files.keys()]).toContain('truststore/x509/tsa/trusted/certificates.pem');
  });

  it.each([
    ['an identity that is none', { identities: ['somebody'] }],
    ['a scope that is none', { scopes: ['contoso.azurecr.io/app:v1'] }],
    ['no certificate', { certificates: [] }],
  ])('is refused with %s', (_, given) => {
    expect(flawOf(() => makeTrustPolicy({ ...trusted, ...given }))).not.toBe('none');
  });
});
