/**
 * Repositories that the stock Docker CLI has signed, migrated, and content trust switched off for good:
 * judged by notation's own library, and by what the servers hold.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { trustIn } from '../../judges/notation.js';
import { uniqueName } from '../../stack/index.js';
import { expectFailure, expectSuccess, stateOf } from '../expectations.js';
import { createDockerOwner, type DockerOwner } from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost, ProductResult } from '../product.js';
import { createScenario, newPrivateKey } from '../scenario.js';
import { setUp } from '../set-up.js';
import { expireRoles } from '../short-lived.js';
import { prepareNotaryProject } from './certificates.js';

const { stack, scenario, gunOf } = await setUp();
const { registry, vault, signer } = scenario;
const { makeCertificate, subject } = await prepareNotaryProject(scenario);
const certificate = await makeCertificate();
/** Beginning of all names, so that one pattern is for them, and for nothing of other tests. */
const group = uniqueName('team/mig');
const [app, tool, old, plain] = ['app', 'tool', 'old', 'plain'].map(
  (name) => `${group}/${name}`,
) as [string, string, string, string];
const [pattern, server] = [`${gunOf(group)}/*`, registry.loginServer];
const [root = ''] = certificate.chain;
let owner: DockerOwner;
/** What is signed with images that can be migrated, by repository and tag. */
const signed: (readonly [repository: string, tag: string, digest: string])[] = [];

/** Deletes an image by its digest, as whoever cleans up does. */
async function deleteImage(repository: string, digest: string): Promise<void> {
  const cleaner = await registry.principal('AcrPull', 'AcrDelete');
  const { username, password } = cleaner.login;
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const query = `service=${server}&scope=repository:${repository}:delete`;
  const { body } = await stack.ask({
    host: server,
    path: `/oauth2/token?${query}`,
    headers: { authorization: `Basic ${basic}` },
  });
  const { access_token: token } = JSON.parse(body) as { readonly access_token: string };
  const deleted = await stack.ask({
    method: 'DELETE',
    host: server,
    path: `/v2/${repository}/manifests/${digest}`,
    headers: { authorization: `Bearer ${token}` },
  });
  expect(deleted.status, deleted.body).toBe(202);
}

/** A repository whose trust data has expired. */
async function pushExpired(): Promise<void> {
  await pushUnsigned(scenario, old, '1');
  const key = newPrivateKey();
  const { kid } = await stack.azure.importKey({
    vault: vault.name,
    name: uniqueName('k'),
    pem: key,
  });
  const inputs = { command: 'sign', repository: old, tags: '1', 'signing-key': kid };
  const rootKey = await vault.key();
  expectSuccess(await scenario.run({ host: 'cli', inputs: { ...inputs, 'root-key': rootKey } }));
  await expireRoles(stack, gunOf(old), signer.login, { targets: key });
}

beforeAll(async () => {
  const expired = pushExpired();
  owner = await createDockerOwner(scenario, app);
  for (const tag of ['1', '2', 'moved', 'gone']) {
    const digest = await owner.push(tag);
    if (tag === '1' || tag === '2') signed.push([app, tag, digest]);
    if (tag === 'gone') await deleteImage(app, digest);
  }
  await pushUnsigned(scenario, app, 'moved', 'something else');
  const other = await createDockerOwner(scenario, tool);
  const digest = await other.push('1');
  await stack.docker({
    engine: 'docker20',
    args: ['tag', `${gunOf(tool)}:1`, `${gunOf(tool)}:latest`],
  });
  await other.trust('sign', `${gunOf(tool)}:latest`);
  signed.push([tool, '1', digest], [tool, 'latest', digest]);
  await pushUnsigned(scenario, plain, '1');
  await expired;
});

const migrate = (
  host: ProductHost,
  inputs: Readonly<Record<string, string>> = {},
): Promise<ProductResult> =>
  scenario.run({
    host,
    actionFolder: 'actions/migrate',
    inputs: { command: 'migrate', images: pattern, 'signing-key': certificate.url, ...inputs },
  });

const check = (repositories = pattern): Promise<ProductResult> =>
  scenario.run({
    host: 'cli',
    inputs: {
      command: 'migrate',
      images: repositories,
      check: 'true',
      'trusted-certificate': root,
    },
  });

interface MigrationReport {
  readonly counts: Readonly<Record<string, number>>;
  readonly repositories: readonly { readonly gun: string; readonly trustData: string }[];
  readonly switchOff?: { readonly lost: readonly string[] };
}

async function reportOf({ outputs }: ProductResult): Promise<MigrationReport> {
  return JSON.parse(await readFile(outputs['trust-report'] ?? '', 'utf8')) as MigrationReport;
}

/** Whether notation accepts every image, with its tag in the signed metadata. */
async function expectVerified(): Promise<void> {
  const questions = signed.map(
    ([repository, tag, digest]) =>
      ({
        kind: 'verify',
        reference: `${gunOf(repository)}@${digest}`,
        ...scenario.reader.login,
        ...trustIn(root, subject, gunOf(repository)),
        metadata: { [`tag:${tag}`]: gunOf(repository) },
      }) as const,
  );
  const answers = await stack.askNotation(questions);
  expect(answers.map(({ accepted, error }) => error ?? accepted)).toEqual(signed.map(() => true));
}

const trustDataOf = () =>
  Promise.all([app, tool, old].map((repository) => stack.trustState(gunOf(repository))));

describe('a registry that the Docker CLI has signed', () => {
  it('is not safe without content trust before it is migrated', async () => {
    const result = await check();
    expectFailure(result, {
      code: 'MIGRATION_INCOMPLETE',
      message: /not safe to switch content trust off\. Signed tags without .*: 5\./,
      remedy: /run migrate without check/,
      outputs: { 'safe-to-switch-off': 'false', 'missing-signatures': '5' },
    });
  });

  it('is looked at by a dry run, which changes nothing', async () => {
    const before = await stateOf(scenario, app);
    const result = await migrate('cli', { 'dry-run': 'true' });
    expectSuccess(result);
    expect(await reportOf(result)).toMatchObject({
      counts: {
        repositories: 4,
        unsigned: 1,
        signed: 6,
        missing: 4,
        moved: 1,
        gone: 1,
        expired: 1,
      },
    });
    expect(await stateOf(scenario, app)).toEqual(before);
  });

  it('is migrated, though the registry turns requests away', async () => {
    const before = await trustDataOf();
    const target = `${server}/v2/${app}/(manifests|referrers)/`;
    await stack.failNext({
      target,
      times: 6,
      failure: { kind: 'answer', status: 429, headers: { 'retry-after': '1' }, body: '' },
    });
    const mark = await stack.requestMark();
    const result = await migrate('action');
    const asked = await stack.requests({ since: mark, matching: `${server}/v2/${tool}/` });
    // One for each tag, seven for the digest, and three for what all signatures of a repository share.
    expect(asked).toHaveLength(2 + 7 + 3);
    expect(await stack.takeBackFaults(target)).toBe(0);
    expectSuccess(result);
    expect(await reportOf(result)).toMatchObject({
      counts: { signed: 6, both: 4, new: 4, missing: 0, moved: 1, gone: 1, expired: 1, failed: 0 },
      repositories: [
        { gun: gunOf(app), trustData: 'verified' },
        { gun: gunOf(old), trustData: 'expired' },
        { gun: gunOf(tool), trustData: 'verified' },
      ],
    });
    expect(result.output).toContain('trusted on first use');
    await expectVerified();
    expect(await trustDataOf()).toEqual(before);
  });

  it('is left as it is by a second run', async () => {
    const mark = await stack.requestMark();
    const result = await migrate('task');
    expectSuccess(result);
    expect(await reportOf(result)).toMatchObject({ counts: { both: 4, new: 0 } });
    const changes = await stack.requests({
      since: mark,
      matching: `^(POST|PUT|PATCH|DELETE) (${server}/v2/|${vault.url.replace('https://', '')})`,
    });
    expect(changes).toEqual([]);
  });

  it('is safe once the tag that was moved is settled', async () => {
    const refused = await check();
    expectFailure(refused, {
      code: 'MIGRATION_INCOMPLETE',
      message: /: 1\. \S+app:moved \(the tag points to sha256:/,
      outputs: { 'safe-to-switch-off': 'false', 'missing-signatures': '1' },
    });
    await owner.trust('revoke', '--yes', `${gunOf(app)}:moved`);
    const result = await check();
    expectSuccess(result);
    expect(result.outputs['safe-to-switch-off']).toBe('unknown');
    expect(result.output).toMatch(/whole registry: check all of it first/);
    const { switchOff } = await reportOf(result);
    expect(switchOff?.lost.map((line) => line.split(/[ :]/, 1)[0])).toEqual([
      'Tags',
      'Freshness',
      'Thresholds',
      'Consumers',
      'Expired',
      'Deleted',
    ]);
  });

  it('is not called safe where a repository cannot be read', async () => {
    const target = `${server}/v2/${gunOf(tool)}/_trust/tuf/`;
    const failure = { kind: 'answer', status: 500 } as const;
    await stack.failNext({ target, times: 1000, failure });
    const result = await check();
    await stack.takeBackFaults(target);
    expectFailure(result, {
      code: 'MIGRATION_INCOMPLETE',
      message: /could not be checked: 1\. \S+\/tool /,
      outputs: { 'safe-to-switch-off': 'false', 'missing-signatures': '0' },
    });
  });

  it('still verifies when content trust is gone', async () => {
    await stack.azure.updateRegistry(server, { contentTrust: false });
    const [, , digest] = signed[0] ?? [];
    const ref = `${gunOf(app)}:1`;
    const { login } = scenario.reader;
    const pulled = await stack.dockerPull({ engine: 'docker20', ref, login });
    expect(pulled.exitCode, pulled.output).not.toBe(0);
    await expectVerified();
    const verified = await scenario.run({
      host: 'cli',
      inputs: {
        command: 'verify',
        images: `${ref}@${digest ?? ''}`,
        signatures: 'notary-project',
        'trusted-certificate': root,
        'require-signed-tag': 'true',
      },
    });
    expectSuccess(verified);
  });
});

describe('a registry without the referrers API', () => {
  it('is migrated as well, by all parts of a run together', async () => {
    const encrypted = await createScenario(stack);
    const { loginServer } = encrypted.registry;
    await stack.azure.updateRegistry(loginServer, { customerManagedKey: true });
    const project = await prepareNotaryProject(encrypted);
    const { url, chain } = await project.makeCertificate();
    const repository = encrypted.repository();
    const digest = await pushUnsigned(encrypted, repository, '1');
    const keys = {
      'signing-key': await encrypted.vault.key(),
      'root-key': await encrypted.vault.key(),
    };
    const inputs = { command: 'sign', repository, tags: '1', ...keys };
    expectSuccess(await encrypted.run({ host: 'cli', inputs }));
    const parts = await Promise.all(
      ['1/2', '2/2'].map((shard) =>
        encrypted.run({
          host: 'cli',
          inputs: { command: 'migrate', repository, shard, 'signing-key': url },
        }),
      ),
    );
    const made = await Promise.all(
      parts.map(async (part) => {
        expectSuccess(part);
        return (await reportOf(part)).counts.new;
      }),
    );
    expect(made.sort()).toEqual([0, 1]);
    const gun = `${loginServer}/${repository}`;
    const question = {
      kind: 'verify',
      reference: `${gun}@${digest}`,
      ...encrypted.reader.login,
      ...trustIn(chain.join(''), subject, gun),
      metadata: { 'tag:1': gun },
    } as const;
    expect(await stack.askNotation([question])).toMatchObject([{ accepted: true }]);
  });
});
