/** Images of the Kubernetes objects of a document: one object, or a list of them. */
import { groupOf, knownKind } from './kubernetes-kinds.js';
import { readOtherKind } from './other-kinds.js';
import { hasContainers, readPod, requireSpelling } from './pod-images.js';
import { requireRendered } from './rendered.js';
import type { Found } from './types.js';
import { textOf, valueOf, type YamlDocument, type YamlMap, type YamlNode } from './yaml-tree.js';

/** Reports the images of the document, whose root is an object. @throws {FileProblem} */
export function readKubernetes({ disputed }: YamlDocument, root: YamlMap, found: Found): void {
  if (disputed) {
    const what = `has the key ${JSON.stringify(disputed.key)} in a map and in what is merged into it ("<<"), and kubectl takes another value than other readers`;
    found.refuse(disputed, what, 'Write it once.');
  }
  readObject(root, undefined, found);
}

interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
}

/** @param inherited what items of a list are, if they do not say it themselves. */
function readObject(object: YamlMap, inherited: Identity | undefined, found: Found): void {
  if (!found.isNew(object)) {
    if (object.entries.has('kind') && object.entries.has('apiVersion')) return;
    found.refuse(object, 'has one object in several lists', 'Give the objects one by one.');
  }
  requireSpelling(object, ['apiVersion', 'kind', 'items'], found);
  const apiVersion = requireText(object, 'apiVersion', found) ?? inherited?.apiVersion ?? '';
  const kind = requireText(object, 'kind', found) ?? inherited?.kind ?? '';
  requireRendered(object, { group: groupOf(apiVersion), kind, apiVersion }, found);
  const items = object.entries.get('items');
  // kubectl takes whatever has items for a list, and applies them one by one.
  if (items) {
    readItems(object, items, { apiVersion, kind }, found);
    return;
  }
  const known = knownKind(apiVersion, kind);
  const label = `${kind} ${JSON.stringify(textOf(valueOf(object.entries.get('metadata'), 'name')) ?? '')}`;
  warnOfAnnotations(object, label, found);
  if (known.kind === 'unknown') readOtherKind(object, label, found);
  if (known.kind === 'pods') readPods(object, known.path, label, found);
}

function readItems(
  list: YamlMap,
  items: YamlNode,
  { apiVersion, kind }: Identity,
  found: Found,
): void {
  const beside = [...list.entries.keys()].find((key) => key === 'spec' || key === 'template');
  if (items.kind !== 'sequence' || beside !== undefined) {
    const what = 'has "items" in what is no list: some readers still take it for one';
    found.refuse(items, what, 'Give the objects one by one.');
  }
  const inherited = kind.endsWith('List')
    ? { apiVersion, kind: kind.slice(0, -'List'.length) }
    : undefined;
  for (const item of items.items) {
    if (item.kind === 'map') readObject(item, inherited, found);
    else found.refuse(item, 'has a list with an item that is no object', 'Correct the file.');
  }
}

function readPods(object: YamlMap, path: readonly string[], label: string, found: Found): void {
  let at: YamlNode | undefined = object;
  for (const key of path) {
    if (at?.kind === 'map') requireSpelling(at, [key], found);
    at = valueOf(at, key);
  }
  if (at?.kind === 'map') readPod(at, found);
  if (at?.kind !== 'map' || !hasContainers(at)) {
    found.unnamed(object, `${label} names no container`);
  }
}

/** Annotations by which programs in a cluster are told to use other images. */
function warnOfAnnotations(object: YamlMap, label: string, found: Found): void {
  const places: [YamlNode | undefined, string][] = [
    [object, 'metadata.annotations'],
    [valueOf(object.entries.get('spec'), 'template'), 'spec.template.metadata.annotations'],
  ];
  for (const [holder, path] of places) {
    const annotations = valueOf(valueOf(holder, 'metadata'), 'annotations');
    if (annotations?.kind !== 'map' || !found.isNew(annotations)) continue;
    for (const [key, value] of annotations.entries) {
      const text = textOf(value);
      if (!/image$/i.test(key) || text === undefined) continue;
      found.unnamed(value, `${label} has ${JSON.stringify(text)} in ${path}, as ${key}`);
    }
  }
}

function requireText(object: YamlMap, key: string, found: Found): string | undefined {
  const node = object.entries.get(key);
  if (!node) return undefined;
  const text = textOf(node);
  return (
    text ?? found.refuse(node, `has "${key}", which is no text to every reader`, 'Correct it.')
  );
}
