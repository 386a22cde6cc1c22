/** A tag that was pushed by a stock Docker without content trust, for judges to refuse. */
import { expect } from 'vitest';
import type { Scenario } from '../scenario.js';

/** Pushes some image as `tag` of the repository, unsigned; its digest. Another marker, another image. */
export async function pushUnsigned(
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
