/**
 * A repository whose trust data the front serves: validly signed by keys of our own, and then
 * whatever a test did to it. The real server knows nothing of it, so nothing can be published.
 */
import type { StackClient } from '../../stack/index.js';
import { RepositoryBuilder, type BuildOptions } from '../../trust/repository-builder.js';
import { rootKey } from '../../trust/test-keys.js';

const dayMs = 86_400_000;

/** A sound repository as of now, for the gun. */
export function soundRepository(gun: string): RepositoryBuilder {
  const repository = new RepositoryBuilder(gun);
  const from = (days: number) => new Date(Date.now() + days * dayMs);
  repository.root.keys = [rootKey(gun, { notBefore: from(-1), notAfter: from(3650) })];
  repository.root.expires = from(3650);
  repository.targetsRole.expires = from(1095);
  repository.snapshot.expires = from(1095);
  repository.timestamp.expires = from(14);
  return repository;
}

/** A moment that lies an hour back. */
export const anHourAgo = (): Date => new Date(Date.now() - 3_600_000);

/** Lets the front answer for every file of the repository, by plain name. */
export async function serve(
  stack: StackClient,
  repository: RepositoryBuilder,
  options: BuildOptions = {},
): Promise<void> {
  const host = repository.gun.slice(0, repository.gun.indexOf('/'));
  for (const [role, bytes] of repository.build(options)) {
    await stack.failNext({
      target: `${host}/v2/${repository.gun}/_trust/tuf/${role}(\\.[0-9a-f]{64})?\\.json$`,
      method: 'GET',
      times: 1000,
      failure: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: bytes.toString('utf8'),
      },
    });
  }
}
