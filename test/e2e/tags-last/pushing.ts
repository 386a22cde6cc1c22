/** Runs that push with the tags last, and what must hold whatever happens to them. */
import { expect } from 'vitest';
import type { ProductOptions, ProductResult } from '../product.js';
import type { Scenario } from '../scenario.js';

/** A builder that can push by digest, and the user's Docker configuration that names it. */
export interface DigestBuilder {
  readonly docker: Pick<ProductOptions, 'docker' | 'dockerConfig'>;
  close(): Promise<void>;
}

/** Sets up a remote builder as the current one of a new Docker configuration. */
export async function createDigestBuilder({ stack }: Scenario): Promise<DigestBuilder> {
  const bridge = await stack.openRemoteBuilder();
  const dockerConfig = await stack.makeDockerConfig({ buildx: true });
  const args = ['buildx', 'create', '--name', 'remote', '--driver', 'remote', '--use'];
  const created = await stack.docker({
    engine: 'docker26',
    args: [...args, bridge.endpoint],
    config: dockerConfig,
  });
  expect(created.exitCode, created.output).toBe(0);
  return { docker: { docker: 'docker26', dockerConfig }, close: () => bridge.close() };
}

/** Where a tag is: what the registry says, and what `notary list` of a fresh client says. */
export async function whereIs(
  { stack, registry, reader }: Scenario,
  repository: string,
  tag: string,
): Promise<{ readonly standing: string | undefined; readonly signed: string | undefined }> {
  const ref = `${registry.loginServer}/${repository}`;
  const standing = (await stack.manifest(repository, tag))?.digest;
  const trust = await stack.trustState(ref);
  const isInitialised = Object.keys(trust).length > 0;
  const rows = isInitialised ? await stack.notaryList({ ref, login: reader.login }) : [];
  const row = rows.find(({ name }) => name === tag);
  return { standing, signed: row && `sha256:${row.digest}` };
}

/** Paths of the requests since `since` that published trust data or put a tag, in their order. */
export async function writesSince(
  { stack, registry }: Scenario,
  repository: string,
  since: number,
): Promise<string[]> {
  const host = registry.loginServer;
  const requests = await stack.requests({
    since,
    matching: `^(POST ${host}/v2/${host}/${repository}/_trust/|PUT ${host}/v2/${repository}/manifests/)`,
  });
  return (
    requests
      .filter(({ path }) => !path.includes('sha256:'))
      .map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`)
      // containerd puts every manifest of an index under the tag, the index itself last.
      .filter((write, index, all) => write !== all[index - 1])
  );
}

/** The tags of a repository that are not staging tags. */
export async function plainTags({ stack }: Scenario, repository: string): Promise<string[]> {
  const tags = await stack.tags(repository);
  return tags.filter((tag) => !tag.startsWith('acr-content-trust-staging-'));
}

/** Whether a run told its user that another run has the tag. */
export function toldMoved(result: ProductResult): boolean {
  return result.exitCode !== 0 && result.output.includes('TAG_MOVED');
}
