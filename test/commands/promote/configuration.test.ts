import { describe, expect, it } from 'vitest';
import { parsePromotion, type Promotion } from '../../../src/commands/promote/promote-inputs.js';
import type { TrustError } from '../../../src/errors.js';
import { makeSigner } from '../../notation/make-signer.js';
import { rootPem } from '../support/sign-image.js';
import { refusedInputs } from '../support/refused-inputs.js';
import { parseInputs } from '../support/parse-inputs.js';

const key = 'https://contoso-keys.vault.azure.net/keys/team-app';
const digest = `sha256:${'ab'.repeat(32)}`;
const base: Readonly<Record<string, string>> = {
  registry: 'contoso.azurecr.io',
  repository: 'apps/app',
  source: 'contosodev.azurecr.io/team/app:1.4.2',
  'signing-key': key,
};

const configure = (texts: Readonly<Record<string, string>> = {}): Promise<Promotion> =>
  parseInputs('promote', parsePromotion, { ...base, ...texts }, '/agent');

const refusal = (texts: Readonly<Record<string, string>>): Promise<TrustError> =>
  refusedInputs('promote', { ...base, ...texts });

const tagsOf = ({ images }: Promotion) => images.map(({ tag, tags }) => [tag, tags]);

describe('a promotion', () => {
  it('keeps the tag of its source, and is signed at the target', async () => {
    const promotion = await configure();
    expect(promotion).toMatchObject({
      images: [
        {
          reference: 'contosodev.azurecr.io/team/app:1.4.2',
          gun: 'contosodev.azurecr.io/team/app',
          tag: '1.4.2',
          tags: ['1.4.2'],
        },
      ],
      pins: [],
      requiredRoles: [],
      trustServer: undefined,
      dryRun: false,
    });
    expect(promotion.target).toMatchObject({
      image: { gun: 'contoso.azurecr.io/apps/app', tags: ['1.4.2'] },
      trustServer: 'https://contoso.azurecr.io',
    });
    expect(promotion.signing).toMatchObject({
      engine: 'native',
      signingKey: { reference: { kind: 'vault-key' } },
    });
  });

  it('signs with the kinds that are asked for', async () => {
    expect((await configure()).kinds).toEqual({ isDct: true, notaryProject: undefined });
    const certificate = 'https://contoso-keys.vault.azure.net/certificates/release';
    const both = await configure({ signatures: 'both', 'signing-key': certificate });
    expect(both.kinds).toMatchObject({ isDct: true, notaryProject: { format: 'cose' } });
    const alone = await configure({ signatures: 'notary-project', 'signing-key': certificate });
    expect(alone.kinds.isDct).toBe(false);
    const error = await refusal({ signatures: 'both' });
    expect(error.message).toContain('Notary Project signs with a certificate');
  });

  it('gives one image any number of other tags, each once', async () => {
    const promotion = await configure({ tags: '2.0, latest\n2.0' });
    expect(tagsOf(promotion)).toEqual([['1.4.2', ['2.0', 'latest']]]);
    expect(promotion.target.image.tags).toEqual(['2.0', 'latest']);
  });

  it('takes several images, of several registries, each once', async () => {
    const a = 'contosodev.azurecr.io/team/app:1';
    const promotion = await configure({ source: `${a}, ${a}\nother.example/app:2@${digest}` });
    expect(tagsOf(promotion)).toEqual([
      ['1', ['1']],
      ['2', ['2']],
    ]);
    expect(promotion.images[1]?.image.digest).toBe(digest);
    expect(promotion.target.image.tags).toEqual(['1', '2']);
  });

  it('may stay in its repository, under another tag', async () => {
    const source = 'contoso.azurecr.io/apps/app:rc';
    expect(tagsOf(await configure({ source, tags: '1.0' }))).toEqual([['rc', ['1.0']]]);
  });

  it('reads who must have signed and what the root at the source must be', async () => {
    const pin = 'f'.repeat(64);
    const promotion = await configure({
      'required-signers': 'ci, targets/qa, ci',
      'source-trust-pin': `contosodev.azurecr.io/*=${pin}`,
      'trust-pin': 'a'.repeat(64),
      'dry-run': 'true',
    });
    expect(promotion.requiredRoles).toEqual(['targets/ci', 'targets/qa']);
    expect(promotion.pins).toMatchObject([{ pin: { kind: 'key-id', keyId: pin } }]);
    expect(promotion.signing?.pins).toEqual([{ kind: 'key-id', keyId: 'a'.repeat(64) }]);
    expect(promotion.dryRun).toBe(true);
  });

  it('verifies its source by the kinds of signatures that are asked for there', async () => {
    expect((await configure()).sourceSignatures).toBeUndefined();
    const { sourceSignatures, kinds } = await configure({
      'source-signatures': 'either',
      'source-trusted-certificate': rootPem(await makeSigner(new Date())),
      'source-trusted-identity': '*',
      'source-require-signed-tag': 'true',
      'source-required-metadata': 'build=1',
      'required-signers': 'ci',
    });
    expect(sourceSignatures).toMatchObject({ metadata: { build: '1' }, isTagRequired: true });
    expect(sourceSignatures?.requires('any')).toBe('either');
    expect(kinds).toEqual({ isDct: true, notaryProject: undefined });
  });

  it('asks the trust server of the source, or the one that is given for its registry', async () => {
    const own = { 'source-trust-server': 'https://notary.example' };
    expect((await configure(own)).trustServer).toEqual({
      registry: 'contosodev.azurecr.io',
      url: 'https://notary.example',
    });
    const target = { 'trust-server': 'https://notary.contoso.example/' };
    expect((await configure(target)).trustServer).toBeUndefined();
    expect(
      (await configure({ ...target, source: 'contoso.azurecr.io/team/app:1' })).trustServer,
    ).toEqual({
      registry: 'contoso.azurecr.io',
      url: 'https://notary.contoso.example',
    });
  });
});

describe('a promotion that cannot be', () => {
  const dev = 'contosodev.azurecr.io';
  it.each<[string, Record<string, string>, string, RegExp]>([
    ['no source', { source: '' }, 'INPUT_MISSING', /"source" is not set/],
    ['no registry', { registry: '' }, 'INPUT_MISSING', /"registry" is not set/],
    ['no repository', { repository: '' }, 'INPUT_MISSING', /"repository" is not set/],
    ['no signing key', { 'signing-key': '' }, 'INPUT_MISSING', /"signing-key" is not set/],
    ['a source without tag', { source: `${dev}/app` }, 'INPUT_INVALID', /names no tag/],
    [
      'a source by digest alone',
      { source: `${dev}/app@${digest}` },
      'INPUT_INVALID',
      /names no tag/,
    ],
    ['a source that is no image', { source: 'a b' }, 'INPUT_INVALID', /not a repository/],
    ['a digest that is none', { source: `${dev}/app:1@sha256:ab` }, 'INPUT_INVALID', /a digest/],
    [
      'one source for two digests',
      { source: `${dev}/app:1@${digest}, ${dev}/app:1` },
      'INPUT_INVALID',
      /named twice, for different digests/,
    ],
    [
      'new tags for several images',
      { source: `${dev}/app:1, ${dev}/app:2`, tags: 'latest' },
      'INPUT_CONFLICT',
      /"tags" is set, and "source" names 2 images/,
    ],
    [
      'one tag for two images',
      { source: `${dev}/app:1, ${dev}/other:1` },
      'INPUT_CONFLICT',
      /two images with the tag 1/,
    ],
    [
      'an image that is its own copy',
      { source: 'contoso.azurecr.io/apps/app:1', registry: 'Contoso.azurecr.io' },
      'INPUT_CONFLICT',
      /names contoso\.azurecr\.io\/apps\/app:1, which is what it is to become/,
    ],
    [
      'an image among its own new tags',
      { source: 'contoso.azurecr.io/apps/app:1', tags: '2,1' },
      'INPUT_CONFLICT',
      /what it is to become/,
    ],
    ['a tag that is none', { tags: '.x' }, 'INPUT_INVALID', /"tags" cannot be used/],
    ['a signer that is none', { 'required-signers': 'A B' }, 'INPUT_INVALID', /lists tags/],
    [
      'a pin that is none',
      { 'source-trust-pin': 'sha256:ab' },
      'INPUT_INVALID',
      /"source-trust-pin" cannot be used/,
    ],
    [
      'a trust server of the source with a path',
      { 'source-trust-server': 'https://notary.example/v2' },
      'INPUT_INVALID',
      /"source-trust-server".*has a path/,
    ],
    [
      'one trust server for sources of two registries',
      {
        source: `${dev}/app:1, other.example/app:2`,
        'source-trust-server': 'https://notary.example',
      },
      'INPUT_CONFLICT',
      /names images of 2 registries/,
    ],
    [
      'signatures at the source that nobody is trusted for',
      { 'source-signatures': 'notary-project' },
      'INPUT_MISSING',
      /"source-trusted-certificate" is not set/,
    ],
    [
      'a policy for the source without certificates',
      { 'source-signatures': 'both', 'source-trust-store': 'x' },
      'INPUT_MISSING',
      /"source-trust-policy" is not set/,
    ],
    [
      'trusted certificates for a source that is verified by content trust alone',
      { 'source-trusted-certificate': 'root.pem', 'source-timestamp-root': 'tsa.pem' },
      'INPUT_CONFLICT',
      /"source-t[a-z-]+" is set, and "source-signatures" is "dct"/,
    ],
    [
      'signers and pins for a source where content trust does not count',
      { 'source-signatures': 'notary-project', 'required-signers': 'ci' },
      'INPUT_INVALID',
      /"required-signers" is set, and content trust counts for no image/,
    ],
    ['a trust server that is no URL', { 'trust-server': 'x' }, 'INPUT_INVALID', /"trust-server"/],
  ])('has %s', async (_, texts, code, message) => {
    const error = await refusal(texts);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.remedy).not.toBe('');
  });

  it('says everything at once, of source and target', async () => {
    const error = await refusal({
      source: `${dev}/app`,
      'signing-key': 'https://contoso-keys.vault.azure.net/keys',
      'source-trust-server': 'http://notary.example',
      'tenant-id': 'not a tenant',
    });
    expect(error.message).toMatch(/^4 inputs cannot be used/);
  });
});
