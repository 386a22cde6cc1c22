/** Images that are in the registry without a signature. */
import { expect } from 'vitest';
import { expectSuccess } from '../expectations.js';
import type { Scenario } from '../scenario.js';

/** Puts some image into the repository as `tag`, unsigned; its digest. Another marker, another image. */
export async function pushUnsigned(
  { stack }: Scenario,
  repository: string,
  tag: string,
  marker = `${repository}:${tag}`,
): Promise<string> {
  return stack.storeImage(repository, [tag], marker);
}

/** As {@link pushUnsigned}, by a stock Docker whose engine has the image then. */
export async function pushByDocker(
  { stack, registry, signer }: Scenario,
  repository: string,
  tag: string,
  marker = `${repository}:${tag}`,
): Promise<string> {
  const ref = `${registry.loginServer}/${repository}:${tag}`;
  const context = await stack.makeImageContext(marker);
  const login = { server: registry.loginServer, ...signer.login };
  for (const args of [
    ['build', '-t', ref, context],
    ['push', ref],
  ]) {
    const env = { DOCKER_BUILDKIT: '0' };
    const result = await stack.docker({ engine: 'docker20', args, login, env });
    expect(result.exitCode, result.output).toBe(0);
  }
  const manifest = await stack.manifest(repository, tag);
  expect(manifest).not.toBeNull();
  return manifest?.digest ?? '';
}

/** A multi-arch image that was pushed without a signature; the digest of its index. */
export async function pushUnsignedIndex(
  scenario: Scenario,
  repository: string,
  tag: string,
): Promise<string> {
  const { stack } = scenario;
  const pushed = await scenario.run({
    host: 'cli',
    docker: 'docker26',
    dockerConfig: await stack.makeDockerConfig({ buildx: true }),
    inputs: {
      repository,
      tags: tag,
      platforms: 'linux/amd64,linux/arm64',
      'content-trust': 'false',
      context: await stack.makeImageContext(`${repository}:${tag}`),
    },
  });
  expectSuccess(pushed);
  return pushed.outputs.digest ?? '';
}
