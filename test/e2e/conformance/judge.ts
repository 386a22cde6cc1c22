/** Builds the cases of the corpus, serves them, and collects what every client says. */
import type { Tools } from '../../stack/index.js';
import { dockerLikeRepository } from '../../trust/repository-builder.js';
import { createClients, type Verdicts } from './clients.js';
import { newGun, type Case } from './corpus/index.js';
import { openTrustServer, type Served } from './trust-server.js';

/** Cases judged at a time: the clients are processes, and processors are few. */
const AT_ONCE = 4;

/** The verdicts of all clients about all cases; files of theirs go below `folder`. */
export async function judge(
  cases: readonly Case[],
  tools: Tools,
  folder: string,
): Promise<ReadonlyMap<Case, Verdicts>> {
  const server = await openTrustServer();
  const clients = await createClients(tools, server, folder);
  const verdicts = new Map<Case, Verdicts>();
  // Built before anybody asks: making keys keeps this process, and with it the server, from answering.
  const waiting = cases.map((one) => {
    const repository = dockerLikeRepository(newGun(), new Date());
    return { one, gun: repository.gun, visits: visitsOf(one, repository) };
  });
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { one, gun, visits } = next;
      for (const visit of visits) {
        server.serve(gun, visit);
        verdicts.set(one, await clients.visit(gun, one.tag ?? '1.0'));
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    clients.close();
    await server.close();
  }
  return verdicts;
}

function visitsOf(
  { serve }: Case,
  repository: ReturnType<typeof dockerLikeRepository>,
): readonly Served[] {
  const served = serve(repository);
  const visits = Array.isArray(served)
    ? (served as readonly (Served | Served['files'])[])
    : [served];
  return visits.map((visit) => (visit instanceof Map ? { files: visit } : (visit as Served)));
}
