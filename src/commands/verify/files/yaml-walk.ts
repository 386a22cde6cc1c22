/**
 * Walks YAML as it is written: aliases and merge keys lead to the place that has the text, so that
 * it can be changed there. Every node is visited once, so aliases cannot make it endless.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';

/** The node behind an alias, or the node itself. */
export function resolve(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
}

/** The value of `key` in a map: its own, else that of what is merged into it (`<<`). */
export function valueOf(document: Document, map: YAMLMap, key: string): Node | undefined {
  return lookUp(document, map, key, new Set());
}

function lookUp(
  document: Document,
  map: YAMLMap,
  key: string,
  seen: Set<YAMLMap>,
): Node | undefined {
  if (seen.has(map)) return undefined;
  seen.add(map);
  const own = map.items.find((pair) => keyOf(pair) === key);
  if (own) return resolve(document, own.value);
  for (const pair of map.items.filter((item) => keyOf(item) === '<<')) {
    const merged = resolve(document, pair.value);
    const sources = isSeq(merged) ? merged.items.map((item) => resolve(document, item)) : [merged];
    for (const source of sources) {
      const found = isMap(source) ? lookUp(document, source, key, seen) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}

/** The key of a pair, if it is a text. */
export function keyOf({ key }: Pair): string | undefined {
  const text: unknown = isScalar(key) ? key.value : key;
  return typeof text === 'string' ? text : undefined;
}

/** Calls `visit` for every map below `node`, each once, outermost first. */
export function forEachMap(
  document: Document,
  node: unknown,
  visit: (map: YAMLMap) => void,
  seen = new Set<Node>(),
): void {
  const resolved = resolve(document, node);
  if (resolved === undefined || seen.has(resolved)) return;
  seen.add(resolved);
  if (isMap(resolved)) {
    visit(resolved);
    for (const pair of resolved.items) forEachMap(document, pair.value, visit, seen);
  } else if (isSeq(resolved)) {
    for (const item of resolved.items) forEachMap(document, item, visit, seen);
  }
}

/** The maps of a sequence; none for anything else. */
export function mapsIn(document: Document, node: Node | undefined): readonly YAMLMap[] {
  if (!isSeq(node)) return [];
  return node.items.flatMap((item) => {
    const map = resolve(document, item);
    return isMap(map) ? [map] : [];
  });
}

/** Whether the node is a text. */
export function isText(node: Node | undefined): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}
