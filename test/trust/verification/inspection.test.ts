import { describe, expect, it } from 'vitest';
import { sanitizeJson } from '../../../src/hosts/sanitize-documents.js';
import { SecretMasker } from '../../../src/hosts/secret-masker.js';
import {
  canonicalKeyIdOf,
  dockerIndent,
  dockerInspection,
  drawTrustData,
  exportTrustData,
  listTags,
  publishTags,
  readRepository,
  rolesOf,
} from '../../../src/trust/index.js';
import { dockerLikeRepository, inDays, trustFiles } from '../repository-builder.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, gun, TestRepository } from '../support/repository.js';

async function viewAt(repository: TestRepository, now: Date) {
  const options = { pins: [], now, expiry: 'report' } as const;
  const view = await readRepository(repository.server, options);
  if (!view) throw new Error('the test made no trust data');
  return view;
}

async function withSigner() {
  const repository = await new TestRepository().initialise({ '1': content('a') });
  const signer = ecdsaSigner('signer');
  const { publicKey } = signer;
  await repository.delegate({ 'targets/releases': publicKey, 'targets/ci': publicKey });
  const tags = new Map([['2', content('b')]]);
  await publishTags(repository.server, { ...repository.context, signer, tags });
  return { repository, signer };
}

describe('what Docker would print', () => {
  it('has its fields in its order and indentation', async () => {
    const { repository, signer } = await withSigner();
    const view = await viewAt(repository, repository.now);
    const [root = ''] = view.root.signed.roles.root?.keyids ?? [];
    const tags = listTags(view).filter(({ tag }) => tag === '2');
    expect(
      sanitizeJson([dockerInspection(`${gun}:2`, view, tags)], dockerIndent, new SecretMasker()),
    ).toBe(`[
    {
        "Name": "${gun}:2",
        "SignedTags": [
            {
                "SignedTag": "2",
                "Digest": "${'b'.repeat(64)}",
                "Signers": [
                    "ci"
                ]
            }
        ],
        "Signers": [
            {
                "Name": "ci",
                "Keys": [
                    {
                        "ID": "${signer.keyId}"
                    }
                ]
            }
        ],
        "AdministrativeKeys": [
            {
                "Name": "Root",
                "Keys": [
                    {
                        "ID": "${root}"
                    }
                ]
            },
            {
                "Name": "Repository",
                "Keys": [
                    {
                        "ID": "${repository.targets.keyId}"
                    }
                ]
            }
        ]
    }
]
`);
  });
});

describe('the roles', () => {
  it('come with keys by their one ID, and that of Docker beside it, threshold, paths, version and expiry', async () => {
    const { repository, signer } = await withSigner();
    const roles = rolesOf(await viewAt(repository, repository.now), repository.now, 30);
    expect(roles.map(({ role, state, version }) => [role, state, version])).toEqual([
      ['root', 'valid', 1],
      ['targets', 'valid', 2],
      ['snapshot', 'valid', 3],
      // It ends in two weeks, and the server renews it.
      ['timestamp', 'valid', 3],
      ['targets/releases', 'valid', 1],
      ['targets/ci', 'valid', 1],
    ]);
    const [root] = roles;
    expect(root?.keys[0]).toMatchObject({ type: 'ecdsa-x509', keyId: repository.root.keyId });
    expect(root?.keys[0]?.dockerId).toMatch(/^[0-9a-f]{64}$/);
    expect(roles[5]).toMatchObject({
      parent: 'targets',
      paths: [''],
      threshold: 1,
      tags: 1,
      keys: [{ keyId: signer.keyId, type: 'ecdsa' }],
    });
  });

  it('are called expiring when they end within the days that were asked for', async () => {
    const { repository } = await withSigner();
    const view = await viewAt(repository, repository.now);
    const states = (days: number) =>
      rolesOf(view, repository.now, days).map(({ role, state }) => [role, state]);
    expect(states(3 * 365 - 1)).not.toContainEqual(['targets', 'expiring']);
    expect(states(3 * 365 + 1)).toContainEqual(['targets', 'expiring']);
    expect(states(3 * 365 + 1)).toContainEqual(['root', 'valid']);
  });

  it('are shown when they have expired, and called so', async () => {
    const { repository } = await withSigner();
    const late = new Date('2030-06-01T00:00:00Z');
    const view = await viewAt(repository, late);
    const states = Object.fromEntries(
      rolesOf(view, late, 30).map(({ role, state }) => [role, state]),
    );
    expect(states).toEqual({
      root: 'valid',
      targets: 'expired',
      snapshot: 'expired',
      timestamp: 'expired',
      'targets/releases': 'expired',
      'targets/ci': 'expired',
    });
    expect(view.warnings.map(({ kind }) => kind)).toContain('expired');
  });

  it('are shown before anything was published in them', async () => {
    const repository = await new TestRepository().initialise();
    await repository.delegate({ 'targets/new': ecdsaSigner().publicKey });
    const roles = rolesOf(await viewAt(repository, repository.now), repository.now, 0);
    expect(roles.at(-1)).toMatchObject({ role: 'targets/new', state: 'not published' });
    expect(roles.at(-1)).not.toHaveProperty('version');
  });
});

/** Facts of a repository with as many tags and roles as asked for. */
function factsWith(
  tags: number,
  roles: number,
  name = (index: number) => `tag-${index}`,
): Parameters<typeof drawTrustData>[0] {
  return {
    roles: Array.from({ length: roles }, (_, index) => ({
      role: index === 0 ? 'targets' : `targets/signer-${index}`,
      ...(index === 0 ? {} : { parent: 'targets' }),
      threshold: 1,
      keys: [{ keyId: 'ab'.repeat(32), type: 'ecdsa' }],
      state: 'valid',
    })),
    tags: Array.from({ length: tags }, (_, index) => ({
      tag: name(index),
      ...content('a'),
      roles: ['targets'],
      signers: ['Repo Admin'],
      isPulled: true,
    })),
  };
}

describe('the drawing', () => {
  it('goes from keys to roles to tags, each key once', () => {
    expect(drawTrustData(factsWith(1, 2))).toBe(
      [
        '```mermaid',
        'flowchart LR',
        '  r0["targets, version -, valid"]',
        '  k0(["abababababab ecdsa"])',
        '  k0 --> r0',
        '  r1["targets/signer-1, version -, valid"]',
        '  k0 --> r1',
        '  r0 -.-> r1',
        '  t0>"tag-0 aaaaaaaaaaaa"]',
        '  r0 --> t0',
        '```',
      ].join('\n'),
    );
  });

  it('stays small however large the repository is', () => {
    const drawing = drawTrustData(factsWith(5000, 500));
    expect(drawing.length).toBeLessThan(8000);
    expect(drawing).toContain('and 4970 more tags');
    expect(drawing).toContain('and 480 more roles');
  });

  it('lets no name end its label, its line or the block', () => {
    const evil = '"]; click r0 "javascript:x"\n```\n<script>#quot;%%{init}%%';
    const lines = drawTrustData(factsWith(1, 1, () => evil)).split('\n');
    expect(lines).toHaveLength(8);
    expect(lines.filter((line) => line.includes('```'))).toEqual(['```mermaid', '```']);
    const line = lines.find((one) => one.includes('t0>')) ?? '';
    expect(line.match(/"/g)).toHaveLength(2);
    expect(line).not.toMatch(/[<>]script|%%|\{/);
  });
});

describe('a repository that Docker and we list alike', () => {
  it('has the same tags in both', async () => {
    const { repository } = await withSigner();
    const view = await viewAt(repository, repository.now);
    const listed = dockerInspection(gun, view, listTags(view)).SignedTags;
    expect(listed.map(({ SignedTag }) => SignedTag)).toEqual(['1', '2']);
  });
});

describe('the exported trust data', () => {
  it('has every tag with its digest, every signer, every key and every role', () => {
    const repository = dockerLikeRepository();
    repository.delegate('targets/gone', { expires: inDays(-1) });
    const data = exportTrustData(trustFiles(repository.build()));
    expect(data.tags).toMatchObject([
      { tag: '1.0', signers: ['alice'], isPulled: true },
      { tag: 'old', signers: ['Repo Admin'], isPulled: true },
    ]);
    expect(data.signers.map(({ name }) => name)).toEqual(['gone', 'alice']);
    const [root] = repository.root.keys;
    expect(data.rootKeys).toEqual([
      { keyId: root && canonicalKeyIdOf(root.publicKey), dockerId: root?.keyId },
    ]);
    expect(data.roles.map(({ role, state }) => [role, state])).toEqual([
      ['targets', 'trusted'],
      ['targets/releases', 'trusted'],
      ['targets/alice', 'trusted'],
      ['targets/gone', 'untrusted'],
    ]);
  });
});
