/**
 * The people of the story and those who judge it: the owner who keeps the keys, the pipeline that
 * signs, a fresh client that pulls with an empty configuration, and a returning client that remembers what was before.
 */
import path from 'node:path';
import { expect } from 'vitest';
import type { Principal, RunResult, StackClient } from '../../stack/index.js';
import { removeRun, runProduct, type ProductHost, type ProductResult } from '../product.js';
import { credentialsOf, type Scenario } from '../scenario.js';

/** Tags with the digests they must be signed for. */
export type Signed = Readonly<Record<string, string>>;

/** Everybody who pulls the repository, and agrees or not. */
export interface Judges {
  /** Says that all clients agree on what `tags` are signed for, whatever they remember. */
  agree(gun: string, tags: Signed): Promise<void>;
  /** Says that no client with content trust pulls `tag`. */
  refuse(gun: string, tag: string, reason: RegExp): Promise<void>;
}

/** Judges who log in as `reader`. */
export async function createJudges({ stack, registry, reader }: Scenario): Promise<Judges> {
  const { login } = reader;
  const logins = { [registry.loginServer]: login };
  const returningClient = await stack.makeDockerConfig({ logins });
  const cache = path.join(returningClient, 'verified');
  const pulls = (gun: string, tag: string): Promise<readonly RunResult[]> =>
    inTurn([
      () => stack.dockerPull({ engine: 'docker20', ref: `${gun}:${tag}`, login }),
      async () => {
        const ref = `${gun}:${tag}`;
        await stack.docker({ engine: 'docker26', args: ['image', 'rm', '--force', ref] });
        return stack.docker({
          engine: 'docker26',
          args: ['pull', ref],
          config: returningClient,
          trust: true,
        });
      },
    ]);
  return {
    async agree(gun, tags) {
      for (const [tag, digest] of Object.entries(tags)) {
        for (const pulled of await pulls(gun, tag)) {
          expect(pulled.exitCode, pulled.output).toBe(0);
          expect(pulled.output).toContain(digest);
        }
      }
      // Ours, with and without a memory of what was trusted before.
      for (const memory of [{}, { 'cache-directory': cache }]) {
        const images = Object.keys(tags).map((tag) => `${gun}:${tag}`);
        const verified = await runProduct(stack.info, {
          host: 'cli',
          inputs: {
            command: 'verify',
            images: images.join(','),
            ...memory,
            ...credentialsOf(reader),
          },
        });
        expect(verified.exitCode, verified.output).toBe(0);
        expect(new Set(verified.outputs.images?.split('\n'))).toEqual(
          new Set(Object.values(tags).map((digest) => `${gun}@${digest}`)),
        );
        await removeRun(verified);
      }
    },
    async refuse(gun, tag, reason) {
      for (const pulled of await pulls(gun, tag)) {
        expect(pulled.exitCode, pulled.output).not.toBe(0);
        expect(pulled.output).toMatch(reason);
      }
    },
  };
}

/** A principal that runs the product. */
export type Runner = (
  host: ProductHost,
  inputs: Readonly<Record<string, string>>,
) => Promise<ProductResult>;

/** Runs the product as `principal`. */
export function runnerFor(stack: StackClient, principal: Principal): Runner {
  return (host, inputs) =>
    runProduct(stack.info, { host, inputs: { ...credentialsOf(principal), ...inputs } });
}

async function inTurn<T>(bodies: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results: T[] = [];
  for (const body of bodies) results.push(await body());
  return results;
}
