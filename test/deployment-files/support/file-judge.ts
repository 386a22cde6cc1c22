/** Holds what we read in a file against what kubectl and Compose read in it. */
import { createHash } from 'node:crypto';
import { mentionsOf, FileProblem } from '../../../src/deployment-files/index.js';
import { readingsOfKey } from '../../../src/deployment-files/plain-scalars.js';
import { readYamlDocument } from '../../../src/deployment-files/read-yaml.js';
import { documentsIn } from '../../../src/deployment-files/unambiguous-text.js';
import { isGiven, type YamlNode } from '../../../src/deployment-files/yaml-tree.js';
import type { FileCase } from './odd-files.js';

/** What the judge says of a file. */
export interface FileVerdict {
  /** Of kubernetes. */
  readonly documents?: readonly unknown[];
  /** Of compose. */
  readonly images?: readonly string[];
  readonly error?: string;
}

/** The name of a case in the record of verdicts. */
export function idOf({ kind, text }: FileCase): string {
  return createHash('sha256').update(`${kind}\0${text}`).digest('hex').slice(0, 20);
}

/** The images that we read; undefined for a file that we refuse. */
export async function imagesOf({ text }: FileCase): Promise<readonly string[] | undefined> {
  try {
    const { mentions } = await mentionsOf('file.yaml', text, { skipBuilt: false });
    return [...new Set(mentions.map(({ reference }) => reference))].sort();
  } catch (error) {
    if (error instanceof FileProblem) return undefined;
    throw error;
  }
}

/** In what a file that we accept is another to the judge; undefined if in nothing. */
export function differenceOf(
  { kind, text }: FileCase,
  images: readonly string[],
  verdict: FileVerdict,
): string | undefined {
  // What the judge refuses is not deployed.
  if (verdict.error !== undefined) return undefined;
  if (kind === 'compose') {
    const ours = images.join(' ');
    const theirs = (verdict.images ?? []).join(' ');
    return ours === theirs ? undefined : `images ${ours} and ${theirs}`;
  }
  const { documents = [] } = verdict;
  const roots = documentsIn(text)
    .flatMap((part) => readYamlDocument(part)?.root ?? [])
    .filter(isGiven);
  if (roots.length !== documents.length) return `${roots.length} and ${documents.length} documents`;
  return first(roots, (root, index) => differenceIn(root, documents[index], `#${index}`));
}

/** Compares whole documents: whatever is the same to both has the same images to both. */
function differenceIn(node: YamlNode, theirs: unknown, path: string): string | undefined {
  const differs = `${path}: ${node.kind} and ${JSON.stringify(theirs)}`;
  switch (node.kind) {
    case 'map': {
      if (typeof theirs !== 'object' || theirs === null || Array.isArray(theirs)) return differs;
      const left = new Map(Object.entries(theirs));
      const found = first([...node.entries], ([key, value]) => {
        const name = [key, ...(readingsOfKey(key) ?? [])].find((reading) => left.has(reading));
        if (name === undefined) return `${path}.${key} is not there`;
        const other: unknown = left.get(name);
        left.delete(name);
        return differenceIn(value, other, `${path}.${key}`);
      });
      return found ?? (left.size > 0 ? `${path} has ${[...left.keys()].join()}, too` : undefined);
    }
    case 'sequence':
      if (!Array.isArray(theirs) || theirs.length !== node.items.length) return differs;
      return first(node.items, (item, index) =>
        differenceIn(item, theirs[index], `${path}[${index}]`),
      );
    case 'text':
      if (node.isTextToAll) return node.value === theirs ? undefined : differs;
      return typeof theirs === 'object' && theirs !== null ? differs : undefined;
    case 'other':
      return typeof theirs === 'object' && theirs !== null ? differs : undefined;
  }
}

function first<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
