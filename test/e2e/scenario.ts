/**
 * What an administrator has set up before a pipeline runs. Nothing here knows how the product does
 * its work, or judges it.
 */
import { generateKeyPairSync } from 'node:crypto';
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

/** Sets everything up anew, with names nobody else uses unless `name` is that of the registry. */
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
  const { name: registryName, ...place } = options;
  const name = registryName === undefined ? uniqueName('vault') : `${registryName}-keys`;
  const { id, vaultUrl } = await stack.azure.createVault({ name, ...place });
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
