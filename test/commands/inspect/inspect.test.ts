import { describe, expect, it } from 'vitest';
import { readInspectConfiguration } from '../../../src/commands/inspect/configuration.js';
import { dockerIndent, dockerInspection } from '../../../src/commands/inspect/docker-json.js';
import { drawingOf } from '../../../src/commands/inspect/drawing.js';
import { rolesOf, type RepositoryFacts } from '../../../src/commands/inspect/facts.js';
import { inspectionSummary, inspectionTable } from '../../../src/commands/inspect/report.js';
import { isTrustError, type TrustError } from '../../../src/errors.js';
import { sanitizeJson } from '../../../src/hosts/sanitize-documents.js';
import { SecretMasker } from '../../../src/hosts/secret-masker.js';
import { collectProblems } from '../../../src/commands/index.js';
import { readInputs } from '../legacy-values.js';
import { listTags, publishTags, readRepository } from '../../../src/trust/index.js';
import { ecdsaSigner } from '../../trust/support/keys.js';
import { content, gun, TestRepository } from '../../trust/support/repository.js';

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
    expect(
      sanitizeJson([dockerInspection(`${gun}:2`, view, '2')], dockerIndent, new SecretMasker()),
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

  it('has no tags for one that is not signed', async () => {
    const { repository } = await withSigner();
    const view = await viewAt(repository, repository.now);
    expect(dockerInspection(`${gun}:3`, view, '3').SignedTags).toEqual([]);
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
): RepositoryFacts {
  return {
    name: gun,
    gun,
    hasTrustData: true,
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
      registry: 'same',
    })),
    unsignedTags: [],
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

describe('tables and summary', () => {
  it('show what differs from the registry and what is not signed', () => {
    const [tag] = factsWith(1, 1).tags;
    if (!tag) throw new Error('no tag');
    const facts: RepositoryFacts = {
      ...factsWith(0, 1),
      tags: [
        { ...tag, registry: 'differs', registryDigest: content('b').digest },
        { ...tag, tag: 'gone', registry: 'missing', isPulled: false },
      ],
      unsignedTags: [
        { tag: 'plain' },
        { tag: 'hidden', reason: 'it is signed in targets/ci only' },
      ],
    };
    const table = inspectionTable(facts).join('\n');
    expect(table).toMatch(/tag-0 .*differs: sha256:bbbb/);
    expect(table).toMatch(/gone .*not what a pull gets.*missing/);
    expect(table).toMatch(/hidden +it is signed in targets\/ci only/);
    const summary = inspectionSummary([facts], ['careful | now']);
    expect(summary).toContain('⚠️ differs: sha256:bbbb');
    expect(summary).toContain('Unsigned tags: `plain`, `hidden`');
    expect(summary).toContain('> ⚠️ careful \\| now');
  });

  it('say that there is no trust data', () => {
    const facts = { ...factsWith(0, 0), hasTrustData: false };
    expect(inspectionTable(facts)).toEqual(['no trust data: nothing is signed']);
    expect(inspectionSummary([facts], [])).not.toContain('mermaid');
  });

  it('keep the summary within what hosts show', () => {
    const many = Array.from({ length: 20 }, () => factsWith(3000, 100));
    expect(inspectionSummary(many, []).length).toBeLessThan(1024 * 1024);
  });
});

describe('what is to be inspected', () => {
  const configure = (texts: Readonly<Record<string, string>>) =>
    readInspectConfiguration(
      readInputs('inspect', 'cli', (name) => texts[name] ?? ''),
      '/work',
      collectProblems((name) => name),
    );
  const refusal = (texts: Readonly<Record<string, string>>): TrustError => {
    try {
      configure(texts);
    } catch (error) {
      if (isTrustError(error)) return error;
      throw error;
    }
    throw new Error('it was accepted');
  };

  it('is repositories of a registry and images by name, each once', () => {
    const { requests, warnExpiryDays } = configure({
      registry: 'Contoso.azurecr.io',
      repository: 'a, b/c',
      images: 'contoso.azurecr.io/a, fabrikam.azurecr.io/x:1',
      'warn-expiry-days': '7',
    });
    expect(requests.map(({ name }) => name)).toEqual([
      'contoso.azurecr.io/a',
      'contoso.azurecr.io/b/c',
      'fabrikam.azurecr.io/x:1',
    ]);
    expect(requests[2]).toMatchObject({ gun: 'fabrikam.azurecr.io/x', tag: '1' });
    expect(warnExpiryDays).toBe(7);
  });

  it.each([
    ['nothing', {}, 'INPUT_MISSING', /"repository" is not set/],
    ['a registry alone', { registry: 'contoso.azurecr.io' }, 'INPUT_MISSING', /"repository"/],
    ['a repository alone', { repository: 'a' }, 'INPUT_MISSING', /"registry" is not set, but/],
    ['a digest', { images: `a.io/b@sha256:${'a'.repeat(64)}` }, 'INPUT_INVALID', /names a digest/],
    ['days that are none', { images: 'a.io/b', 'warn-expiry-days': 'x' }, 'INPUT_INVALID', /days/],
    [
      'a trust server for no registry',
      { images: 'a.io/b', 'trust-server': 'https://n.io' },
      'INPUT_MISSING',
      /"registry" is not set, but "trust-server" is/,
    ],
  ])('is not %s', (_what, texts, code, message) => {
    const error = refusal(texts);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('a repository that Docker and we list alike', () => {
  it('has the same tags in both', async () => {
    const { repository } = await withSigner();
    const view = await viewAt(repository, repository.now);
    const listed = dockerInspection(gun, view, undefined).SignedTags;
    expect(listed.map(({ SignedTag }) => SignedTag)).toEqual(listTags(view).map(({ tag }) => tag));
  });
});
