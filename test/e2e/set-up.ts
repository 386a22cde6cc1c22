/**
 * What a file of end-to-end tests begins with: the running stack, a scenario of its own, and what is
 * asked of the two again and again. To be awaited at the top of the file.
 */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { inject } from 'vitest';
import { connectStack, type StackClient, type TestRegistryOptions } from '../stack/index.js';
import { createScenario, type Scenario } from './scenario.js';

export interface SetUp {
  readonly stack: StackClient;
  readonly scenario: Scenario;
  /** The trust collection of a repository. */
  readonly gunOf: (repository: string) => string;
  /** The publishes to a repository since a mark of the request log. */
  readonly publishesSince: (
    mark: number,
    repository: string,
  ) => ReturnType<StackClient['requests']>;
}

/** Sets up a scenario that the tests of one file share. */
export async function setUp(options: TestRegistryOptions = {}): Promise<SetUp> {
  const stack = connectStack(inject('stack'));
  const scenario = await createScenario(stack, options);
  return {
    stack,
    scenario,
    gunOf: (repository) => `${scenario.registry.loginServer}/${repository}`,
    publishesSince: (mark, repository) =>
      stack.requests({ since: mark, matching: `^POST .*/${repository}/_trust/tuf/` }),
  };
}

/** The inputs that name the keys with which the product initialises and signs. */
export type Keys = Readonly<Record<'signing-key' | 'root-key', string>>;

/** Two new vault keys. */
export async function makeKeys({ vault }: Scenario): Promise<Keys> {
  return { 'signing-key': await vault.key(), 'root-key': await vault.key() };
}

/** What an owner is given of a vault key. */
export function publicPem(jwk: JsonWebKey): string {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
