/**
 * The Resource Graph query that finds a registry by its login server. Understands `where` with
 * `=~` or `==`, `project` and `limit` over `resources`, and refuses what it does not understand.
 */
import { isRecord } from '../core/call.js';
import { refusal } from './refusals.js';

/** Runs `query` over `resources`. @throws Refusal (400) for any other kind of query. */
export function runQuery(query: string, resources: readonly object[]): readonly object[] {
  const [table = '', ...steps] = query.split('|').map((step) => step.trim());
  if (table.toLowerCase() !== 'resources') throw invalid(table);
  return steps.reduce(apply, resources);
}

function apply(rows: readonly object[], step: string): readonly object[] {
  const where = /^where\s+([\w.]+)\s*(=~|==)\s*(?:'([^']*)'|"([^"]*)")$/i.exec(step);
  if (where !== null) {
    const [, path = '', operator, single, double] = where;
    const wanted = single ?? double ?? '';
    return rows.filter((row) => {
      const value = String(valueAt(row, path));
      // Resource Graph holds types in lower case whatever ARM shows.
      const folded = operator === '=~' || path === 'type';
      return folded ? value.toLowerCase() === wanted.toLowerCase() : value === wanted;
    });
  }
  const limit = /^(?:limit|take)\s+(\d+)$/i.exec(step);
  if (limit !== null) return rows.slice(0, Number(limit[1]));
  const project = /^project\s+([\w.]+(?:\s*,\s*[\w.]+)*)$/i.exec(step);
  if (project !== null) {
    const paths = (project[1] ?? '').split(',').map((path) => path.trim());
    return rows.map((row) =>
      Object.fromEntries(paths.map((path) => [path.replaceAll('.', '_'), valueAt(row, path)])),
    );
  }
  throw invalid(step);
}

function valueAt(row: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), row);
}

function invalid(step: string): Error {
  return refusal(400, 'InvalidQuery', `The emulator does not understand '${step}'.`);
}
