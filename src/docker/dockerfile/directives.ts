/**
 * The directives at the top of a Dockerfile, and which frontend they name, after moby/buildkit
 * frontend/dockerfile/parser/directives.go.
 */
import { invalidDockerfile } from './invalid.js';
import { trimEnd, trimStart } from './white-space.js';

/** One line of the file, without its line end. */
export interface PhysicalLine {
  readonly text: string;
  /** Where it begins in the file. */
  readonly start: number;
}

/** The image that is to read the Dockerfile. */
interface SyntaxDirective {
  readonly value: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Set where versions of BuildKit do not agree that it is one, or what it names. */
  readonly isDoubtful: boolean;
}

export interface Directives {
  readonly escape: '\\' | '`';
  readonly syntax: SyntaxDirective | undefined;
}

const directive = /^#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*$/;
/** Whatever might be a directive to any version, in any of its spellings. */
const anyDirective = /^(?:#|\/\/)\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.*)$/;

/** @throws {TrustError} DOCKERFILE_INVALID */
export function readDirectives(lines: readonly PhysicalLine[]): Directives {
  let escape: Directives['escape'] = '\\';
  const seen = new Set<string>();
  for (const [index, { text }] of lines.entries()) {
    const match = directive.exec(trimStart(text));
    const name = (match?.[1] ?? '').toLowerCase();
    if (!['escape', 'syntax', 'check'].includes(name)) break;
    if (seen.has(name)) throw invalidDockerfile(index + 1, `a second "${name}" directive`);
    seen.add(name);
    if (name !== 'escape') continue;
    const value = match?.[2] ?? '';
    if (value !== '\\' && value !== '`') {
      throw invalidDockerfile(index + 1, `escape is ${value}, not \\ or \``);
    }
    escape = value;
  }
  return { escape, syntax: findSyntax(lines) };
}

/**
 * The frontend is looked for in the raw text, by other rules than the directives above: a shebang
 * may come before it, and older versions go on behind a name they do not know. Every line that may
 * name a frontend to one of them counts.
 */
function findSyntax(lines: readonly PhysicalLine[]): SyntaxDirective | undefined {
  for (const [index, line] of lines.entries()) {
    if (index === 0 && line.text.startsWith('#!')) continue;
    const match = anyDirective.exec(trimStart(line.text));
    if (match === null) return undefined;
    if ((match[1] ?? '').toLowerCase() !== 'syntax') continue;
    const exact = directive.exec(line.text)?.[2];
    const written = exact ?? trimEnd(match[2] ?? '');
    // Only the first word names the image; the rest are arguments of the frontend.
    const value = written.split(' ')[0] ?? '';
    const start = line.start + line.text.indexOf(written, line.text.indexOf('='));
    return {
      value,
      line: index + 1,
      start,
      end: start + value.length,
      isDoubtful: exact === undefined,
    };
  }
  return undefined;
}
