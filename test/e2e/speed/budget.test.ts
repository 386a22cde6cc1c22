/**
 * What the everyday commands may cost: requests, exchanges one after another, connections. Exact, so
 * that one more of any is seen where it is added. The stack is behind a proxy. Of Entra ID nothing is
 * counted, which all tests ask.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { nobody } from '../identity/signs.js';
import { newPrivateKey, type ScenarioRun } from '../scenario.js';
import { makeKeys, setUp, type Keys } from '../set-up.js';
import { longestChain, named } from './exchanges.js';

const { stack, scenario, gunOf } = await setUp();
const hosts = [scenario.registry.loginServer, new URL(scenario.vault.url).host];
const target = `^(?:${hosts.join('|')})/`;
/** Far more than what lies between two requests, even on a busy machine. */
const DELAY_MS = 2000;

/** Runs the command line while every answer takes its time, and gives what was asked. */
async function runSlowly(run: Omit<ScenarioRun, 'host'>): Promise<readonly FrontRequest[]> {
  const since = await stack.requestMark();
  const failure = { kind: 'delay', delayMs: DELAY_MS } as const;
  await stack.failNext({ target, times: 200, failure });
  expectSuccess(await scenario.run({ host: 'cli', ...run }));
  const requests = await stack.requests({ since });
  return requests.filter(({ host }) => hosts.includes(host));
}

afterEach(() => stack.takeBackFaults(target));

interface Cost {
  readonly requests: number;
  readonly inSequence: number;
  readonly connections: number;
}

function expectCost(requests: readonly FrontRequest[], cost: Cost): void {
  const found = {
    requests: requests.length,
    inSequence: longestChain(requests).length,
    connections: new Set(requests.map(({ connection }) => connection)).size,
  };
  const lines = requests.map((one) => `${one.connection} ${one.host} ${named(one)}`);
  expect.soft(found, lines.join('\n')).toEqual(cost);
}

/** Signs the tag `first`, so that one more tag can be signed. */
async function initialise(repository: string, keys: Keys): Promise<void> {
  await pushUnsigned(scenario, repository, 'first');
  const inputs = { ...keys, command: 'sign', repository, tags: 'first' };
  expectSuccess(await scenario.run({ host: 'cli', inputs }));
}

const tests = { timeout: 120_000 };

describe('with a key in a vault', tests, () => {
  it('one more tag is signed, and verified, at a fixed cost', async () => {
    const repository = scenario.repository();
    const keys = await makeKeys(scenario);
    await initialise(repository, keys);
    for (const tag of ['second', 'third']) await pushUnsigned(scenario, repository, tag);
    const command = { ...keys, command: 'sign' };
    const byTag = await runSlowly({ inputs: { ...command, repository, tags: 'second' } });
    expectCost(byTag, { requests: 15, inSequence: 6, connections: 6 });
    const images = `${gunOf(repository)}:third`;
    const byName = await runSlowly({ inputs: { ...command, registry: undefined, images } });
    expectCost(byName, { requests: 15, inSequence: 6, connections: 6 });
    const inputs = { command: 'verify', registry: undefined, images };
    expectCost(await runSlowly({ inputs }), { requests: 7, inSequence: 3, connections: 5 });
  });
});

// As the Docker CLI does it.
describe('with a key in a file and the login of Docker', tests, () => {
  it('one more tag is signed at a fixed cost', async () => {
    const repository = scenario.repository();
    const folder = await mkdtemp(path.join(stack.info.folder, 'keys-'));
    const keys = {
      'signing-key': path.join(folder, 'signing.pem'),
      'root-key': path.join(folder, 'root.pem'),
    };
    for (const file of Object.values(keys)) await writeFile(file, newPrivateKey(), { mode: 0o600 });
    await initialise(repository, keys);
    await pushUnsigned(scenario, repository, 'second');
    const { loginServer } = scenario.registry;
    const logins = { [loginServer]: scenario.signer.login };
    const dockerConfig = await stack.makeDockerConfig({ logins });
    const login = { ...nobody, 'registry-login': 'existing' };
    const inputs = { ...keys, ...login, command: 'sign', repository, tags: 'second' };
    const requests = await runSlowly({ dockerConfig, inputs });
    expectCost(requests, { requests: 11, inSequence: 4, connections: 5 });
  });
});
