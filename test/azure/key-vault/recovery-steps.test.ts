import { describe, expect, it } from 'vitest';
import { recoverySteps, type Situation } from '../../../src/azure/key-vault/index.js';
import { TrustError } from '../../../src/errors.js';
import { createProgram } from '../../../src/hosts/cli/program.js';
import { readInputs } from '../../../src/commands/index.js';
import { parseKeyReference, type VaultKeyReference } from '../../../src/signing/index.js';
import {
  assessKeys,
  findingsOf,
  roleExpiries,
  type ExpiryRules,
} from '../../../src/trust/index.js';
import {
  dockerLikeRepository,
  gun,
  inDays,
  now,
  targetOf,
  trustFiles,
  type RepositoryBuilder,
} from '../../trust/repository-builder.js';
import { ecdsaKey, rootKey, type TestKey } from '../../trust/test-keys.js';

const registry = 'contoso.azurecr.io';
const repository = {
  registry,
  repository: 'team/app',
  gun,
  trustServer: `https://${registry}`,
};
const here = `--registry ${registry} --repository team/app`;

interface Case {
  readonly trustServer?: string;
  readonly repository?: RepositoryBuilder;
  readonly held: readonly ('root' | 'targets' | 'alice')[];
  readonly isSnapshotServerManaged?: boolean;
  readonly unopened?: Situation['unopened'];
  readonly withinDays?: number;
}

/** What `keys recover` would say to whoever has some of the keys left. */
function recovery({
  repository: made = dockerLikeRepository(),
  held,
  isSnapshotServerManaged = true,
  unopened = [],
  withinDays = 30,
  trustServer = repository.trustServer,
}: Case) {
  const view = trustFiles(made.build(), { expiry: 'report' });
  const owners = {
    root: made.root.keys,
    targets: made.targetsRole.keys,
    alice: made.delegations.find(({ name }) => name === 'targets/alice')?.keys ?? [],
  };
  const keys = held.flatMap((name) =>
    owners[name].map((key: TestKey, index) => ({ name, index, keyId: key.canonicalId })),
  );
  const holders = keys.map(({ name, index, keyId }) => {
    const suffix = index === 0 ? '' : `-${index + 1}`;
    const url = `https://contoso-${name}.vault.azure.net/keys/${name}${suffix}`;
    return { keyId, description: `the ${name} key`, reference: parseKeyReference(url) };
  });
  const rules: ExpiryRules = { now, withinDays, pins: [], isSnapshotServerManaged };
  const expiries = roleExpiries(view, holders, rules);
  const assessment = assessKeys(view, expiries, holders, rules);
  const steps = recoverySteps({
    repository: { ...repository, trustServer },
    view,
    expiries,
    assessment,
    unopened,
  });
  return { assessment, findings: findingsOf(assessment), steps };
}

type Recovery = ReturnType<typeof recovery>;

const about = ({ findings }: Recovery, what: string): string =>
  findings.find((one) => one.about === what)?.text ?? '';
const commandsOf = ({ steps }: Recovery): readonly string[] =>
  steps.flatMap(({ commands }) => commands);
const day = (days: number): string => inDays(days).toISOString().slice(0, 10);

const everything = ['root', 'targets', 'alice'] as const;

describe('with all keys available', () => {
  it('nothing is lost, and nothing has to be done', () => {
    const found = recovery({ held: everything });
    expect(found.assessment).toMatchObject({ missing: 'nothing', end: undefined });
    expect(found.steps).toEqual([]);
    expect(about(found, 'not available')).toBe('nothing');
    expect(about(found, 'pulling')).toMatch(/^Works\. targets expires first, on 2029-/);
  });

  it('what expires is renewed', () => {
    const made = dockerLikeRepository();
    made.targetsRole.expires = inDays(-1);
    const found = recovery({ repository: made, held: everything });
    expect(about(found, 'pulling')).toBe(
      `Fails: targets expired on ${day(-1)}, so clients refuse every tag.`,
    );
    expect(about(found, 'signing')).toBe('Fails until targets is renewed.');
    expect(commandsOf(found)).toEqual([
      `acr-content-trust keys renew ${here} --keys https://contoso-targets.vault.azure.net/keys/targets`,
    ]);
  });

  it('names the trust server where it is not the usual one', () => {
    const trustServer = 'https://notary.example.com';
    const commands = commandsOf(recovery({ held: [], trustServer }));
    const ours = commands.filter((line) => line.includes('--registry'));
    expect(ours).not.toEqual([]);
    for (const line of ours) expect(line).toContain(`${here} --trust-server ${trustServer} `);
  });

  it('a root certificate near its end takes a rotation', () => {
    const made = dockerLikeRepository();
    made.root.keys = [rootKey(gun, { notAfter: inDays(9) })];
    expect(commandsOf(recovery({ repository: made, held: everything }))).toEqual([
      `acr-content-trust keys rotate ${here} --role root --root-key https://contoso-root.vault.azure.net/keys/root --new-key https://contoso-root.vault.azure.net/keys/root-new --create-key`,
    ]);
  });
});

describe('with the repository key lost and the root key available', () => {
  it('nothing ends: a new repository key takes its place', () => {
    const found = recovery({ held: ['root', 'alice'] });
    expect(found.assessment).toMatchObject({ missing: 'targets', end: undefined });
    expect(about(found, 'not available')).toMatch(/^targets: key [0-9a-f]{64}$/);
    expect(about(found, 'changing keys')).toMatch(/root key can give every role a new key/);
    expect(about(found, 'signing')).toBe(
      'Works with the available keys, into targets/releases, targets/alice.',
    );
    expect(found.steps).toHaveLength(2);
    expect(found.steps[0]?.text).toMatch(/^Look for the missing keys first: targets \(key/);
    expect(found.steps[1]?.commands).toEqual([
      `acr-content-trust keys rotate ${here} --role targets --root-key https://contoso-root.vault.azure.net/keys/root --new-key https://YOUR-VAULT.vault.azure.net/keys/team-app-new --create-key`,
    ]);
  });

  it('an expired root is renewed before it lists the new key', () => {
    const made = dockerLikeRepository();
    made.root.expires = inDays(-3);
    made.targetsRole.expires = inDays(-2);
    const found = recovery({ repository: made, held: ['root', 'alice'] });
    const [, , , renew, rotate] = commandsOf(found);
    expect(renew).toMatch(/keys renew .*--keys https:\/\/contoso-root\.vault/);
    expect(rotate).toMatch(/keys rotate .*--role targets/);
    expect(found.steps.at(-1)?.text).toContain('pulling works again');
  });

  it('says which of several keys goes: one that is not available', () => {
    const made = dockerLikeRepository();
    const [lost, kept] = [ecdsaKey(), ecdsaKey()];
    made.targetsRole.keys = [lost, kept];
    made.targetsRole.threshold = 2;
    const rotate = commandsOf(recovery({ repository: made, held: ['root', 'alice'] })).at(-1);
    expect(rotate).toContain(`--old-key ${[lost.canonicalId, kept.canonicalId].sort()[0] ?? ''} `);
  });

  it('gives as many root keys as the root asks for', () => {
    const made = dockerLikeRepository();
    made.root.keys = [rootKey(gun), rootKey(gun), rootKey(gun)];
    made.root.threshold = 2;
    expect(commandsOf(recovery({ repository: made, held: ['root', 'alice'] })).at(-1)).toContain(
      '--root-key https://contoso-root.vault.azure.net/keys/root --keys https://contoso-root.vault.azure.net/keys/root-2 ',
    );
  });
});

describe('with the root key lost and the repository key available', () => {
  it('signing goes on until the root ends, and then a new repository takes its place', () => {
    const made = dockerLikeRepository();
    made.root.expires = inDays(700);
    const found = recovery({ repository: made, held: ['targets', 'alice'] });
    expect(found.assessment).toMatchObject({
      missing: 'root',
      end: { what: 'root', at: inDays(700) },
    });
    expect(about(found, 'pulling')).toBe(
      `Works until ${day(700)}, when root expires, which the available keys cannot renew: then clients refuse every tag.`,
    );
    expect(about(found, 'signing')).toBe(
      `Works with the available keys until ${day(700)}, into targets, targets/releases, targets/alice.`,
    );
    expect(about(found, 'changing keys')).toMatch(
      /^The repository key can add .* root, targets and snapshot cannot be rotated\.$/,
    );
    const commands = commandsOf(found).slice(3);
    const key = 'https://contoso-targets.vault.azure.net/keys/targets';
    expect(found.steps[1]?.text).toContain(`before ${day(700)}`);
    expect(commands).toEqual([
      `acr-content-trust inspect ${here} --format json > signed-tags.json`,
      `acr-content-trust trust delete ${here} --confirm ${gun}`,
      `acr-content-trust keys init ${here} --root-key https://YOUR-ROOT-VAULT.vault.azure.net/keys/root-new --signing-key ${key}`,
      `acr-content-trust signers add ${here} --signer alice --signer-key PUBLIC-KEY-OF-ALICE --signing-key ${key}`,
      `acr-content-trust sign ${here} --tags 1.0,old --signing-key ${key}`,
      `rm -rf ~/.docker/trust/tuf/${gun}`,
    ]);
  });

  it('the certificate of the root ends it, when that is first', () => {
    const made = dockerLikeRepository();
    made.root.keys = [rootKey(gun, { notAfter: inDays(40) })];
    expect(recovery({ repository: made, held: ['targets'] }).assessment.end).toEqual({
      what: 'root certificate',
      at: inDays(40),
    });
  });

  it('expired targets are still renewed', () => {
    const made = dockerLikeRepository();
    made.targetsRole.expires = inDays(-1);
    expect(commandsOf(recovery({ repository: made, held: ['targets', 'alice'] }))[3]).toMatch(
      /keys renew .*--keys https:\/\/contoso-targets/,
    );
  });

  it('nothing helps any more when the root has expired', () => {
    const made = dockerLikeRepository();
    made.root.expires = inDays(-1);
    const found = recovery({ repository: made, held: ['targets', 'alice'] });
    expect(about(found, 'changing keys')).toBe(
      'Nothing can be changed that a client would accept.',
    );
    expect(found.steps[1]?.text).toContain('reinitialise now');
    expect(commandsOf(found).join('\n')).not.toContain('keys renew');
  });
});

describe('with both lost', () => {
  it('signers go on until targets ends', () => {
    const made = dockerLikeRepository();
    made.targetsRole.expires = inDays(200);
    const alice = made.delegations[1];
    if (alice) alice.expires = inDays(100);
    const found = recovery({ repository: made, held: [] });
    expect(found.assessment).toMatchObject({
      missing: 'root and targets',
      end: { what: 'targets', at: inDays(200) },
      fading: [{ what: 'targets/alice', at: inDays(100) }, { what: 'targets/releases' }],
    });
    expect(about(found, 'available')).toBe('nothing');
    expect(about(found, 'signing')).toMatch(
      new RegExp(
        `^Fails with the available keys\\. The owners of these keys can sign until ${day(200)}: targets/releases: key`,
      ),
    );
    expect(about(found, 'pulling')).toContain(`targets/alice (until ${day(100)})`);
    expect(about(found, 'changing keys')).toMatch(/^Nothing can be changed/);
    expect(commandsOf(found).find((line) => line.includes('--signing-key'))).toContain(
      '--signing-key https://YOUR-VAULT.vault.azure.net/keys/team-app-new',
    );
  });

  it('a signer with a key signs on', () => {
    const found = recovery({ held: ['alice'] });
    expect(about(found, 'signing')).toMatch(
      /^Works with the available keys until \S+, into targets\/releases, targets\/alice\.$/,
    );
  });
});

describe('with the key of a signer lost', () => {
  it('the repository key puts a new one in its place, in releases as well', () => {
    const found = recovery({ held: ['root', 'targets'] });
    expect(found.assessment).toMatchObject({ missing: 'delegations', fading: [] });
    expect(found.steps.at(-1)?.commands).toEqual([
      `acr-content-trust keys rotate ${here} --role targets/alice --signing-key https://contoso-targets.vault.azure.net/keys/targets --new-key https://YOUR-VAULT.vault.azure.net/keys/team-app-alice-new --create-key`,
    ]);
  });
});

describe('with the snapshot key at a client', () => {
  it('nothing can be published before the root key hands the role over', () => {
    const found = recovery({ held: everything, isSnapshotServerManaged: false });
    expect(found.assessment).toMatchObject({ isSnapshotWithClient: true });
    expect(about(found, 'signing')).toMatch(/^Fails here: a client keeps the snapshot key/);
    expect(commandsOf(found)).toEqual([
      `acr-content-trust keys rotate ${here} --role snapshot --root-key https://contoso-root.vault.azure.net/keys/root`,
    ]);
  });

  it('and the root key lost, everything ends with the first of its roles', () => {
    const made = dockerLikeRepository();
    made.snapshot.expires = inDays(60);
    const found = recovery({
      repository: made,
      held: ['targets', 'alice'],
      isSnapshotServerManaged: false,
    });
    expect(found.assessment.end).toEqual({ what: 'snapshot', at: inDays(60) });
    expect(about(found, 'changing keys')).toMatch(
      /^Nothing can be changed: a client keeps the snapshot key/,
    );
    expect(found.steps[1]?.text).toContain(`reinitialise before ${day(60)}`);
    expect(commandsOf(found).join('\n')).not.toContain('keys renew');
  });
});

describe('looking for the key', () => {
  const reference = parseKeyReference(
    'https://contoso-keys.vault.azure.net/keys/app',
  ) as VaultKeyReference;
  const error = new TrustError('KEY_NOT_FOUND', 'it does not exist', { remedy: 'Look again.' });
  const name = 'https://contoso-keys.vault.azure.net/keys/app';

  it('begins with what its vault can recover', () => {
    const found = recovery({
      held: ['root', 'alice'],
      unopened: [{ name, reference, error, isRecoverable: true }],
    });
    expect(found.steps[0]?.text).toContain(`${name} was deleted, and its vault can recover it.`);
    expect(found.steps[0]?.commands).toEqual([
      'az keyvault key recover --vault-name contoso-keys --name app',
      'acr-content-trust keys restore --archive BACKUP-FOLDER --vault https://contoso-keys.vault.azure.net',
      `acr-content-trust keys import ${here} --archive KEY-FOLDER-OR-TAR-GZ --vault https://contoso-keys.vault.azure.net`,
    ]);
    expect(commandsOf(found).at(-1)).toContain(
      '--new-key https://contoso-keys.vault.azure.net/keys/team-app-new ',
    );
  });

  it('asks the vault for deleted keys where it did not say', () => {
    const found = recovery({
      held: ['root', 'alice'],
      unopened: [{ name, reference, error, isRecoverable: false }],
    });
    expect(found.steps[0]?.commands[0]).toBe(
      'az keyvault key list-deleted --vault-name contoso-keys',
    );
  });
});

describe('the commands of the steps', () => {
  const near = dockerLikeRepository();
  near.root.keys = [rootKey(gun, { notAfter: inDays(9) }), rootKey(gun, { notAfter: inDays(8) })];
  near.root.threshold = 2;
  near.targetsRole.expires = inDays(2);
  const cases: readonly Case[] = [
    { repository: near, held: everything },
    { held: everything, isSnapshotServerManaged: false },
    { held: ['root'] },
    { held: ['targets'] },
    { held: ['root', 'targets'] },
    { held: [] },
  ];

  it.each(cases)('are understood by the command line: $held', async (one) => {
    const asked: string[] = [];
    const lines = commandsOf(recovery(one)).filter((line) => line.startsWith('acr-content-trust '));
    for (const line of lines) {
      const [, ...args] = line.replace(/ > .*$/, '').split(' ');
      const program = createProgram(({ command, options }) => {
        readInputs(command, 'cli', (name) => options.get(name) ?? '');
        asked.push(line);
        return Promise.resolve();
      });
      await program.exitOverride().parseAsync(args, { from: 'user' });
    }
    expect(asked).toEqual(lines);
    expect(lines.length).toBeGreaterThan(0);
  });
});

describe('a repository with many tags', () => {
  it('has not too many of them in a command', () => {
    const made = dockerLikeRepository();
    made.targets = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`t${index}`, targetOf(String(index))]),
    );
    const commands = commandsOf(recovery({ repository: made, held: [] }));
    expect(commands.find((line) => line.includes(' sign '))).toContain(',AND-SO-ON');
  });
});
