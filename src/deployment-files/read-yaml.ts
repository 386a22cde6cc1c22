/**
 * Reads one YAML document (or JSON) strictly. The programs that will deploy a file read it with
 * libraries of their own, so everything that any of them may read otherwise is refused: an image
 * that only they see is an image that nobody verified.
 */
import {
  Composer,
  Lexer,
  LineCounter,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { limits } from '../limits.js';
import { isTextToAll, readingsOfKey } from './plain-scalars.js';
import { renderTemplate } from './rendered.js';
import { FileProblem, type FileRemedy } from './types.js';
import type { DocumentText } from './unambiguous-text.js';
import type { YamlDocument, YamlMap, YamlNode } from './yaml-tree.js';

/** @throws {FileProblem} */
export function readYamlDocument(document: DocumentText): YamlDocument | undefined {
  return new Reader(document).read();
}

/** The one tag that changes nothing for a text. */
const textTag = 'tag:yaml.org,2002:str';

class Reader {
  readonly #lines = new LineCounter();
  readonly #anchors = new Map<string, YamlNode | 'open'>();
  readonly #offset: number;
  readonly #firstLine: number;
  readonly #text: string;
  #merged = 0;
  #disputed: YamlDocument['disputed'];

  constructor({ text, offset, line }: DocumentText) {
    this.#text = text;
    this.#offset = offset;
    this.#firstLine = line;
  }

  read(): YamlDocument | undefined {
    if (this.#text.length > limits.yamlDocumentLength) {
      this.#refuse(0, 'has a document that is too large', 'Split it.');
    }
    const document = this.#parse();
    const [error] = [...document.errors, ...document.warnings.filter(isNotAboutTags)];
    if (error) this.#refuse(error.pos[0], `is no valid YAML: ${error.message}`, this.#correct());
    if (document.contents === null) return undefined;
    const root = this.#node(document.contents);
    return { root, disputed: this.#disputed };
  }

  /** As the library's own parseDocument, but refuses deep nesting before its recursion meets it. */
  #parse(): Document.Parsed {
    const parser = new Parser(this.#lines.addNewLine);
    const composer = new Composer({ prettyErrors: false, uniqueKeys: false, merge: false });
    const documents: Document.Parsed[] = [];
    this.#lines.addNewLine(0);
    for (const lexeme of new Lexer().lex(this.#text)) {
      for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
      if (parser.stack.length > limits.yamlDepth) {
        this.#refuse(parser.offset, 'is nested too deeply', 'Give a file that is less deep.');
      }
    }
    for (const token of parser.end()) documents.push(...composer.next(token));
    documents.push(...composer.end(true, this.#text.length));
    const [document, second] = documents;
    if (!document) throw new TypeError('the library gives a document in any case');
    if (second) this.#refuse(second.range[0], 'has a second document', 'Write "---" before it.');
    return document;
  }

  /** Templates are the usual reason for YAML that is none. */
  #correct(): FileRemedy {
    return this.#text.includes('{{') ? renderTemplate : 'Correct the file.';
  }

  #node(node: ParsedNode | null): YamlNode {
    if (node === null) return { kind: 'other', line: this.#firstLine, value: null };
    const at = node.range[0];
    if (isAlias(node)) return this.#behindAlias(node.source, at);
    const { tag, anchor } = node as { readonly tag?: string; readonly anchor?: string };
    if (tag !== undefined && !(tag === textTag && isScalar(node))) {
      const name = tag.replace('tag:yaml.org,2002:', '!!');
      const what = `uses the tag ${name}, which readers take differently`;
      this.#refuse(
        at,
        what,
        'Write the value without the tag, or give the file as it is rendered.',
      );
    }
    if (anchor !== undefined) {
      if (!/^[\w-]+$/.test(anchor)) this.#refuseAnchor(anchor, at);
      this.#anchors.set(anchor, 'open');
    }
    const read = this.#content(node);
    if (anchor !== undefined) this.#anchors.set(anchor, read);
    return read;
  }

  #behindAlias(name: string, at: number): YamlNode {
    if (!/^[\w-]+$/.test(name)) this.#refuseAnchor(name, at);
    const node = this.#anchors.get(name);
    if (node !== undefined && node !== 'open') return node;
    const why = node === 'open' ? 'is part of itself' : 'is not defined before it';
    return this.#refuse(at, `has the alias *${name}, which ${why}`, 'Correct the file.');
  }

  #refuseAnchor(name: string, at: number): never {
    const what = `has the anchor or alias ${JSON.stringify(name)}, whose name not every reader takes`;
    return this.#refuse(at, what, 'Use letters, digits, "-" and "_" in it only.');
  }

  #content(node: ParsedNode): YamlNode {
    const line = this.#lineOf(node.range[0]);
    if (isMap(node)) return this.#map(node, line);
    if (isSeq(node)) {
      const items = (node.items as (ParsedNode | null)[]).map((item) => this.#node(item));
      return { kind: 'sequence', line, items };
    }
    if (!isScalar(node)) return this.#refuse(node.range[0], 'has a node of an unknown kind', '');
    const { value, type, tag } = node as Scalar & { readonly tag?: string };
    if (typeof value !== 'string') return { kind: 'other', line, value };
    const [start, end] = node.range;
    return {
      kind: 'text',
      line,
      value,
      start: this.#offset + start,
      end: this.#offset + end,
      isTextToAll: type !== 'PLAIN' || tag === textTag || isTextToAll(value),
    };
  }

  #map(map: YAMLMap.Parsed, line: number): YamlMap {
    const own = new Map<string, YamlNode>();
    const readings = new Map<string, string>();
    const merges: { readonly sources: readonly YamlMap[]; readonly before: ReadonlySet<string> }[] =
      [];
    for (const pair of map.items) {
      const { key, at, texts } = this.#key(pair);
      for (const text of new Set(texts)) {
        const other = readings.get(text);
        if (other === key) {
          this.#refuse(at, `has the key ${JSON.stringify(key)} twice in one map`, 'Remove one.');
        }
        if (other !== undefined) {
          const what = `has the keys ${JSON.stringify(other)} and ${JSON.stringify(key)} in one map, which are one key to some readers`;
          this.#refuse(at, what, 'Put both keys in quotes.');
        }
        readings.set(text, key);
      }
      const value = this.#node(pair.value);
      if (isMergeKey(pair)) {
        merges.push({ sources: this.#sourcesOf(value, at), before: new Set(own.keys()) });
      } else own.set(key, value);
    }
    if (merges.length === 0) return { kind: 'map', line, entries: own };
    return this.#merge(own, merges, line);
  }

  /** The own value of a key counts, then that of the first source. */
  #merge(
    own: ReadonlyMap<string, YamlNode>,
    merges: readonly {
      readonly sources: readonly YamlMap[];
      readonly before: ReadonlySet<string>;
    }[],
    line: number,
  ): YamlMap {
    const entries = new Map(own);
    for (const { sources, before } of merges) {
      for (const source of sources) {
        for (const [key, value] of source.entries) {
          this.#merged += 1;
          if (this.#merged > limits.yamlMergedKeys) {
            this.#refuse(0, 'merges too many keys', 'Give a file without so many merges.');
          }
          const known = entries.get(key);
          // Readers of YAML 1.1 take whichever stands later; all others take the own value.
          const isDisputed = known !== undefined && (!own.has(key) || before.has(key));
          if (isDisputed && known !== value) this.#disputed ??= { key, line: known.line };
          if (known === undefined) entries.set(key, value);
        }
      }
    }
    return { kind: 'map', line, entries };
  }

  #sourcesOf(value: YamlNode, at: number): readonly YamlMap[] {
    const sources = value.kind === 'sequence' ? value.items : [value];
    return sources.map((source) =>
      source.kind === 'map' ? source : this.#refuse(at, 'merges what is no map', 'Correct it.'),
    );
  }

  #key({ key }: Pair): {
    readonly key: string;
    readonly at: number;
    readonly texts: readonly string[];
  } {
    const node = key as ParsedNode | null;
    const at = node?.range[0] ?? 0;
    const { tag, anchor } = (node ?? {}) as { readonly tag?: string; readonly anchor?: string };
    if (isMap(node) && this.#text.startsWith('{{', at - 1)) {
      this.#refuse(
        at,
        'has a template in it, which is not known until it is rendered',
        renderTemplate,
      );
    }
    if (!isScalar(node) || isAlias(node) || tag !== undefined || anchor !== undefined) {
      const what = 'has a key that is an alias, tagged, anchored, or no plain text';
      return this.#refuse(at, what, 'Write the key as a plain text.');
    }
    const isPlain = node.type === 'PLAIN';
    // `{a:}` is the key "a" to YAML 1.2, and the key "a:" to YAML 1.1.
    if (isPlain && /^:[,}\]]/.test(this.#text.slice(node.range[1], node.range[1] + 2))) {
      this.#refuse(
        at,
        'has ":" at the end of a key without a blank after it',
        'Put a blank there.',
      );
    }
    const text = isPlain ? node.source : String(node.value);
    if (node.type?.startsWith('BLOCK') === true || text.includes('\n')) {
      this.#refuse(at, 'has a key of several lines', 'Write the key on one line.');
    }
    if (!isPlain && text === '<<') {
      this.#refuse(at, 'has "<<" in quotes as a key, which some readers merge', 'Rename the key.');
    }
    const texts = isPlain ? readingsOfKey(text) : [text];
    if (texts === undefined) {
      const what = `has the key ${text === '' ? 'nothing' : text}, which readers write back differently`;
      this.#refuse(at, what, 'Put the key in quotes.');
    }
    return { key: text, at, texts };
  }

  #lineOf(at: number): number {
    return this.#firstLine + Math.max(this.#lines.linePos(at).line, 1) - 1;
  }

  #refuse(at: number, message: string, remedy: FileRemedy): never {
    throw new FileProblem(this.#lineOf(at), message, remedy);
  }
}

/** Tags are refused by name, where they are met. */
function isNotAboutTags({ code }: { readonly code: string }): boolean {
  return code !== 'TAG_RESOLVE_FAILED';
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}
