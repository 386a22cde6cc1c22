/** Trust data that has really expired, and is renewed; judged by stock clients. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, type Principal, type RunResult } from '../../stack/index.js';
import { anyText, expectFailure, expectSuccess, stateOf } from '../expectations.js';
import { createNotaryOwner } from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { setUp } from '../set-up.js';
import { expireRoles } from '../short-lived.js';
import { credentialsOf, newPrivateKey } from '../scenario.js';

const { stack, scenario, gunOf, publishesSince } = await setUp();
const { registry, vault, reader } = scenario;

/** A key in the vault that the test has as well, as its owner would have to expire things. */
interface OwnedKey {
  readonly pem: string;
  readonly kid: string;
}

async function ownedKey(vaultName = vault.name): Promise<OwnedKey> {
  const pem = newPrivateKey();
  const { kid } = await stack.azure.importKey({ vault: vaultName, name: uniqueName('key'), pem });
  return { pem, kid };
}

const repositories = {
  targets: scenario.repository(),
  releases: scenario.repository(),
  root: scenario.repository(),
};
const all = Object.values(repositories);
const digests = new Map<string, string>();
let keys: Readonly<Record<'root' | 'targets' | 'ci', OwnedKey>>;
let returningClient: string;
let watcher: Principal;

beforeAll(async () => {
  const owned = [await ownedKey(), await ownedKey(), await ownedKey()] as const;
  keys = { root: owned[0], targets: owned[1], ci: owned[2] };
  const given = { 'signing-key': keys.targets.kid, 'root-key': keys.root.kid };
  for (const repository of all)
    digests.set(repository, await pushUnsigned(scenario, repository, '1'));
  const { targets, releases, root } = repositories;
  for (const inputs of [
    { ...given, command: 'sign', images: [targets, root].map((one) => `${gunOf(one)}:1`).join() },
    { ...given, command: 'keysInit', repository: releases },
    {
      command: 'signersAdd',
      repository: releases,
      'signing-key': keys.targets.kid,
      signer: 'ci',
      'signer-key': keys.ci.kid,
    },
    { command: 'sign', repository: releases, tags: '1', 'signing-key': keys.ci.kid },
  ]) {
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
  }
  returningClient = await stack.makeDockerConfig({
    logins: { [registry.loginServer]: reader.login },
  });
  // A role that may read keys and do nothing with them.
  watcher = await registry.principal('AcrPull');
  await stack.azure.assignRole({
    principalId: watcher.clientId,
    role: 'Key Vault Reader',
    scope: vault.id,
  });
});

/** Pulls with everything that was seen before. */
async function pullsAgain(repository: string): Promise<RunResult> {
  const ref = `${gunOf(repository)}:1`;
  await stack.docker({ engine: 'docker26', args: ['image', 'rm', '--force', ref] });
  return stack.docker({
    engine: 'docker26',
    args: ['pull', ref],
    config: returningClient,
    trust: true,
  });
}

/** Pulls with an empty configuration, and again. */
async function pulls(repository: string): Promise<readonly RunResult[]> {
  const ref = `${gunOf(repository)}:1`;
  return [
    await stack.dockerPull({ engine: 'docker20', ref, login: reader.login }),
    await pullsAgain(repository),
  ];
}

async function expectPulled(repository: string): Promise<void> {
  for (const pulled of await pulls(repository)) {
    expect(pulled.exitCode, pulled.output).toBe(0);
    expect(pulled.output).toContain(digests.get(repository));
  }
}

async function expectRefused(repository: string, reason: RegExp): Promise<void> {
  for (const pulled of await pulls(repository)) {
    expect(pulled.exitCode, pulled.output).not.toBe(0);
    expect(pulled.output).toMatch(reason);
  }
}

interface Document {
  readonly signed: { readonly version: number; readonly expires: string };
}

/** What the files of a role say besides version and end; and these two. */
async function bodyOf(repository: string, role: string) {
  const state = await stack.trustState(gunOf(repository));
  const text = Buffer.from(state[role] ?? '', 'base64').toString('utf8');
  const { version, expires, ...content } = (JSON.parse(text) as Document).signed;
  return { version, expires, content };
}

describe('trust data that expires', () => {
  const expiring: Readonly<Record<string, readonly string[]>> = {
    [repositories.targets]: ['targets'],
    [repositories.releases]: ['targets/ci', 'targets/releases'],
    [repositories.root]: ['root'],
  };
  const before = new Map<string, Awaited<ReturnType<typeof bodyOf>>>();
  const eachRole = Object.entries(expiring).flatMap(([repository, roles]) =>
    roles.map((role) => [repository, role] as const),
  );

  it('is refused by stock clients', async () => {
    for (const repository of all) expect((await pullsAgain(repository)).exitCode).toBe(0);
    const { login } = scenario.signer;
    const { root, targets, ci } = keys;
    const jobs: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      [repositories.targets, { targets: targets.pem }],
      [repositories.releases, { 'targets/ci': ci.pem, 'targets/releases': ci.pem }],
      [repositories.root, { root: root.pem }],
    ];
    await Promise.all(
      jobs.map(([repository, pems]) => expireRoles(stack, gunOf(repository), login, pems)),
    );
    await expectRefused(repositories.targets, /targets expired at/);
    await expectRefused(repositories.releases, /No valid trust data for 1|expired/);
    await expectRefused(repositories.root, /root expired at|trusted root/);
    for (const [repository, role] of eachRole) {
      before.set(`${repository} ${role}`, await bodyOf(repository, role));
    }
  });

  it('fails the status, which names who can renew it, for whoever may only look', async () => {
    const result = await scenario.run({
      host: 'action',
      actionFolder: 'actions/keys',
      inputs: {
        command: 'status',
        ...credentialsOf(watcher),
        repository: [...all, scenario.repository()].join(),
        keys: `${vault.url},${keys.root.kid}`,
      },
    });
    expectFailure(result, {
      code: 'TRUST_DATA_EXPIRED',
      message: /4 of 4 repositories: each needs attention\./,
      remedy: /Run "keys renew" with the available keys: /,
      outputs: { 'first-expiry': anyText },
    });
    expect(result.output).toContain('has no trust data');
    const report = JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as {
      readonly repositories: readonly {
        readonly gun: string;
        readonly roles: readonly Record<string, unknown>[];
      }[];
    };
    for (const [repository, role] of eachRole) {
      const facts = report.repositories.find(({ gun }) => gun === gunOf(repository))?.roles;
      expect(facts?.find((one) => one.role === role && one.part === 'file')).toMatchObject({
        state: 'expired',
        days: -1,
        renewableBy: 'keys',
      });
    }
    expect(new Date(result.outputs['first-expiry'] ?? '').getTime()).toBeLessThan(Date.now());
    expect(result.summary).toMatch(/❌ expired/);
  });

  it('is renewed as far as the keys go, and the run says which others it takes', async () => {
    const mark = await stack.requestMark();
    const result = await scenario.run({
      host: 'cli',
      inputs: {
        command: 'keysRenew',
        registry: undefined,
        images: all.map(gunOf).join(),
        keys: keys.ci.kid,
      },
    });
    expectFailure(result, {
      code: 'KEY_NOT_AUTHORIZED',
      message: /cannot renew all of \S+: targets \(expired on [-\d]+\) needs key [0-9a-f]{64}/,
      remedy: /"keys recover"/,
      outputs: {
        'first-expiry': anyText,
        'renewed-roles': ['ci', 'releases']
          .map((role) => `${gunOf(repositories.releases)} targets/${role}`)
          .join('\n'),
      },
    });
    expect(await publishesSince(mark, repositories.releases)).toHaveLength(1);
    expect(await publishesSince(mark, repositories.targets)).toEqual([]);
  });

  it('is renewed through the task, with nothing else changed', async () => {
    const inputs = {
      command: 'keysRenew',
      repository: all.join(),
      keys: [keys.targets.kid, keys.root.kid].join('\n'),
    };
    const states = () => Promise.all(all.map((repository) => stateOf(scenario, repository)));
    const expired = await states();
    const dry = await scenario.run({ host: 'task', inputs: { ...inputs, 'dry-run': 'true' } });
    expectSuccess(dry);
    expect(dry.output).toMatch(/would be renewed by Key Vault key/);
    expect(await states()).toEqual(expired);

    const result = await scenario.run({ host: 'task', inputs });
    expectSuccess(result);
    expect(result.outputs['renewed-roles']?.split('\n')).toEqual([
      `${gunOf(repositories.targets)} targets`,
      `${gunOf(repositories.root)} root`,
    ]);
    for (const repository of all) await expectPulled(repository);
    const { login } = reader;
    for (const repository of [repositories.targets, repositories.root]) {
      const listed = await stack.notaryList({ ref: gunOf(repository), login });
      expect(listed.map(({ name }) => name)).toEqual(['1']);
    }
    for (const [repository, role] of eachRole) {
      const [was, is] = [before.get(`${repository} ${role}`), await bodyOf(repository, role)];
      expect(is.content).toEqual(was?.content);
      expect(is.version).toBe((was?.version ?? 0) + 1);
      const years = (Date.parse(is.expires) - Date.now()) / (365 * 86_400_000);
      expect(years).toBeCloseTo(role === 'root' ? 10 : 3, 2);
    }

    const renewed = await states();
    const again = await scenario.run({ host: 'task', inputs });
    expectSuccess(again);
    expect(again.outputs['renewed-roles']).toBe('');
    expect(again.output).toContain('Nothing was changed.');
    expect(await states()).toEqual(renewed);
  });
});

describe('the status of what lasts', () => {
  it('succeeds, and fails when asked to look further ahead', async () => {
    const inputs = {
      command: 'keysStatus',
      repository: repositories.targets,
      'signing-key': keys.targets.kid,
      ...credentialsOf(watcher),
    };
    const sound = await scenario.run({ host: 'cli', inputs });
    expectSuccess(sound);
    expect(Date.parse(sound.outputs['first-expiry'] ?? '')).toBeGreaterThan(Date.now());
    const far = { ...inputs, 'warn-expiry-days': '2000' };
    expectFailure(await scenario.run({ host: 'task', inputs: far }), {
      code: 'TRUST_DATA_EXPIRING',
      message: /expires within 2000 days: targets on 20\d\d-/,
      outputs: { 'first-expiry': anyText },
    });
  });
});

describe('the status of a repository whose snapshot key its owner kept', () => {
  it('leads to the rotation that hands it over', async () => {
    const repository = scenario.repository();
    const { notary } = await createNotaryOwner(scenario, repository);
    await notary('init', gunOf(repository));
    await notary('publish', gunOf(repository));
    const result = await scenario.run({
      host: 'cli',
      inputs: { command: 'keysStatus', repository, 'warn-expiry-days': '2000' },
    });
    expectFailure(result, {
      code: 'TRUST_DATA_EXPIRING',
      message: /targets on 20\d\d-\S+, snapshot on 20\d\d-/,
      remedy: /"keys rotate --role snapshot" with key [0-9a-f]{64}/,
      outputs: { 'first-expiry': anyText },
    });
    expect(result.output).toMatch(/timestamp +\S+ +13 +valid +the server/);
  });
});

describe('the recovery from lost keys', () => {
  it('is told by the keys that are left, and works for a lost repository key', async () => {
    const rootVault = uniqueName('root');
    const { id } = await stack.azure.createVault({ name: rootVault });
    const role = 'Key Vault Crypto User';
    await stack.azure.assignRole({ principalId: scenario.signer.clientId, role, scope: id });
    const lost = await ownedKey();
    const root = await ownedKey(rootVault);
    const repository = scenario.repository();
    await pushUnsigned(scenario, repository, '1');
    const given = { repository, 'signing-key': lost.kid, 'root-key': root.kid };
    const sign = { command: 'sign', tags: '1', ...given };
    expectSuccess(await scenario.run({ host: 'cli', inputs: sign }));
    const name = /\/keys\/([^/]+)/.exec(lost.kid)?.[1] ?? '';
    await stack.azure.softDeleteKey(vault.name, name);

    const state = await stateOf(scenario, repository);
    const told = await scenario.run({ host: 'cli', inputs: { command: 'keysRecover', ...given } });
    expectSuccess(told);
    expect(told.output).toMatch(/not available +targets: key [0-9a-f]{64}/);
    expect(told.output).toMatch(/pulling +Works\. targets expires first, on/);
    expect(told.output).toContain(
      `keys rotate --registry ${registry.loginServer} --repository ${repository} --role targets --root-key ${root.kid} `,
    );
    expect(told.output).toContain(
      `az keyvault key recover --vault-name ${vault.name} --name ${name}`,
    );
    expect(told.summary).toContain('1. Look for the missing keys');
    expect(await stateOf(scenario, repository)).toEqual(state);

    const rootless = { command: 'keysLost', ...given, 'root-key': undefined };
    const worse = await scenario.run({ host: 'task', inputs: rootless });
    expectSuccess(worse);
    expect(worse.output).toContain('The command "keysLost" is now "keysRecover".');
    expect(worse.output).toMatch(/Works until 20\d\d-\d\d-\d\d, when targets expires/);
    expect(worse.output).toContain(
      `trust delete --registry ${registry.loginServer} --repository ${repository} --confirm ${gunOf(repository)}`,
    );

    const key = await vault.key();
    const rotate = { command: 'keysRotate', repository, role: 'targets', 'new-key': key };
    const inputs = { ...rotate, 'root-key': root.kid };
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
    const again = { command: 'keysRecover', repository, 'root-key': root.kid, 'signing-key': key };
    const settled = await scenario.run({ host: 'cli', inputs: again });
    expectSuccess(settled);
    expect(settled.output).toContain('Nothing has to be done.');
  });
});
