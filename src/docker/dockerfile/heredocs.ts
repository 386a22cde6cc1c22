/**
 * The here-documents that an instruction opens, after heredocsFromLine in moby/buildkit
 * frontend/dockerfile/parser/parser.go. Where they end decides which lines are instructions, so a
 * word that versions of BuildKit read differently is refused.
 */
import { isSpace } from './white-space.js';

export interface Heredoc {
  readonly name: string;
  /** `<<-`: tabs before the end do not count. */
  readonly chomp: boolean;
}

/**
 * The here-documents of a line with all its continuation lines, in order; undefined where they
 * cannot be told for certain.
 */
export function heredocsOf(line: string): readonly Heredoc[] | undefined {
  if (!line.includes('<<')) return [];
  // Of these versions know different ones, and where they know one not, they see no words at all.
  if (line.replaceAll(simpleVariable, '').includes('${')) return undefined;
  const words = wordsOf(line);
  // An open quote makes BuildKit see no words, hence no here-document, in the whole line.
  if (words === 'open quote') return [];
  const found: Heredoc[] = [];
  for (const word of words) {
    const match = /^[0-9]*<<(-?)([^<]*)$/.exec(word);
    if (match === null) {
      // Newer versions go on behind a blank: `a<< b` is one word to them.
      if (/(?<!<)(?:<<)+$/.test(word)) return undefined;
      continue;
    }
    const name = /^(["']?)([A-Za-z0-9_][A-Za-z0-9_.-]*)\1$/.exec(match[2] ?? '')?.[2];
    // `<< EOF`, and words put together of quotes, escapes or variables.
    if (name === undefined) return undefined;
    found.push({ name, chomp: match[1] === '-' });
  }
  return found;
}

/** `${NAME}`, and a default or alternative that splits no words. */
const simpleVariable = /\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-+?][^\s"'<{}$\\]*)?\}/g;

/** BuildKit splits by its shell's rules, with a backslash whatever the escape directive says. */
function wordsOf(line: string): string[] | 'open quote' {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote === '' && isSpace(char)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    word += char;
    if (char === '\\' && quote !== "'") word += line.charAt(++at);
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
  }
  if (quote !== '') return 'open quote';
  if (word !== '') words.push(word);
  return words;
}
