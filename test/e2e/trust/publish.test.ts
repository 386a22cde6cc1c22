/** The native publisher against the real notary-server, with the stock clients as judges. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  connectStack,
  createTestRegistry,
  run,
  uniqueName,
  type Principal,
  type TestRegistry,
} from '../../stack/index.js';
import type { Job, Outcome } from './driver.js';

const stack = connectStack(inject('stack'));
const projectRoot = path.resolve(import.meta.dirname, '../../..');
let registry: TestRegistry;
let signer: Principal;

beforeAll(async () => {
  registry = await createTestRegistry(stack);
  signer = await registry.principal('AcrPush', 'AcrImageSigner');
});

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const content = (letter: string) => ({ digest: `sha256:${letter.repeat(64)}`, length: 523 });
const newGun = () => `${registry.loginServer}/${uniqueName('team/app')}`;

async function publish(job: Omit<Job, 'host' | 'login'>, principal = signer): Promise<Outcome[]> {
  const whole: Job = { ...job, host: registry.loginServer, login: principal.login };
  const driver = path.join(import.meta.dirname, 'driver.ts');
  const result = await run(process.execPath, ['--import', 'tsx', driver], {
    cwd: projectRoot,
    env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: stack.info.folder },
    input: JSON.stringify(whole),
  });
  expect(result.exitCode, result.output).toBe(0);
  return JSON.parse(result.stdout) as Outcome[];
}

async function listed(gun: string): Promise<Record<string, string>> {
  const rows = await stack.notaryList({ ref: gun, login: signer.login });
  return Object.fromEntries(rows.map(({ name, role }) => [name, role]));
}

describe('a repository that we initialise', () => {
  it('is accepted by the notary and Docker command lines, tags and all', async () => {
    const gun = newGun();
    const keys = { root: pem(ecKey().privateKey), key: pem(ecKey().privateKey) };
    expect(
      await publish({ gun, ...keys, publishers: [{ '1': content('a'), latest: content('a') }] }),
    ).toEqual([{ created: true, roles: ['targets'], attempts: 1 }]);
    expect(await listed(gun)).toEqual({ '1': 'targets', latest: 'targets' });
    const inspection = await stack.dockerTrustInspect({
      engine: 'docker26',
      ref: gun,
      login: signer.login,
    });
    expect(inspection?.SignedTags.map(({ SignedTag, Digest }) => [SignedTag, Digest])).toEqual([
      ['1', 'a'.repeat(64)],
      ['latest', 'a'.repeat(64)],
    ]);
  });

  it('stands with RSA keys as well', async () => {
    const gun = newGun();
    const rsa = () => pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
    const job = { gun, root: rsa(), key: rsa() };
    await publish({ ...job, publishers: [{ '1': content('a') }] });
    await publish({ ...job, publishers: [{ '2': content('b') }] });
    expect(await listed(gun)).toEqual({ '1': 'targets', '2': 'targets' });
  });

  it('is read and written in as few rounds as it takes', async () => {
    const gun = newGun();
    const job = { gun, root: pem(ecKey().privateKey), key: pem(ecKey().privateKey) };
    await publish({ ...job, publishers: [{ '1': content('a') }] });
    const mark = await stack.requestMark();
    await publish({ ...job, publishers: [{ '2': content('b') }] });
    // Other tests share the stack.
    const seen = await stack.requests({ since: mark, matching: `/${gun}/_trust/` });
    const files = (pattern: RegExp) => seen.filter(({ path: p }) => pattern.test(p)).length;
    // Look ahead, before signing, and as a fresh client afterwards; nothing is asked for by hash.
    expect(files(/\/timestamp\.json$/)).toBe(3);
    expect(files(/\.[0-9a-f]{64}\.json$/)).toBe(0);
    expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('is not published to again when the tags stand there', async () => {
    const gun = newGun();
    const job = {
      gun,
      root: pem(ecKey().privateKey),
      key: pem(ecKey().privateKey),
      publishers: [{ '1': content('a') }],
    };
    await publish(job);
    const before = await stack.trustState(gun);
    expect(await publish(job)).toMatchObject([
      { created: false, attempts: 0, alreadySigned: true },
    ]);
    expect(await stack.trustState(gun)).toEqual(before);
  });
});

describe('eight publishers at once', () => {
  it('all succeed from the first root on, and nothing is lost', async () => {
    const gun = newGun();
    const names = Array.from({ length: 8 }, (_, i) => `t${i}`);
    const outcomes = await publish({
      gun,
      root: pem(ecKey().privateKey),
      key: pem(ecKey().privateKey),
      publishers: names.map((name) => ({ [name]: content('c') })),
    });
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes.filter(({ created }) => created === true)).toHaveLength(1);
    expect(Object.keys(await listed(gun)).sort()).toEqual(names);
  });
});

describe('a repository that the notary command line made', () => {
  it('is extended, and its owner and we go on side by side', async () => {
    const gun = newGun();
    const trustDir = await stack.makeTrustDir();
    const notary = async (...args: string[]) => {
      const result = await stack.notary({
        ref: gun,
        login: signer.login,
        trustDir,
        args: () => args,
        env: {
          NOTARY_ROOT_PASSPHRASE: 'root passphrase',
          NOTARY_TARGETS_PASSPHRASE: 'targets passphrase',
          NOTARY_SNAPSHOT_PASSPHRASE: 'snapshot passphrase',
        },
      });
      expect(result.exitCode, result.output).toBe(0);
    };
    const { privateKey, publicKey } = ecKey();
    const publicFile = path.join(trustDir, 'ci.pub');
    await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
    const job = { gun, key: pem(privateKey), publishers: [{ ours: content('a') }] };

    await notary('init', gun);
    await notary('publish', gun);
    expect(await publish(job)).toMatchObject([{ error: 'KEY_NOT_AUTHORIZED' }]);

    for (const role of ['targets/releases', 'targets/ci']) {
      await notary('delegation', 'add', gun, role, publicFile, '--all-paths', '--publish');
    }
    const before = await stack.trustState(gun);
    expect(await publish(job)).toMatchObject([{ error: 'TRUST_SERVER_REJECTED' }]);
    expect(await stack.trustState(gun)).toEqual(before);

    await notary('key', 'rotate', gun, 'snapshot', '--server-managed');
    await notary('addhash', gun, 'theirs', '77', '--sha256', 'b'.repeat(64), '--publish');
    expect(await publish(job)).toMatchObject([{ roles: ['targets/ci', 'targets/releases'] }]);
    await notary('addhash', gun, 'more', '77', '--sha256', 'd'.repeat(64), '--publish');
    expect(await listed(gun)).toEqual({
      ours: 'targets/releases',
      theirs: 'targets',
      more: 'targets',
    });
  });
});

describe('a repository that the Docker command line made', () => {
  it('is extended in the role of a signer that its owner added, which Docker then shows', async () => {
    const gun = newGun();
    const context = await stack.makeImageContext(gun);
    const config = await stack.makeDockerConfig({
      logins: { [registry.loginServer]: signer.login },
    });
    const docker = async (...args: string[]) => {
      const result = await stack.docker({
        engine: 'docker20',
        args,
        config,
        trust: args[0] === 'push',
        env: {
          DOCKER_BUILDKIT: '0',
          DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root passphrase',
          DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository passphrase',
        },
      });
      expect(result.exitCode, result.output).toBe(0);
    };
    const { privateKey, publicKey } = ecKey();
    const publicFile = path.join(context, 'ci.pub');
    await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
    await docker('build', '-t', `${gun}:theirs`, context);
    await docker('push', `${gun}:theirs`);
    await docker('trust', 'signer', 'add', '--key', publicFile, 'ci', gun);

    const job = { gun, key: pem(privateKey), publishers: [{ ours: content('a') }] };
    expect(await publish(job)).toMatchObject([{ roles: ['targets/ci', 'targets/releases'] }]);
    const inspection = await stack.dockerTrustInspect({
      engine: 'docker26',
      ref: gun,
      login: signer.login,
    });
    expect(inspection?.SignedTags).toMatchObject([
      { SignedTag: 'ours', Digest: 'a'.repeat(64), Signers: ['ci'] },
      { SignedTag: 'theirs', Signers: ['Repo Admin'] },
    ]);
  });
});

describe('without the right to sign', () => {
  it('is refused by the real server, and nothing changes', async () => {
    const gun = newGun();
    const pusher = await registry.principal('AcrPush');
    const keys = { root: pem(ecKey().privateKey), key: pem(ecKey().privateKey) };
    const [outcome] = await publish({ gun, ...keys, publishers: [{ '1': content('a') }] }, pusher);
    expect(outcome?.error).toBe('SIGNER_NOT_AUTHORIZED');
    expect(await stack.trustState(gun)).toEqual({});
  });
});

describe('over a connection that breaks', () => {
  it('recognises a publish whose answer was cut off, and sends again one that was', async () => {
    const gun = newGun();
    const job = { gun, root: pem(ecKey().privateKey), key: pem(ecKey().privateKey) };
    const target = `${gun}/_trust/tuf/$`;
    await stack.failNext({ target, method: 'POST', failure: { kind: 'cut', afterServer: true } });
    expect(await publish({ ...job, publishers: [{ '1': content('a') }] })).toEqual([
      { created: true, roles: ['targets'], attempts: 1 },
    ]);
    await stack.failNext({ target, method: 'POST', failure: { kind: 'cut', afterServer: true } });
    expect(await publish({ ...job, publishers: [{ '2': content('a') }] })).toMatchObject([
      { created: false, attempts: 1, alreadySigned: false },
    ]);
    await stack.failNext({ target, method: 'POST', failure: { kind: 'cut' } });
    expect(await publish({ ...job, publishers: [{ '3': content('a') }] })).toMatchObject([
      { attempts: 2 },
    ]);
    expect(Object.keys(await listed(gun)).sort()).toEqual(['1', '2', '3']);
  });
});
