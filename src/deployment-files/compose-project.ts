/** The files that Docker Compose reads besides the one that was given. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { asCompose } from './compose.js';
import { readRegularFile } from './regular-file.js';
import { FileProblem } from './types.js';

/** In the order in which Compose looks for them. */
const defaults = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const overrides = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/**
 * A compose file by one of the names that Compose looks for is not all that Compose reads: an
 * override beside it changes it, another default may come first, and `.env` may name other files.
 * @param given the absolute paths of all files that are read.
 * @throws {FileProblem} when Compose reads a file that was not given.
 */
export async function requireWholeProject(file: string, given: ReadonlySet<string>): Promise<void> {
  const name = path.basename(file);
  if (!defaults.includes(name)) return;
  const folder = path.dirname(file);
  const beside = await readdir(folder);
  const earlier = defaults.slice(0, defaults.indexOf(name));
  const other = [...earlier, ...overrides].find(
    (entry) => beside.includes(entry) && !given.has(path.join(folder, entry)),
  );
  if (other !== undefined) {
    throw new FileProblem(
      undefined,
      `is not all that Compose reads: ${other} is beside it`,
      'Give that file, too, or give what "docker compose config" prints.',
    );
  }
  if (!beside.includes('.env')) return;
  const environment = await readRegularFile(path.join(folder, '.env'));
  if (!/^[ \t]*(?:export[ \t]+)?COMPOSE_FILE[ \t]*[=:]/m.test(environment.toString('utf8'))) return;
  const what = 'is not what Compose reads: COMPOSE_FILE in .env beside it names files';
  throw new FileProblem(undefined, what, asCompose);
}
