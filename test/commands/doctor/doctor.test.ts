import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { reportOf as reportOfFindings } from '../../../src/commands/doctor/doctor-report.js';
import type { Finding } from '../../../src/diagnosis/index.js';
import { logLines } from '../../../src/report/report.js';
import { createMemorySigner, readKeyFile } from '../../../src/signing/index.js';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type Ran,
  type RegistryScenario,
} from '../support/registry-scenario.js';

const day = 24 * 60 * 60 * 1000;
const repository = 'team/app';
const gun = `${host}/${repository}`;
let scenario: RegistryScenario;
let digest: string;
let signedAt: number;

beforeAll(async () => {
  scenario = await startRegistryScenario();
  digest = scenario.push(repository, ['1']);
  scenario.push(repository, ['unsigned']);
  signedAt = Date.now();
  const signed = await scenario.run('sign', { registry: host, repository, tags: '1' });
  expect(signed.failure).toBeUndefined();
});
afterAll(() => scenario.close());
afterEach(() => {
  vi.useRealTimers();
  scenario.answerWith(() => undefined);
});

const doctor = (inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run('doctor', { registry: host, repository, 'root-key': '', ...inputs });

interface Diagnosis {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

async function diagnosisOf(ran: Ran): Promise<Diagnosis> {
  return (await reportOf(ran)) as unknown as Diagnosis;
}

async function findingOf(ran: Ran, check: string): Promise<Finding | undefined> {
  return (await diagnosisOf(ran)).findings.find((one) => one.check === check);
}

describe('doctor', () => {
  it('passes where a run would sign, and reports each finding', async () => {
    const ran = await doctor();
    expect(ran.failure).toBeUndefined();
    expect(ran.exitCode).toBe(0);
    expect(ran.outputs['failed-checks']).toBeUndefined();
    const { counts, findings } = await diagnosisOf(ran);
    expect(counts.fail).toBe(0);
    expect(counts.pass).toBeGreaterThan(10);
    expect(findings.filter(({ area }) => area === 'trust data')).toMatchObject([
      { check: 'content trust', verdict: 'pass', subject: gun },
      { check: 'root', verdict: 'warn' },
      { check: 'expiry', verdict: 'pass' },
      { check: 'roles', verdict: 'pass' },
      { check: 'server keys', verdict: 'pass' },
      { check: 'ready to sign', verdict: 'pass', facts: { roles: ['targets'] } },
    ]);
    const table = ran.lines.slice(ran.lines.findIndex((line) => line.startsWith('VERDICT')));
    expect(table[0]).toMatch(/^VERDICT +AREA +CHECK +OF +FINDING$/);
    expect(table.filter((line) => line.startsWith('pass '))).toHaveLength(counts.pass ?? 0);
    expect(ran.summary).toContain('| Verdict | Check | Finding and remedy |');
  });

  it('asks Resource Manager for the registry that its service connection names', async () => {
    const registryId =
      '/subscriptions/0000/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/contoso';
    const paths: string[] = [];
    scenario.answerWith((request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/subscriptions/')) paths.push(pathname);
      if (!/\/oauth2\/(?:v2\.0\/token|exchange)$/.test(pathname)) return undefined;
      const token = { token_type: 'Bearer', expires_in: 3599, refresh_token: 'h.p.s' };
      return Promise.resolve(reply(200, JSON.stringify({ ...token, access_token: 'h.p.s' })));
    });
    const id = '11111111-2222-3333-4444-555555555555';
    const login = { kind: 'secret', clientId: id, tenantId: id, clientSecret: 's3cr3t' } as const;
    const registryConnection = { registry: host, registryId, login };
    await scenario.run(
      'doctor',
      { registry: host, repository, 'registry-login': '' },
      { host: () => ({ identity: () => ({ registryConnection }) }) },
    );
    expect(paths).toContain(registryId);
  });

  it('prints a remedy that several findings have once, below all of their names', () => {
    const unknown = { area: 'registry', verdict: 'unknown', reason: 'it may not be read' } as const;
    const { body } = reportOfFindings([
      { ...unknown, check: 'properties', remedy: 'Ask.\nThen run it.' },
      { ...unknown, check: 'network', remedy: 'Look.' },
      { ...unknown, check: 'roles', remedy: 'Ask.\nThen run it.' },
    ]);
    const lines = logLines(body);
    expect(lines.slice(lines.indexOf('unknown registry: properties'))).toEqual([
      'unknown registry: properties',
      'unknown registry: roles',
      '  Ask.',
      '  Then run it.',
      '',
      'unknown registry: network',
      '  Look.',
    ]);
  });

  it('says of what is not given that it is not checked', async () => {
    const ran = await scenario.run('doctor', { 'signing-key': '', 'root-key': '' });
    expect(ran.failure).toBeUndefined();
    const { findings } = await diagnosisOf(ran);
    const missing = findings.filter(({ reason }) => /^not checked: \S+ is not set$/.test(reason));
    expect(missing.map(({ reason }) => reason)).toEqual([
      'not checked: registry is not set',
      'not checked: repository is not set',
      'not checked: signing-key is not set',
    ]);
    expect(missing.every(({ verdict }) => verdict === 'unknown')).toBe(true);
  });

  it('looks at the vault of every input that names one', async () => {
    const ran = await scenario.run('doctor', {
      'client-id': '11111111-2222-3333-4444-555555555555',
      'tenant-id': '66666666-7777-8888-9999-000000000000',
      'client-secret': 'not used anywhere',
      signatures: 'both',
      'signing-key': 'https://a-keys.vault.azure.net/certificates/team-app',
      'root-key': 'https://a-root.vault.azure.net/keys/root',
      'trust-pin': 'https://a-pins.vault.azure.net/keys/root',
      'certificate-chain': 'https://a-chain.vault.azure.net/secrets/chain',
      'timestamp-url': 'http://timestamp.test/',
      'timestamp-root': 'https://a-stamps.vault.azure.net/secrets/root',
      'trusted-certificate': 'https://a-trust.vault.azure.net/certificates/root',
    });
    const { findings } = await diagnosisOf(ran);
    const seen = findings.filter(
      ({ check, reason }) => check === 'network' && reason.includes('vault'),
    );
    expect(seen.map(({ subject }) => subject?.replace('.vault.azure.net', ''))).toEqual([
      ...['a-keys', 'a-root', 'a-pins', 'a-chain', 'a-stamps', 'a-trust'],
    ]);
    expect(findings.find(({ check }) => check === 'trusted certificate')).toMatchObject({
      verdict: 'fail',
    });
  });

  it('asks no more of a principal that only reads', async () => {
    const ran = await doctor({ 'signing-key': '', repository: 'team/none' });
    expect(ran.failure).toBeUndefined();
    expect(await findingOf(ran, 'trust data')).toMatchObject({
      verdict: 'warn',
      code: 'TRUST_DATA_MISSING',
    });
  });

  it('rejects inputs that no run could have, before it looks', async () => {
    const ran = await doctor({ images: 'other.azurecr.io/a', 'registry-id': 'x', tags: '-' });
    expect(ran.failure).toMatchObject({ code: 'INPUT_INVALID' });
    expect(ran.exitCode).toBe(2);
  });

  it('leaves the trust data as it is', async () => {
    const before = scenario.trustOf(repository).stored('targets');
    await doctor({ tags: '1' });
    expect(scenario.trustOf(repository).stored('targets')).toEqual(before);
  });
});

describe('a failed check', () => {
  it('fails the run with its reason and its remedy, in log, summary, output and report', async () => {
    const ran = await doctor({ repository: 'team/none' });
    expect(ran.exitCode).toBe(1);
    // A server that takes trust data has content trust, whatever it has of this repository.
    expect(await findingOf(ran, '31 May 2026')).toMatchObject({ verdict: 'pass' });
    expect(ran.failure).toMatchObject({
      code: 'CHECKS_FAILED',
      message: expect.stringMatching(
        /^1 of \d+ checks failed\. trust data: trust data \(contoso\.azurecr\.io\/team\/none\): none: the repository was never signed/,
      ) as string,
      remedy: expect.stringContaining('acr-content-trust keys init --registry') as string,
    });
    expect(ran.outputs['failed-checks']).toBe(`trust data: trust data (${host}/team/none)`);
    expect(ran.lines).toContain(`fail trust data: trust data (${host}/team/none)`);
    expect(ran.summary).toContain('❌ fail');
    expect(await reportOf(ran)).toMatchObject({
      command: 'doctor',
      outcome: 'failed',
      error: { code: 'CHECKS_FAILED' },
      counts: { fail: 1 },
    });
  });

  it('of trust data that has expired names the role, and who renews it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: signedAt + 1100 * day });
    const ran = await doctor();
    expect(await findingOf(ran, 'expiry')).toMatchObject({
      verdict: 'fail',
      code: 'TRUST_DATA_EXPIRED',
      reason: expect.stringContaining('targets expired at') as string,
    });
    expect(await findingOf(ran, 'ready to sign')).toMatchObject({ verdict: 'unknown' });
  });

  it('of trust data that expires soon is a warning', async () => {
    const ran = await doctor({ 'warn-expiry-days': '1200' });
    expect(ran.failure).toBeUndefined();
    expect(await findingOf(ran, 'expiry')).toMatchObject({
      verdict: 'warn',
      code: 'TRUST_DATA_EXPIRING',
    });
  });

  it('of a pin that is not of this root says so', async () => {
    const ran = await doctor({ 'trust-pin': 'ab'.repeat(32) });
    expect(await findingOf(ran, 'content trust')).toMatchObject({
      verdict: 'fail',
      code: 'TRUST_PIN_MISMATCH',
    });
    expect(await findingOf(ran, 'roles')).toMatchObject({
      verdict: 'unknown',
      reason: 'not checked: reading the trust data failed',
    });
  });

  it('of a key that no role lists says which are listed', async () => {
    const ran = await doctor({ 'signing-key': path.join(scenario.folder, 'root.pem') });
    expect(await findingOf(ran, 'ready to sign')).toMatchObject({
      verdict: 'fail',
      code: 'KEY_NOT_AUTHORIZED',
    });
    expect(await findingOf(ran, 'signing key')).toMatchObject({ verdict: 'pass' });
  });

  it('of a principal that may not publish is told with the role, where a run would meet it', async () => {
    scenario.answerWith((request) =>
      request.url.endsWith('/snapshot.key')
        ? Promise.resolve(reply(401, '{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}'))
        : undefined,
    );
    const ran = await doctor();
    expect(await findingOf(ran, 'server keys')).toMatchObject({
      verdict: 'unknown',
      reason: 'the trust server tells it only to principals that may sign',
    });
    expect(await findingOf(ran, 'ready to sign')).toMatchObject({
      verdict: 'fail',
      code: 'SIGNER_NOT_AUTHORIZED',
      remedy: expect.stringContaining('Assign the role AcrImageSigner') as string,
    });
  });

  it('of a registry without content trust never says to switch it off', async () => {
    scenario.answerWith((request) =>
      request.url.includes('/_trust/') ? Promise.resolve(reply(404)) : undefined,
    );
    const ran = await doctor();
    const found = await findingOf(ran, 'content trust');
    expect(found).toMatchObject({ verdict: 'fail', code: 'CONTENT_TRUST_UNAVAILABLE' });
    expect(found?.remedy).toContain('Never switch the policy off and on');
  });
});

describe('tags', () => {
  it('are told with what they point to and what is signed of them', async () => {
    const { findings } = await diagnosisOf(await doctor({ tags: '1, unsigned, absent' }));
    const of = (tag: string) => findings.find(({ check }) => check === `tag ${tag}`);
    expect(of('1')).toMatchObject({
      verdict: 'pass',
      reason: `${digest}, signed in targets; Notary Project signatures: 0`,
    });
    expect(of('unsigned')).toMatchObject({
      verdict: 'warn',
      reason: expect.stringContaining('is not signed') as string,
    });
    expect(of('absent')).toMatchObject({ verdict: 'pass', reason: 'not there yet' });
  });

  it('that were moved after they were signed are warned of', async () => {
    const moved = 'team/moved';
    scenario.push(moved, ['1']);
    await scenario.run('sign', { registry: host, repository: moved, tags: '1' });
    scenario.push(moved, ['1'], 'other content');
    expect(await findingOf(await doctor({ repository: moved, tags: '1' }), 'tag 1')).toMatchObject({
      verdict: 'warn',
      reason: expect.stringMatching(/^moved: it points to sha256:\S+, and is signed for/) as string,
    });
  });
});

describe('the root', () => {
  it('is pinned by what was given, and else trusted on first use, with what to ask the owner', async () => {
    const pem = await readFile(path.join(scenario.folder, 'root.pem'));
    const context = { source: '', passphrase: undefined, passphraseInput: '' };
    const { keyId } = createMemorySigner(readKeyFile(pem, context).privateKey, 'root');
    expect(await findingOf(await doctor({ 'trust-pin': keyId }), 'root')).toMatchObject({
      verdict: 'pass',
      reason: `pinned by key ID ${keyId}`,
    });
    const found = await findingOf(await doctor(), 'root');
    expect(found?.reason).toContain(`trusted on first use`);
    expect(found?.remedy).toContain(`trust-pin: ${keyId}`);
  });

  it('and the roles are named for owners, whose root key is checked too', async () => {
    await writeFile(path.join(scenario.folder, 'broken.pem'), 'no key');
    const ran = await doctor({ 'root-key': path.join(scenario.folder, 'broken.pem') });
    expect(await findingOf(ran, 'root key')).toMatchObject({ verdict: 'fail' });
    const { findings } = await diagnosisOf(ran);
    expect(findings.find(({ check }) => check === 'ready to sign')).toMatchObject({
      verdict: 'pass',
    });
  });
});
