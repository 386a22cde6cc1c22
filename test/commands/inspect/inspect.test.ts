import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerIndent, dockerInspection } from '../../../src/commands/inspect/docker-json.js';
import { drawingOf } from '../../../src/commands/inspect/drawing.js';
import { rolesOf } from '../../../src/commands/repositories/role-facts.js';
import { sanitizeJson } from '../../../src/hosts/sanitize-documents.js';
import { SecretMasker } from '../../../src/hosts/secret-masker.js';
import { listTags, publishTags, readRepository } from '../../../src/trust/index.js';
import { ecdsaSigner } from '../../trust/support/keys.js';
import { content, gun, TestRepository } from '../../trust/support/repository.js';
import { host, reportOf, startRegistryWorld } from '../support/registry-world.js';
import type { RegistryWorld } from '../support/registry-world.js';

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
): Parameters<typeof drawingOf>[0] {
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
    expect(drawingOf(factsWith(1, 2))).toBe(
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
    const drawing = drawingOf(factsWith(5000, 500));
    expect(drawing.length).toBeLessThan(8000);
    expect(drawing).toContain('and 4970 more tags');
    expect(drawing).toContain('and 480 more roles');
  });

  it('lets no name end its label, its line or the block', () => {
    const evil = '"]; click r0 "javascript:x"\n```\n<script>#quot;%%{init}%%';
    const lines = drawingOf(factsWith(1, 1, () => evil)).split('\n');
    expect(lines).toHaveLength(8);
    expect(lines.filter((line) => line.includes('```'))).toEqual(['```mermaid', '```']);
    const line = lines.find((one) => one.includes('t0>')) ?? '';
    expect(line.match(/"/g)).toHaveLength(2);
    expect(line).not.toMatch(/[<>]script|%%|\{/);
  });
});

let world: RegistryWorld;
beforeAll(async () => {
  world = await startRegistryWorld();
});
afterAll(() => world.close());

const inspect = (inputs: Readonly<Record<string, string>>) =>
  world.run('inspect', { registry: host, ...inputs });

async function signed(repository: string, ...tags: readonly string[]): Promise<string> {
  const digest = world.push(repository, tags);
  const inputs = { registry: host, repository, tags: tags.join() };
  expect((await world.run('sign', inputs)).failure).toBeUndefined();
  return digest;
}

describe('inspect', () => {
  it('shows what differs from the registry and what is not signed', async () => {
    const digest = await signed('drift', 'same', 'moved');
    const other = world.push('drift', ['moved', 'plain'], 'other content');
    const ran = await inspect({ repository: 'drift' });
    expect(ran.failure).toBeUndefined();
    const log = ran.lines.join('\n');
    expect(log).toMatch(/targets +1 +\d{4}-\d\d-\d\d +valid +1 of 1/);
    expect(log).toMatch(new RegExp(`moved +${digest} .*differs: ${other}`));
    expect(log).toMatch(/UNSIGNED TAG\s+plain/);
    expect(ran.summary).toContain('### Content trust\n');
    expect(ran.summary).toContain(`#### \`${host}/drift\``);
    expect(ran.summary).toContain(`⚠️ differs: ${other}`);
    expect(ran.summary).toContain('✅ same');
    expect(ran.summary).toContain('Unsigned tags: `plain`');
    expect(ran.summary).toContain('```mermaid\nflowchart LR');
    expect(await reportOf(ran)).toMatchObject({
      formatVersion: 2,
      command: 'inspect',
      repositories: [
        {
          name: `${host}/drift`,
          tags: [
            { tag: 'moved', registry: 'differs', registryDigest: other },
            { tag: 'same', registry: 'same' },
          ],
          unsignedTags: [{ tag: 'plain' }],
        },
      ],
      failures: [],
    });
  });

  it('says that there is no trust data', async () => {
    world.push('untrusted', ['latest']);
    const ran = await inspect({ repository: 'untrusted' });
    expect(ran.failure).toBeUndefined();
    expect(ran.lines.join('\n')).toContain('no trust data: nothing is signed');
    expect(ran.summary).not.toContain('mermaid');
  });

  it('warns of roles that expire within the days that were asked for', async () => {
    await signed('soon', '1');
    const ran = await inspect({ repository: 'soon', 'warn-expiry-days': '2000' });
    expect(ran.warnings.join()).toContain(`targets of ${host}/soon expires on`);
    expect(ran.summary).toContain('⚠️ expiring');
  });

  it('takes repositories of a registry and images by name, each once', async () => {
    await signed('a', '1', '2');
    world.push('b/c', ['1']);
    const images = `${host}/a, ${host}/a:1, ${host}/a:3`;
    const ran = await inspect({ registry: 'Contoso.azurecr.io', repository: 'a, b/c', images });
    expect(ran.failure).toBeUndefined();
    const report = await reportOf(ran);
    expect(report?.repositories).toMatchObject([
      { name: `${host}/a` },
      { name: `${host}/b/c` },
      { name: `${host}/a:1`, tags: [{ tag: '1' }] },
      { name: `${host}/a:3`, tags: [] },
    ]);
  });

  it('looks at all before it fails for those that it cannot look at', async () => {
    await signed('well', '1');
    const ran = await inspect({ repository: 'well, never/pushed' });
    expect(ran.failure?.code).toBe('MANIFEST_NOT_FOUND');
    expect(ran.failure?.message).toContain('1 of 2 repositories: each could not be inspected.');
    expect(ran.outputs.inspection).toBeDefined();
    expect(await reportOf(ran)).toMatchObject({
      repositories: [{ name: `${host}/well` }],
      failures: [{ name: `${host}/never/pushed`, code: 'MANIFEST_NOT_FOUND' }],
    });
  });

  it.each([
    ['nothing', { registry: '' }, 'INPUT_MISSING', /"repository" is not set/],
    ['a registry alone', {}, 'INPUT_MISSING', /"repository"/],
    ['no name at all', { repository: ' , ' }, 'INPUT_MISSING', /"repository"/],
    ['a repository alone', { registry: '', repository: 'a' }, 'INPUT_MISSING', /"registry" is not/],
    ['a digest', { images: `a.io/b@sha256:${'a'.repeat(64)}` }, 'INPUT_INVALID', /names a digest/],
    ['days that are none', { images: 'a.io/b', 'warn-expiry-days': 'x' }, 'INPUT_INVALID', /days/],
    [
      'a trust server for no registry',
      { registry: '', images: 'a.io/b', 'trust-server': 'https://n.io' },
      'INPUT_MISSING',
      /"registry" is not set, but "trust-server" is/,
    ],
  ])('is refused with %s', async (_what, inputs, code, message) => {
    const { failure } = await inspect(inputs);
    expect(failure?.code).toBe(code);
    expect(failure?.message).toMatch(message);
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
