/**
 * Reads YAML (or JSON) that is a Docker compose file or holds Kubernetes objects, each document for
 * itself. Anything else is refused: an image that is overlooked is an image that nobody verified.
 */
import { asCompose, readCompose } from './compose.js';
import { readKubernetes } from './kubernetes.js';
import { readYamlDocument } from './read-yaml.js';
import { requireNoProgram, requireNoSource } from './rendered.js';
import {
  FileProblem,
  type Found,
  type Mention,
  type Mentions,
  type ReadingOptions,
  type Unnamed,
} from './types.js';
import { documentsIn } from './unambiguous-text.js';
import { isGiven, type YamlDocument, type YamlNode, type YamlText } from './yaml-tree.js';

/**
 * Reads the file document by document, giving way between two of them.
 * @throws {FileProblem} for what is neither of the two kinds, or is read differently by others.
 */
export async function readYaml(
  text: string,
  options: ReadingOptions,
  giveWay: () => Promise<void>,
): Promise<Mentions> {
  requireNoProgram(text);
  const mentions = new Map<number, Mention>();
  const unnamed = new Map<string, Unnamed>();
  const seen = new Set<YamlNode>();
  const found: Found = {
    // One text that several places lead to is one mention.
    image: (node) => void mentions.set(node.start, mentionOf(text, node)),
    unnamed: ({ line }, what) => void unnamed.set(`${line} ${what}`, { line, what }),
    isNew: (node) => {
      const isNew = !seen.has(node);
      seen.add(node);
      return isNew;
    },
    refuse: ({ line }, message, remedy) => {
      throw new FileProblem(line, message, remedy);
    },
  };
  const kinds = new Set<DocumentKind>();
  for (const part of documentsIn(text)) {
    const document = readYamlDocument(part);
    const kind = document && readDocument(document, found, options);
    if (kind && kinds.size > 0 && (kind === 'compose' || kinds.has('compose'))) {
      throw new FileProblem(part.line, 'has several documents, which Compose merges', asCompose);
    }
    if (kind) kinds.add(kind);
    await giveWay();
  }
  return {
    mentions: [...mentions.values()].sort((a, b) => a.start - b.start),
    unnamed: [...unnamed.values()],
    mayNameNone: kinds.has('kubernetes'),
  };
}

type DocumentKind = 'kubernetes' | 'compose';

function readDocument(
  document: YamlDocument,
  found: Found,
  options: ReadingOptions,
): DocumentKind | undefined {
  const { root } = document;
  if (!isGiven(root)) return undefined;
  if (root.kind === 'map') {
    const [isObject, isCompose] = ['kind', 'services'].map((key) => root.entries.has(key));
    if (isObject === true && isCompose === true) {
      const what =
        'has "kind" and "services": it is a Kubernetes object to some, and a compose file to others';
      found.refuse(root, what, 'Give the two in files of their own.');
    }
    if (isObject === true) {
      readKubernetes(document, root, found);
      return 'kubernetes';
    }
    if (isCompose === true) {
      readCompose(root, found, options);
      return 'compose';
    }
    requireNoSource(root, found);
  }
  return found.refuse(
    root,
    'is neither a Kubernetes object (with "kind") nor a compose file (with "services")',
    'Give rendered Kubernetes manifests or compose files. A plain list must not be named .yaml, .yml or .json.',
  );
}

function mentionOf(text: string, { value, line, start, end }: YamlText): Mention {
  const before = text.slice(start, end);
  const lineEnd = /\r?\n$/.exec(before)?.[0] ?? '';
  const quote = /^["']/.exec(before)?.[0];
  return {
    reference: value,
    line,
    start,
    end,
    // References hold nothing that would have to be escaped.
    write: (reference) =>
      quote === undefined ? `${reference}${lineEnd}` : `${quote}${reference}${quote}`,
  };
}
