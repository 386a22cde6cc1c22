/** Base images as an attacker or a careless colleague leaves them: signed once, then moved. */
import { expect } from 'vitest';
import type { EngineName, Login } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { removeRun } from '../product.js';
import type { Scenario } from '../scenario.js';

/** A tag that is signed for one content and stands, in the registry, for another. */
export interface MovedBase {
  /** `<registry>/<repository>:<tag>` */
  readonly ref: string;
  readonly repository: string;
  /** What is signed. */
  readonly signedDigest: string;
  /** What the tag stands for now. */
  readonly movedDigest: string;
}

/** What lies in /marker of the content that is signed. */
export const signedContent = (name: string): string => `${name} as signed`;
/** What lies in /marker of the content that was pushed over it. */
export const movedContent = (name: string): string => `${name} as moved`;

/** Signs `name:1.0` by a run of our own, then moves the tag by a plain push of other content. */
export async function makeMovedBase(scenario: Scenario, name: string): Promise<MovedBase> {
  const { stack, registry, vault } = scenario;
  const repository = `${scenario.repository()}/${name}`;
  const result = await scenario.run({
    host: 'cli',
    docker: 'docker20',
    inputs: {
      repository,
      tags: '1.0',
      context: await stack.makeImageContext(signedContent(name)),
      'signing-key': await vault.key(),
      'root-key': await vault.key(),
    },
  });
  expectSuccess(result);
  await removeRun(result);
  const ref = `${registry.loginServer}/${repository}:1.0`;
  const movedDigest = await pushPlain(scenario, repository, movedContent(name));
  const signedDigest = result.outputs.digest ?? '';
  expect(movedDigest).not.toBe(signedDigest);
  return { ref, repository, signedDigest, movedDigest };
}

/** Builds and pushes `repository:1.0` by a stock Docker without content trust; its digest. */
export async function pushPlain(
  { stack, registry, signer }: Scenario,
  repository: string,
  content: string,
): Promise<string> {
  const ref = `${registry.loginServer}/${repository}:1.0`;
  const context = await stack.makeImageContext(content);
  const login = { server: registry.loginServer, ...signer.login };
  for (const args of [
    ['build', '-t', ref, context],
    ['push', ref],
  ]) {
    const env = { DOCKER_BUILDKIT: '0' };
    const result = await stack.docker({ engine: 'docker20', args, login, env });
    expect(result.exitCode, result.output).toBe(0);
  }
  return (await stack.manifest(repository, '1.0'))?.digest ?? 'not pushed';
}

/** What stands in files of an image, read by running it. */
export async function filesOf(
  { stack, registry, signer }: Scenario,
  image: string,
  files: readonly string[],
  engine: EngineName = 'docker20',
): Promise<string[]> {
  const login: { server: string } & Login = { server: registry.loginServer, ...signer.login };
  const script = files.map((file) => `cat ${file} 2>/dev/null || echo absent; echo`).join('; ');
  const args = ['run', '--rm', '--network', 'none', '--entrypoint', '/bin/busybox', image];
  const result = await stack.docker({ engine, login, args: [...args, 'sh', '-c', script] });
  expect(result.exitCode, result.output).toBe(0);
  return result.stdout.split('\n').filter((line) => line !== '');
}
