/** What the shipped product says of set-ups that are right, and of those that usually are not. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/diagnosis/index.js';
import { uniqueName, type Principal } from '../../stack/index.js';
import { expectFailure, expectSuccess, stateOf } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost, ProductResult } from '../product.js';
import { credentialsOf, newPrivateKey } from '../scenario.js';
import { setUp } from '../set-up.js';
import { expireRoles } from '../short-lived.js';

const { stack, scenario, gunOf } = await setUp();
const { registry, vault, signer } = scenario;
const repository = scenario.repository();
const expiring = scenario.repository();
let signingKey: string;
let pem: string;
let before: unknown;

beforeAll(async () => {
  pem = newPrivateKey();
  const name = uniqueName('key');
  ({ kid: signingKey } = await stack.azure.importKey({ vault: vault.name, name, pem }));
  for (const one of [repository, expiring]) await pushUnsigned(scenario, one, '1');
  const images = [repository, expiring].map((one) => `${gunOf(one)}:1`).join();
  const inputs = {
    command: 'sign',
    images,
    'signing-key': signingKey,
    'root-key': await vault.key(),
  };
  expectSuccess(await scenario.run({ host: 'cli', inputs }));
  before = await stateOf(scenario, repository);
});

interface Seen {
  readonly result: ProductResult;
  readonly findings: readonly Finding[];
  /** What was found by this check; of several the first. */
  readonly of: (check: string) => Finding | undefined;
  readonly failed: readonly string[];
}

/** Runs `doctor`, which changes nothing, and tells nothing that is secret. */
async function doctor(
  inputs: Readonly<Record<string, string | undefined>> = {},
  { host = 'cli', ...options }: { readonly host?: ProductHost; readonly docker?: 'docker26' } = {},
): Promise<Seen> {
  const given = { repository, tags: '1', 'signing-key': signingKey, ...inputs };
  const action = host === 'action' && { actionFolder: 'actions/doctor' };
  const command = action ? undefined : 'doctor';
  const result = await scenario.run({ host, ...options, ...action, inputs: { ...given, command } });
  const report = await readFile(result.outputs['trust-report'] ?? '', 'utf8');
  const { findings } = JSON.parse(report) as { readonly findings: readonly Finding[] };
  // Hosts are told what to mask in lines of their own.
  const said = result.output.replace(/^(?:##vso\[task\.setsecret\]|::add-mask::).*$/gm, '');
  const everything = `${said}${report}${result.summary}`;
  expect(/\bey[\w-]{20,}\.ey[\w-]{20,}/.test(everything), 'a token').toBe(false);
  expect(everything.includes(signer.clientSecret), 'the secret').toBe(false);
  expect(await stateOf(scenario, repository)).toEqual(before);
  return {
    result,
    findings,
    of: (check) => findings.find((one) => one.check === check),
    failed: findings.flatMap(({ verdict, check }) => (verdict === 'fail' ? [check] : [])),
  };
}

/** A principal of the vault with other roles on the registry. */
async function member(...roles: readonly string[]): Promise<Principal> {
  const principal = await registry.principal(...roles);
  const grant = { principalId: principal.clientId, role: 'Key Vault Crypto User', scope: vault.id };
  await stack.azure.assignRole(grant);
  return principal;
}

describe('a set-up that is right', () => {
  it.each(['cli', 'action', 'task'] as const)('passes on the %s', async (host) => {
    const { result, failed, of } = await doctor({}, { host, docker: 'docker26' });
    expect(failed, result.output).toEqual([]);
    expectSuccess(result);
    expect(of('Docker engine')).toMatchObject({ verdict: 'pass' });
    expect(of('ready to sign')).toMatchObject({ verdict: 'pass', facts: { roles: ['targets'] } });
    expect(of('signing key: signature')).toMatchObject({ verdict: 'pass' });
    expect(of('tag 1')).toMatchObject({ verdict: 'pass' });
    // Who signs may not read properties, and nothing is claimed of them.
    expect(of('properties')).toMatchObject({ verdict: 'unknown' });
    expect(result.summary).toMatch(/\| ✅ pass \| trust data: /);
  });
});

describe('a set-up that is wrong', () => {
  it('by a role is told with the line that assigns it', async () => {
    const principal = await member('AcrPush');
    const { result, failed, of } = await doctor({
      ...credentialsOf(principal),
      'registry-id': registry.id,
    });
    expect(failed).toEqual(['role to sign', 'ready to sign']);
    const line = `az role assignment create --scope ${registry.id} --role AcrImageSigner --assignee ${principal.clientId}`;
    expect(of('role to sign')?.remedy).toContain(line);
    expect(of('ready to sign')?.remedy).toContain(line);
    expectFailure(result, {
      code: 'CHECKS_FAILED',
      message: /2 of \d+ checks failed/,
      remedy: /--role AcrImageSigner/,
      outputs: {
        'failed-checks': [
          `registry: role to sign (${registry.loginServer})`,
          `trust data: ready to sign (${gunOf(repository)})`,
        ].join('\n'),
      },
    });
  });

  it('by a key of another curve, or one that is disabled, is told before any signature', async () => {
    const create = { vault: vault.name, kty: 'EC' } as const;
    const [wide, off] = [uniqueName('key'), uniqueName('key')];
    await stack.azure.createKey({ ...create, name: wide, crv: 'P-384' });
    await stack.azure.createKey({ ...create, name: off, enabled: false });
    const curve = await doctor({ 'signing-key': `${vault.url}/keys/${wide}` });
    expect(curve.failed).toEqual(['signing key']);
    expect(curve.of('signing key')).toMatchObject({ code: 'KEY_UNSUITABLE' });
    const disabled = await doctor({ 'signing-key': `${vault.url}/keys/${off}` });
    expect(disabled.failed).toEqual(['signing key']);
    expect(disabled.of('signing key')).toMatchObject({ code: 'KEY_DISABLED' });
    expect(disabled.of('ready to sign')).toMatchObject({ verdict: 'unknown' });
  });

  it('by the tenant of the principal is told for registry and vault', async () => {
    const { tenantId } = await stack.azure.createTenant();
    const foreign = await stack.azure.createServicePrincipal({ tenantId });
    const { failed, of } = await doctor(credentialsOf(foreign));
    expect(failed).toEqual(['login', 'signing key']);
    expect(of('sign-in')).toMatchObject({ verdict: 'pass', facts: { tenantId } });
    expect(of('login')?.remedy).toMatch(/tenant/);
    expect(of('signing key')).toMatchObject({ code: 'CREDENTIAL_REJECTED' });
  });

  it('by a principal that may do nothing is told so, and nothing is claimed of the rest', async () => {
    const nobody = await stack.azure.createServicePrincipal();
    const { findings, failed } = await doctor(credentialsOf(nobody));
    expect(failed).toEqual(['login', 'signing key']);
    const seen = findings.filter(
      ({ area, verdict }) => !/^(?:surroundings|identity)$/.test(area) && verdict !== 'fail',
    );
    // The name of the registry tells its cloud, and the date is everybody's.
    const known = seen.filter(({ verdict }) => verdict !== 'unknown').map(({ check }) => check);
    expect(known).toEqual(['cloud', '31 March 2028']);
    expect(seen.length).toBeGreaterThan(12);
    for (const { check, reason } of seen) expect(reason, check).toMatch(/\w{4}/);
  });

  it('by a registry without content trust, or with repository permissions, is told as that', async () => {
    const made = async (settings: object, role: string) => {
      const { loginServer, id } = await stack.azure.createRegistry({
        name: uniqueName('reg'),
        ...settings,
      });
      for (const one of ['Reader', role]) {
        await stack.azure.assignRole({ principalId: signer.clientId, role: one, scope: id });
      }
      return doctor({ registry: loginServer });
    };
    const off = await made({ contentTrust: false }, 'AcrPush');
    expect(off.of('content trust policy')).toMatchObject({
      verdict: 'fail',
      code: 'CONTENT_TRUST_UNAVAILABLE',
    });
    expect(off.of('31 May 2026')).toMatchObject({ verdict: 'warn' });
    const abac = await made(
      { roleAssignmentMode: 'AbacRepositoryPermissions' },
      'Container Registry Repository Writer',
    );
    expect(abac.of('role assignment mode')).toMatchObject({ verdict: 'fail' });
    expect(abac.of('roles')).toMatchObject({ verdict: 'unknown' });
    expect(abac.of('right to read and push')).toMatchObject({ verdict: 'pass' });
  });

  it('by an expired role names the role, and the key that renews it', async () => {
    await expireRoles(stack, gunOf(expiring), signer.login, { targets: pem });
    const { failed, of } = await doctor({ repository: expiring });
    expect(failed).toEqual(['expiry']);
    expect(of('expiry')).toMatchObject({
      code: 'TRUST_DATA_EXPIRED',
      reason: expect.stringContaining('targets expired at') as string,
      remedy: expect.stringContaining('keys renew') as string,
    });
    expect(of('ready to sign')).toMatchObject({ verdict: 'unknown' });
  });
});
