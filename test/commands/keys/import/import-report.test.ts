import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  planImport,
  previewImport,
  type ImportedKey,
} from '../../../../src/commands/keys/import/import-keys.js';
import {
  reportImport,
  type ImportResults,
} from '../../../../src/commands/keys/import/import-report.js';
import { logLines } from '../../../../src/report/report.js';
import { summaryOf } from '../../../../src/report/summary.js';
import { TrustError } from '../../../../src/errors.js';
import type { ClosedKey, OpenedStoredKey } from '../../../../src/signing/index.js';
import { anchored, keyUsage, type Signer, type TrustedView } from '../../../../src/trust/index.js';
import { gun, TestRepository } from '../../../trust/support/repository.js';
import { ecdsaSigner } from '../../../trust/support/keys.js';

const vaultUrl = 'https://contoso-keys.vault.azure.net';
const rootVaultUrl = 'https://contoso-root.vault.azure.net';
const alice = ecdsaSigner('alice');
let repository: TestRepository;
let view: TrustedView;

beforeAll(async () => {
  repository = await new TestRepository().initialise();
  await repository.delegate({
    'targets/alice': alice.publicKey,
    'targets/releases': alice.publicKey,
  });
  const pins = [{ kind: 'key-id', keyId: repository.root.keyId } as const];
  view = anchored(await repository.view(), pins, {
    available: [repository.root],
    signing: [],
  }).view;
});

/** A key as the store gives it; it does not have to be able to sign here. */
function opened(signer: Signer, role?: string, guns: readonly string[] = []): OpenedStoredKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    keyId: signer.keyId,
    privateKey,
    role,
    gun: guns[0],
    guns,
    paths: [`private/${signer.keyId}.key`],
  };
}

const configuration = { vaultUrl, rootVaultUrl, store: { kind: 'vault-key', hsm: false } } as const;
const plan = (...keys: readonly OpenedStoredKey[]) =>
  planImport(keys, new Map([[gun, view]]), configuration);
const imported = (...keys: readonly OpenedStoredKey[]): readonly ImportedKey[] =>
  previewImport(plan(...keys), configuration).map((one) => ({
    ...one,
    ...(one.destination
      ? { state: 'imported', url: `${one.destination.url}/v`, signs: 'proven' }
      : {}),
  }));

function reportOf(changes: Partial<ImportResults>) {
  const results: ImportResults = {
    dryRun: false,
    archive: '/keys.tar.gz',
    keys: [],
    closed: [],
    unusable: [],
    loaded: [{ gun, isNamed: true, view, error: undefined }],
    ...changes,
  };
  const report = reportImport(results, (name) => name);
  return {
    lines: logLines(report.body),
    summary: summaryOf({ command: 'keys import', ...report }, undefined, []),
    facts: report.facts,
    failure: report.failure,
  };
}

describe('where a key is used', () => {
  it('is what the trust data lists, for root keys by their certificates', () => {
    const usage = (signer: Signer) => keyUsage(new Map([[gun, view]]), signer.keyId);
    expect(usage(repository.root)).toEqual([{ gun, roles: ['root'] }]);
    expect(usage(repository.targets)).toEqual([{ gun, roles: ['targets'] }]);
    expect(usage(alice)).toEqual([{ gun, roles: ['targets/alice', 'targets/releases'] }]);
    expect(usage(ecdsaSigner())).toEqual([]);
  });
});

describe('where a key goes', () => {
  it('follows its header', () => {
    const [root, targets, signer] = plan(
      opened(repository.root, 'root'),
      opened(repository.targets, 'targets', [gun]),
      opened(alice, 'alice'),
    );
    const id = (key: Signer) => key.keyId.slice(0, 8);
    expect(root?.destination?.url).toBe(`${rootVaultUrl}/keys/root-${id(repository.root)}`);
    expect(targets?.destination?.url).toBe(
      `${vaultUrl}/keys/team-app-targets-${id(repository.targets)}`,
    );
    expect(signer?.destination?.url).toBe(`${vaultUrl}/keys/signer-alice-${id(alice)}`);
    expect(signer?.purpose).toEqual({ role: 'alice', gun });
  });

  it('follows the trust data where there is no header', () => {
    expect(plan(opened(repository.targets))[0]?.purpose).toEqual({ role: 'targets', gun });
    expect(plan(opened(alice))[0]?.purpose).toEqual({ role: 'alice', gun });
    expect(plan(opened(ecdsaSigner()))[0]?.purpose.role).toBeUndefined();
  });

  it('is the vault for root keys for the root of a repository, whatever its header says', () => {
    for (const role of ['targets', 'alice', undefined]) {
      const [one] = plan(opened(repository.root, role, [gun]));
      expect(one?.purpose).toEqual({ role: 'root', gun: undefined });
      expect(one?.destination?.vaultUrl).toBe(rootVaultUrl);
    }
  });

  it('is nowhere for a snapshot key, but for one that signs more than snapshots', () => {
    expect(plan(opened(ecdsaSigner(), 'snapshot', [gun]))[0]?.destination).toBeUndefined();
    const [both] = plan(opened(repository.targets, 'snapshot', [gun]));
    expect(both?.purpose).toEqual({ role: 'targets', gun });
  });

  it('names a key of several repositories after none of them', () => {
    const [one] = plan(opened(repository.targets, 'targets', [gun, 'contoso.azurecr.io/other']));
    expect(one?.destination?.name).toBe(`targets-${repository.targets.keyId.slice(0, 8)}`);
  });

  it('names a key after its repository, or its whole collection', () => {
    const nameFor = (of: string) =>
      plan(opened(repository.targets, 'targets', [of]))[0]?.destination?.name;
    const id = repository.targets.keyId.slice(0, 8);
    expect(nameFor('contoso.azurecr.io/team/my.app_1')).toBe(`team-my-app-1-targets-${id}`);
    expect(nameFor('some collection')).toBe(`some-collection-targets-${id}`);
  });
});

describe('what to do after an import', () => {
  const all = () => [
    opened(repository.root, 'root'),
    opened(repository.targets, 'targets', [gun]),
    opened(alice, 'alice'),
  ];

  it('is told as the inputs of the repository, signers first', () => {
    const { lines, summary } = reportOf({ keys: imported(...all()) });
    const start = lines.indexOf(gun);
    expect(lines.slice(start, start + 5)).toEqual([
      gun,
      expect.stringMatching(
        /^ {2}signing-key: \S+\/keys\/signer-alice-\w+\/v {2}\(signs targets\/alice, targets\/releases\)$/,
      ),
      expect.stringMatching(/^ {2}signing-key: \S+-targets-\w+\/v {2}\(signs targets\)$/),
      expect.stringMatching(/^ {2}root-key: \S+\/keys\/root-\w+\/v$/),
      `  trust-pin: ${repository.root.keyId}`,
    ]);
    expect(summary).toContain(`\`\`\`yaml\n# ${gun}\n`);
    expect(summary).toMatch(/^signing-key: \S+ {2}# signs targets\/alice, targets\/releases$/m);
    expect(summary).toMatch(/^trust-pin: [0-9a-f]{64}$/m);
  });

  it('advises no pin that only the trust server knows', async () => {
    const unpinned = await repository.view();
    const loaded = [{ gun, isNamed: true, view: unpinned, error: undefined }];
    const note = expect.stringContaining(
      'Only the trust server says that its root key is',
    ) as string;
    expect(reportOf({ loaded }).facts).toMatchObject({
      repositories: [{ pins: [], notes: expect.arrayContaining([note]) as string[] }],
    });
  });

  it('says which keys are missing, and where a root key is that was not opened', () => {
    expect(reportOf({ keys: imported(opened(alice, 'alice')) }).facts).toMatchObject({
      repositories: [
        {
          notes: [
            expect.stringMatching(
              new RegExp(`root key \\(${repository.root.keyId}\\) is not among`),
            ),
            expect.stringContaining('The repository key is not among the keys'),
          ],
        },
      ],
    });
    const closed: ClosedKey = {
      path: 'private/root.key',
      keyId: repository.root.keyId,
      role: 'root',
      gun: undefined,
      error: new TrustError('KEY_PASSPHRASE_WRONG', 'wrong', { remedy: 'other' }),
    };
    const { lines, failure, summary } = reportOf({ closed: [closed] });
    expect(lines).toContain('  The root key is in private/root.key, which was not opened.');
    expect(failure).toBe(closed.error);
    expect(summary).toContain('❌ not opened: wrong');
  });

  it('keeps a snapshot key that a repository lists until the role is handed over', () => {
    const [targets] = imported(opened(repository.targets, 'targets', [gun]));
    if (!targets) throw new Error('nothing was imported');
    const left: ImportedKey = {
      ...targets,
      usage: [{ gun, roles: ['snapshot'] }],
      purpose: { role: 'snapshot', gun },
      destination: undefined,
      url: undefined,
      state: 'left out',
    };
    const { lines, facts } = reportOf({ keys: [left] });
    expect(lines).toContainEqual(
      expect.stringMatching(/Hand the role to the server with "keys rotate"/),
    );
    expect(facts).toMatchObject({
      oldFiles: [
        {
          path: `private/${repository.targets.keyId}.key`,
          mayBeDestroyed: false,
          why: `it signs the snapshot of ${gun}`,
        },
      ],
    });
  });

  it('gives the old files up only where every key was read back', () => {
    const keys = imported(...all());
    const { lines, failure } = reportOf({ keys });
    expect(failure).toBeUndefined();
    expect(lines.at(-1)).toContain('Every key of /keys.tar.gz');
    const some = reportOf({ keys, unusable: [{ path: 'private/x.key', why: 'is broken' }] });
    expect(some.lines.at(-1)).toBe('To be kept: private/x.key (it was not read).');
    expect(some.failure).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('fails for a repository that was named and not read, not for one that a key names', () => {
    const error = new TrustError('TRUST_PIN_MISMATCH', 'another root', { remedy: 'Look.' });
    const keys = imported(...all());
    const failed = (isNamed: boolean) =>
      reportOf({ keys, loaded: [{ gun, isNamed, view: undefined, error }] }).failure;
    expect(failed(true)).toMatchObject({
      code: 'TRUST_PIN_MISMATCH',
      message: `Every key was imported. Some trust data cannot be read, so it is not known which of the keys is used there. ${gun}: another root.`,
    });
    expect(failed(false)).toBeUndefined();
  });
});
