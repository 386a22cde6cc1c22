/**
 * Reads YAML (or JSON) that is a Docker compose file or holds Kubernetes objects, each document for
 * itself. Anything else is refused: an image that is overlooked is an image that nobody verified.
 */
import { LineCounter, isMap, parseAllDocuments, type Document, type Node, type Scalar } from 'yaml';
import { readCompose } from './compose.js';
import { readKubernetes } from './kubernetes.js';
import { FileProblem, type Found, type Mention, type Mentions, type Unnamed } from './types.js';
import { valueOf } from './yaml-walk.js';

/** @throws {FileProblem} for what is no YAML, or neither of the two kinds. */
export function readYaml(text: string): Mentions {
  const lines = new LineCounter();
  const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line;
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const mentions = new Map<number, Mention>();
  const unnamed: Unnamed[] = [];
  const found: Found = {
    image: (node) => {
      const mention = mentionOf(text, node, lineOf(node));
      // One text that several places point to is one mention.
      mentions.set(mention.start, mention);
    },
    unnamed: (node, what) => {
      unnamed.push({ line: lineOf(node), what });
    },
    refuse: (node, message, remedy) => {
      throw new FileProblem(lineOf(node), message, remedy);
    },
  };
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error) {
      const { line } = lines.linePos(error.pos[0]);
      throw new FileProblem(line, `is no valid YAML: ${error.message}`, 'Correct the file.');
    }
    readDocument(document, lineOf, found);
  }
  return { mentions: [...mentions.values()].sort((a, b) => a.start - b.start), unnamed };
}

function readDocument(document: Document, lineOf: (node: Node) => number, found: Found): void {
  const { contents } = document;
  if (contents === null || ('value' in contents && contents.value === null)) return;
  if (isMap(contents)) {
    if (valueOf(document, contents, 'kind')) {
      readKubernetes(document, found);
      return;
    }
    if (valueOf(document, contents, 'services')) {
      readCompose(document, contents, found);
      return;
    }
  }
  throw new FileProblem(
    lineOf(contents),
    'is neither a Kubernetes object (with "kind") nor a compose file (with "services")',
    'Give rendered Kubernetes manifests or compose files. A plain list must not be named .yaml, .yml or .json.',
  );
}

function mentionOf(text: string, node: Scalar<string>, line: number): Mention {
  const [start, end] = node.range ?? [0, 0];
  const before = text.slice(start, end);
  const lineEnd = /\r?\n$/.exec(before)?.[0] ?? '';
  const quote = /^["']/.exec(before)?.[0];
  return {
    reference: node.value,
    line,
    start,
    end,
    // References hold nothing that would have to be escaped.
    write: (reference) =>
      quote === undefined ? `${reference}${lineEnd}` : `${quote}${reference}${quote}`,
  };
}
