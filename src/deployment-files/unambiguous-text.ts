/**
 * What must not stand in a YAML file, because readers of different versions of YAML take it for
 * different things; and the places where every reader sees a document end.
 */
import { FileProblem } from './types.js';

/** A document of a file. */
export interface DocumentText {
  readonly text: string;
  /** Of its first character in the file. */
  readonly offset: number;
  /** Of its first line in the file, from 1. */
  readonly line: number;
}

// YAML 1.1 ends lines at NEL, LS and PS, YAML 1.2 does not; lone carriage returns end them in both,
// but not where Kubernetes splits files. The rest is in neither, and some readers pass over it.
const foreign =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/;

/**
 * The documents of a file, as YAML and as Kubernetes part them.
 * @throws {FileProblem} for what readers would take differently.
 */
export function documentsIn(text: string): readonly DocumentText[] {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  requirePlainCharacters(text, start);
  const documents: DocumentText[] = [];
  let current = { offset: start, line: 1 };
  let ended = false;
  let line = 0;
  for (let offset = start; offset < text.length;) {
    line += 1;
    const next = text.indexOf('\n', offset) + 1 || text.length;
    const head = withoutEnd(text.slice(offset, next));
    if (head.startsWith('---')) {
      requireMark(/^---(?:[ \t]+#.*)?$/.test(head), line, head);
      documents.push({ text: text.slice(current.offset, offset), ...current });
      current = { offset: next, line: line + 1 };
      ended = false;
    } else if (head.startsWith('...')) {
      requireMark(head === '...' && !ended, line, head);
      ended = true;
    } else if (head.startsWith('%')) {
      const remedy = 'Remove the line.';
      throw new FileProblem(line, 'has a YAML directive, which not every reader takes', remedy);
    } else if (ended && head !== '' && !head.trimStart().startsWith('#')) {
      const remedy = 'Put a line "---" between the documents.';
      throw new FileProblem(line, 'goes on after "...", where some readers stop', remedy);
    }
    offset = next;
  }
  documents.push({ text: text.slice(current.offset), ...current });
  return documents;
}

function requirePlainCharacters(text: string, start: number): void {
  const at = text.slice(start).search(foreign);
  if (at === -1) return;
  const before = text.slice(0, start + at);
  const line = before.split('\n').length;
  const code = (text.codePointAt(start + at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw new FileProblem(
    line,
    `has the character U+${code}, which some readers of YAML take for the end of a line, and others refuse or pass over`,
    `Remove it, or write it in double quotes as "\\u${code.toLowerCase()}".`,
  );
}

/** A line without the blanks of YAML at its end; there are others, which are content. */
function withoutEnd(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r\n'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

function requireMark(isPlain: boolean, line: number, head: string): void {
  if (isPlain) return;
  throw new FileProblem(
    line,
    `has ${JSON.stringify(head.slice(0, 40))}, where not every reader sees the same document end`,
    'Write "---" on a line of its own between documents.',
  );
}
