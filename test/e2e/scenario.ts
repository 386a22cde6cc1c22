/**
 * What an administrator has set up before a pipeline runs, and how its result is judged: by stock
 * clients with an empty configuration. Nothing here knows how the product does its work.
 */
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'vitest';
import {
  createTestRegistry,
  uniqueName,
  type Principal,
  type StackClient,
  type TestRegistry,
  type TestRegistryOptions,
} from '../stack/index.js';
import { runProduct, type ProductOptions, type ProductResult } from './product.js';

/** A registry, a principal that may push and sign, a reader, and keys in a vault. */
export interface Scenario {
  readonly stack: StackClient;
  readonly registry: TestRegistry;
  readonly signer: Principal;
  /** May pull, as any consumer. */
  readonly reader: Principal;
  readonly vault: TestVault;
  /** A new repository name. */
  repository(): string;
  /** Runs the product as `signer`; `inputs` win over the scenario's own. */
  run(options: ScenarioRun): Promise<ProductResult>;
}

export interface ScenarioRun extends Omit<ProductOptions, 'inputs'> {
  readonly inputs: Readonly<Record<string, string | undefined>>;
}

/** A Key Vault that the signer may use keys and read secrets of. */
export interface TestVault {
  readonly name: string;
  readonly url: string;
  readonly id: string;
  /** Makes a P-256 key; its URL with version. */
  key(name?: string): Promise<string>;
  /** Stores a new P-256 private key as PEM; the URL of the secret. */
  secretKey(name?: string): Promise<string>;
  secret(value: string, name?: string): Promise<string>;
}

/** Sets everything up anew, with names nobody else uses. */
export async function createScenario(
  stack: StackClient,
  options: TestRegistryOptions = {},
): Promise<Scenario> {
  const registry = await createTestRegistry(stack, options);
  const signer = await registry.principal('AcrPush', 'AcrImageSigner');
  const reader = await registry.principal('AcrPull');
  const vault = await createVault(stack, signer, options);
  return {
    stack,
    registry,
    signer,
    reader,
    vault,
    repository: () => uniqueName('team/app'),
    run: ({ inputs, ...options }) =>
      runProduct(stack.info, {
        ...options,
        inputs: defined({
          command: 'buildAndPush',
          registry: registry.loginServer,
          ...credentialsOf(signer),
          ...inputs,
        }),
      }),
  };
}

/** The inputs with which a service principal signs in by its secret. */
export function credentialsOf(
  principal: Pick<Principal, 'clientId' | 'tenantId' | 'clientSecret'>,
): Record<string, string> {
  return {
    'client-id': principal.clientId,
    'tenant-id': principal.tenantId,
    'client-secret': principal.clientSecret,
  };
}

async function createVault(
  stack: StackClient,
  signer: Principal,
  options: TestRegistryOptions,
): Promise<TestVault> {
  const name = uniqueName('vault');
  const { id, vaultUrl } = await stack.azure.createVault({ name, ...options });
  for (const role of ['Key Vault Crypto User', 'Key Vault Secrets User']) {
    await stack.azure.assignRole({ principalId: signer.clientId, role, scope: id });
  }
  const url = vaultUrl.replace(/\/$/, '');
  const secret = async (value: string, secretName = uniqueName('secret')): Promise<string> => {
    await stack.azure.setSecret({ vault: name, name: secretName, value });
    return `${url}/secrets/${secretName}`;
  };
  return {
    name,
    url,
    id,
    secret,
    key: async (keyName = uniqueName('key')) =>
      (await stack.azure.createKey({ vault: name, name: keyName, kty: 'EC', crv: 'P-256' })).kid,
    secretKey: (secretName) => secret(newPrivateKey(), secretName),
  };
}

/** PEM of a new P-256 private key. */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function defined(inputs: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Says whether the run succeeded, with its whole output where it did not. */
export function expectSuccess(result: ProductResult): void {
  expect(result.exitCode, result.output).toBe(0);
  expect(result.taskResult, result.output).not.toBe('Failed');
}

/** What a failed run must have said. */
export interface ExpectedFailure {
  readonly code: string;
  readonly message: RegExp;
  readonly remedy?: RegExp;
}

/** Says that the run failed, once, with this code, message and remedy. */
export function expectFailure(result: ProductResult, failure: ExpectedFailure): void {
  // A task says so by its result; its exit code would have the agent report it twice.
  if (result.taskResult === undefined) expect(result.exitCode, result.output).not.toBe(0);
  else expect(result.taskResult, result.output).toBe('Failed');
  expect(result.output).toContain(failure.code);
  expect(result.output).toMatch(failure.message);
  if (failure.remedy) expect(result.output).toMatch(failure.remedy);
  expect(result.outputs['signed-tags']).toBeUndefined();
}

/** Judges by stock clients that `tags` of `repository` are signed for `digest`, and `unsigned` not. */
export async function expectSigned(
  { stack, registry, reader }: Scenario,
  repository: string,
  expected: {
    readonly tags: readonly string[];
    readonly digest: string;
    readonly unsigned?: string;
  },
): Promise<void> {
  const gun = `${registry.loginServer}/${repository}`;
  const { login } = reader;
  const hex = expected.digest.replace('sha256:', '');
  const listed = await stack.notaryList({ ref: gun, login });
  const inspected = await stack.dockerTrustInspect({ engine: 'docker20', ref: gun, login });
  for (const tag of expected.tags) {
    for (const engine of ['docker20', 'docker26'] as const) {
      const pulled = await stack.dockerPull({ engine, ref: `${gun}:${tag}`, login });
      expect(pulled.exitCode, pulled.output).toBe(0);
      expect(pulled.output).toContain(expected.digest);
    }
    expect(listed.filter(({ name }) => name === tag).map(({ digest }) => digest)).toContain(hex);
    expect(
      inspected?.SignedTags.filter(({ SignedTag }) => SignedTag === tag).map(
        ({ Digest }) => Digest,
      ),
    ).toEqual([hex]);
  }
  if (expected.unsigned !== undefined) {
    const refused = await stack.dockerPull({
      engine: 'docker20',
      ref: `${gun}:${expected.unsigned}`,
      login,
    });
    expect(refused.exitCode, refused.output).not.toBe(0);
    expect(refused.output).toMatch(/No valid trust data for|remote trust data does not exist/);
  }
}

/** Everything that the servers hold of a repository, to be compared before and after. */
export async function stateOf(
  { stack, registry }: Pick<Scenario, 'stack' | 'registry'>,
  repository: string,
): Promise<unknown> {
  return {
    trust: await stack.trustState(`${registry.loginServer}/${repository}`),
    tags: await stack.tags(repository),
  };
}
