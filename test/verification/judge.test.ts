import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { judgeAll, type Repository } from '../../src/verification/judge.js';
import type { VerifyPolicy } from '../../src/verification/requirements.js';
import type { Verdict } from '../../src/verification/verdict.js';
import { requestsOf } from '../../src/deployment-files/index.js';
import { startInBackground } from '../../src/concurrency.js';
import { TrustError } from '../../src/errors.js';
import { parseNamePattern, type Manifest } from '../../src/registry/index.js';
import type { Target } from '../../src/trust/index.js';
import {
  dockerLikeRepository,
  gun,
  inDays,
  now,
  trustFiles,
  type RepositoryBuilder,
} from '../trust/repository-builder.js';
import { ecdsaKey } from '../trust/test-keys.js';

const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry of images, each made at a time of its own. */
class Images {
  readonly manifests = new Map<string, Manifest>();
  readonly blobs = new Map<string, Buffer>();
  readonly brokenTags = new Set<string>();

  /** Puts an image made at `created`; its digest. */
  image(created: string | undefined, extra = ''): string {
    const config = Buffer.from(JSON.stringify({ created, extra }));
    this.blobs.set(digestOf(config), config);
    return this.put({ config: { digest: digestOf(config) } }, 'manifest');
  }

  put(content: object, kind: 'manifest' | 'index'): string {
    const bytes = Buffer.from(JSON.stringify(content));
    const mediaType = `application/vnd.oci.image.${kind}.v1+json`;
    const digest = digestOf(bytes);
    this.manifests.set(digest, { digest, length: bytes.length, mediaType, bytes });
    return digest;
  }

  tag(tag: string, digest: string): Target {
    const manifest = this.manifests.get(digest);
    if (!manifest) throw new Error(`no image ${digest}`);
    this.manifests.set(tag, manifest);
    const sha256 = Buffer.from(digest.slice('sha256:'.length), 'hex').toString('base64');
    return { hashes: { sha256 }, length: manifest.length };
  }

  session(): (Repository & { readonly kind: 'trusted' })['session'] {
    const never = () => Promise.reject(new Error('not asked here'));
    return {
      images: {
        getManifest: (_, reference) =>
          this.brokenTags.has(reference)
            ? Promise.reject(new TrustError('REGISTRY_FAILED', 'odd.', { remedy: '' }))
            : Promise.resolve(this.manifests.get(reference)),
        putManifest: never,
        listTags: never,
      },
      readBlob: (_, digest) => Promise.resolve(this.blobs.get(digest)),
    };
  }
}

const anything: VerifyPolicy = {
  requiredRoles: [],
  maxAgeDays: undefined,
  warnExpiryDays: 30,
  allowUnsigned: [],
  allowMovedTags: false,
  isUsedByDigest: () => false,
};

interface Judged extends Verdict {
  readonly warnings: readonly string[];
}

async function judged(
  reference: string,
  repository: Repository,
  policy: Partial<VerifyPolicy> = {},
  isUsedByDigest = false,
): Promise<Judged> {
  const requests = requestsOf([reference]);
  const warnings: string[] = [];
  const log = {
    group: <T>(_: string, body: () => Promise<T>) => body(),
    info: () => undefined,
    debug: () => undefined,
    warn: (line: string) => warnings.push(line),
  };
  const [verdict] = await judgeAll(
    requests,
    new Map(requests.map((request) => [request.gun, repository])),
    { ...anything, ...policy, isUsedByDigest: () => isUsedByDigest },
    { clock: () => now, log, nameInput: (name) => name },
  );
  if (!verdict) throw new Error('no verdict');
  return { ...verdict, warnings };
}

/** A repository signed as Docker does it, with an image of yesterday as `1.0`, by alice. */
function setUp(created: string | undefined = inDays(-1).toISOString()): {
  readonly images: Images;
  readonly builder: RepositoryBuilder;
  readonly digest: string;
  readonly trusted: () => Repository;
} {
  const images = new Images();
  const digest = images.image(created);
  const target = images.tag('1.0', digest);
  const builder = dockerLikeRepository();
  builder.targets = {};
  for (const delegation of builder.delegations) delegation.targets = { '1.0': target };
  return {
    images,
    builder,
    digest,
    trusted: () => ({
      kind: 'trusted',
      view: trustFiles(builder.build()),
      session: images.session(),
    }),
  };
}

const codes = ({ problems }: Verdict): readonly string[] => problems.map(({ code }) => code);

describe('a signed image', () => {
  it.each([
    ['agrees', 'signed', 0],
    ['is another image', 'other', 2],
    ['finds nothing', 'nothing', 2],
    ['fails', 'failure', 2],
  ] as const)('is asked for if the look beside the trust data %s', async (_, seen, asked) => {
    const { images, digest, trusted } = setUp();
    const other = images.image(inDays(-2).toISOString());
    const early = {
      signed: Promise.resolve(images.manifests.get(digest)),
      other: Promise.resolve(images.manifests.get(other)),
      nothing: Promise.resolve(undefined),
      failure: startInBackground(Promise.reject<undefined>(new Error('broken'))),
    }[seen];
    const session = images.session();
    const getManifest = vi.fn(session.images.getManifest);
    const repository = {
      ...trusted(),
      session: { ...session, images: { ...session.images, getManifest } },
      early,
    } as Repository;
    const verdict = await judged(`${gun}:1.0`, repository);
    expect(verdict).toMatchObject({ status: 'verified', digest });
    expect(getManifest).toHaveBeenCalledTimes(asked);
  });

  it('is verified by tag, with its signers and the first of its roles to expire', async () => {
    const { digest, trusted } = setUp();
    const verdict = await judged(`${gun}:1.0`, trusted());
    expect(verdict).toMatchObject({
      status: 'verified',
      digest,
      tags: ['1.0'],
      signers: ['alice'],
      roles: ['targets/releases', 'targets/alice'],
      problems: [],
      warnings: [],
    });
    expect(verdict.expires?.role).not.toBe('timestamp');
  });

  it('is verified by digest, and by tag and digest', async () => {
    const { digest, trusted } = setUp();
    for (const reference of [`${gun}@${digest}`, `${gun}:1.0@${digest}`]) {
      expect(await judged(reference, trusted())).toMatchObject({ status: 'verified', digest });
    }
  });

  it('is refused by another digest than the tag is signed with, whatever may be unsigned', async () => {
    const { images, trusted } = setUp();
    const other = images.image(undefined, 'other');
    const allowUnsigned = [parseNamePattern('contoso.azurecr.io/*')];
    const verdict = await judged(`${gun}:1.0@${other}`, trusted(), { allowUnsigned });
    expect(codes(verdict)).toEqual(['TAG_NOT_SIGNED']);
  });

  it('is refused by a digest in targets that targets/releases overrides', async () => {
    const { images, builder, trusted } = setUp();
    const old = images.image(undefined, 'old');
    builder.targets = { '1.0': images.tag('old', old) };
    expect(codes(await judged(`${gun}@${old}`, trusted()))).toEqual(['TAG_NOT_SIGNED']);
  });

  it('is refused when the registry does not have it', async () => {
    const { images, digest, trusted } = setUp();
    images.manifests.delete(digest);
    expect(codes(await judged(`${gun}:1.0`, trusted()))).toEqual(['MANIFEST_NOT_FOUND']);
  });

  const movements: [string, (images: Images) => unknown, RegExp][] = [
    [
      'points elsewhere',
      (images) => images.tag('1.0', images.image(undefined, 'moved')),
      /is signed for .* the tag in the registry points to/,
    ],
    [
      'is gone',
      (images) => images.manifests.delete('1.0'),
      /the tag in the registry is not there any more/,
    ],
    [
      'is no image any more',
      (images) => images.brokenTags.add('1.0'),
      /the tag in the registry cannot be read \(odd\)/,
    ],
  ];

  describe.each(movements)('whose tag in the registry %s', (_, move, message) => {
    it('fails, and is told how to be used by digest', async () => {
      const { images, digest, trusted } = setUp();
      move(images);
      const verdict = await judged(`${gun}:1.0`, trusted());
      expect(verdict).toMatchObject({ status: 'failed', digest, warnings: [] });
      expect(codes(verdict)).toEqual(['TAG_MOVED']);
      expect(verdict.problems[0]?.message).toMatch(message);
      expect(verdict.problems[0]?.remedy).toContain(`${gun}@${digest}`);
    });

    it.each([
      ['it is used by digest', {}, true],
      ['that is allowed', { allowMovedTags: true }, false],
    ])('is verified with a warning where %s', async (_name, policy, isUsedByDigest) => {
      const { images, digest, trusted } = setUp();
      move(images);
      const verdict = await judged(`${gun}:1.0`, trusted(), policy, isUsedByDigest);
      expect(verdict).toMatchObject({ status: 'verified', digest });
      expect(verdict.warnings.join()).toMatch(message);
    });
  });

  it('warns of a role that expires soon', async () => {
    const { builder, trusted } = setUp();
    builder.targetsRole.expires = inDays(20);
    expect((await judged(`${gun}:1.0`, trusted())).warnings.join()).toMatch(
      /^targets of .* expires/,
    );
    const quiet = await judged(`${gun}:1.0`, trusted(), { warnExpiryDays: 10 });
    expect(quiet.warnings).toEqual([]);
  });
});

describe('an unsigned image', () => {
  it.each([
    ['in a repository without trust data', { kind: 'none' } as const, 'TAG_NOT_SIGNED'],
    ['of another tag', setUp().trusted(), 'TAG_NOT_SIGNED'],
    [
      'whose trust server cannot be asked',
      {
        kind: 'failed',
        error: new TrustError('TRUST_SERVER_UNREACHABLE', 'no answer', { remedy: '' }),
      } as const,
      'TRUST_SERVER_UNREACHABLE',
    ],
  ])('%s fails, unless it is allowed to be', async (_, repository, code) => {
    expect(await judged(`${gun}:none`, repository)).toMatchObject({
      status: 'failed',
      problems: [{ code }],
    });
    const allowUnsigned = [parseNamePattern('contoso.azurecr.io/team/*')];
    const allowed = await judged(`${gun}:none`, repository, { allowUnsigned });
    expect(allowed).toMatchObject({ status: 'allowed-unsigned', problems: [] });
    expect(allowed.warnings.join()).toContain('accepted by "contoso.azurecr.io/team/*"');
    const others = [parseNamePattern('contoso.azurecr.io/other/*')];
    expect(await judged(`${gun}:none`, repository, { allowUnsigned: others })).toMatchObject({
      status: 'failed',
    });
  });

  it('fails where the trust data is wrong, whatever may be unsigned', async () => {
    const error = new TrustError('TRUST_DATA_INVALID', 'forged', { remedy: '' });
    const allowUnsigned = [parseNamePattern('contoso.azurecr.io/*')];
    const verdict = await judged(`${gun}:1.0`, { kind: 'failed', error }, { allowUnsigned });
    expect(codes(verdict)).toEqual(['TRUST_DATA_INVALID']);
  });
});

describe('required roles', () => {
  it('must all list the tag with the digest', async () => {
    const { images, builder, trusted } = setUp();
    const requiredRoles = ['targets/alice', 'targets/bob'];
    const without = await judged(`${gun}:1.0`, trusted(), { requiredRoles });
    expect(without.problems).toMatchObject([
      { code: 'POLICY_NOT_MET', message: expect.stringContaining('not by targets/bob') as string },
    ]);
    const bob = builder.delegate('targets/bob', { keys: [ecdsaKey()] });
    bob.targets = { '1.0': images.tag('other', images.image(undefined, 'other')) };
    expect(codes(await judged(`${gun}:1.0`, trusted(), { requiredRoles }))).toEqual([
      'POLICY_NOT_MET',
    ]);
    bob.targets = builder.delegations[0]?.targets ?? {};
    expect(await judged(`${gun}:1.0`, trusted(), { requiredRoles })).toMatchObject({
      status: 'verified',
      signers: ['alice', 'bob'],
    });
    // A role whose paths do not cover the tag vouches for nothing.
    bob.paths = ['2.'];
    expect(codes(await judged(`${gun}:1.0`, trusted(), { requiredRoles }))).toEqual([
      'POLICY_NOT_MET',
    ]);
  });

  it('must all list one and the same tag of a digest', async () => {
    const { builder, digest, trusted } = setUp();
    const [releases] = builder.delegations;
    const target = releases?.targets['1.0'];
    if (!releases || !target) throw new Error('nothing is signed');
    releases.targets = { '1.0': target, '1.1': target };
    builder.delegate('targets/bob', { targets: { '1.1': target } });
    const reference = `${gun}@${digest}`;
    const each = await judged(reference, trusted(), { requiredRoles: ['targets/bob'] });
    expect(each).toMatchObject({ status: 'verified', tags: ['1.1'] });
    const both = ['targets/alice', 'targets/bob'];
    expect(codes(await judged(reference, trusted(), { requiredRoles: both }))).toEqual([
      'POLICY_NOT_MET',
    ]);
  });
});

describe('the maximum age', () => {
  const policy = { maxAgeDays: 30 };

  it.each([
    ['young enough', inDays(-29).toISOString(), undefined],
    ['too old', inDays(-31.5).toISOString(), /is 31 days old, and 30 are allowed/],
    ['made in 1970', '1970-01-01T00:00:00Z', /does not say when it was made/],
    ['made in the future', inDays(2).toISOString(), /was made in the future/],
    ['without a date', '', /does not say when it was made/],
  ])('judges an image that is %s', async (_, created, problem) => {
    const { trusted } = setUp(created);
    const verdict = await judged(`${gun}:1.0`, trusted(), policy);
    expect(verdict.status).toBe(problem ? 'failed' : 'verified');
    if (problem) {
      expect(codes(verdict)).toEqual(['POLICY_NOT_MET']);
      expect(verdict.problems[0]?.message).toMatch(problem);
    }
    expect((await judged(`${gun}:1.0`, trusted())).status).toBe('verified');
  });

  it('judges every platform of an index, and no attestation', async () => {
    const { images, builder, trusted } = setUp();
    const young = images.image(inDays(-1).toISOString());
    const old = images.image(inDays(-100).toISOString());
    const platform = (architecture: string) => ({ os: 'linux', architecture });
    const attestation = {
      digest: images.image(undefined, 'attestation'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      platform: { os: 'unknown', architecture: 'unknown' },
    };
    const publish = (second: string): void => {
      const manifests = [
        { digest: young, platform: platform('amd64') },
        { digest: second, platform: platform('arm64') },
        attestation,
      ];
      const target = images.tag('1.0', images.put({ manifests }, 'index'));
      for (const delegation of builder.delegations) delegation.targets = { '1.0': target };
    };
    publish(young);
    expect(await judged(`${gun}:1.0`, trusted(), policy)).toMatchObject({ status: 'verified' });
    publish(old);
    const verdict = await judged(`${gun}:1.0`, trusted(), policy);
    expect(verdict.problems[0]?.message).toMatch(/its image for linux\/arm64 is 100 days old/);
    publish(`sha256:${'0'.repeat(64)}`);
    expect(codes(await judged(`${gun}:1.0`, trusted(), policy))).toEqual(['REGISTRY_FAILED']);
  });
});
