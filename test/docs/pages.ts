/** The pages people read, and what is in them: headings, code blocks, links. Plain text work. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Every page, its path relative to the project. */
export const pages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CODE_OF_CONDUCT.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function codeBlocksOf(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  readPage(page)
    .split('\n')
    .forEach((line, index) => {
      const fence = /^```(.*)$/.exec(line);
      if (!fence) {
        open?.lines.push(line);
      } else if (open) {
        blocks.push({
          page,
          line: open.line,
          language: open.language,
          text: open.lines.join('\n'),
        });
        open = undefined;
      } else {
        open = { line: index + 1, language: (fence[1] ?? '').trim(), lines: [] };
      }
    });
  return blocks;
}

/** The fenced blocks of all pages in one of `languages`. */
export function codeBlocks(...languages: readonly string[]): readonly CodeBlock[] {
  return pages.flatMap(codeBlocksOf).filter(({ language }) => languages.includes(language));
}

/** The prose of a page: no code blocks. */
export function proseOf(page: string): string {
  return readPage(page).replace(/^```[^\n]*\n.*?^```$/gms, '');
}
