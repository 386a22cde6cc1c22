import { describe, expect, it } from 'vitest';
import { errorCodes, exitCodes } from '../../src/errors.js';
import { helpUrlOf } from '../../src/version.js';
import { readPage } from './pages.js';
import { piecesOf, readSources } from './sources.js';

interface Section {
  readonly code: string;
  readonly text: string;
}

/** The sections below the headings that begin with "Errors". */
function sections(): readonly Section[] {
  return readPage('docs/troubleshooting.md')
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith('## Errors'))
    .flatMap((part) => part.split(/^(?=### )/m).slice(1))
    .map((text) => ({ code: /^### (.*)$/m.exec(text)?.[1] ?? '', text }));
}

/** The lines of a section that quote a message. */
function messagesOf({ text }: Section): readonly string[] {
  const block = /^```text\n(.*?)^```$/ms.exec(text)?.[1] ?? '';
  return block.split('\n').filter((line) => line !== '');
}

/** The parts of a message that never vary, without the marks around what does. */
function constantParts(message: string): readonly string[] {
  return message
    .split('…')
    .map((part) => part.replace(/^[\s".,:;()]+|[\s".,:;()]+$/g, ''))
    .filter((part) => /\p{L}/u.test(part));
}

const pieces = piecesOf(readSources());

/** Whether the code can print `text`, from one text of it or from several, one after the other. */
function occurs(text: string): boolean {
  if (pieces.some((piece) => piece.includes(text))) return true;
  return [...text.matchAll(/\s+/g)].some(({ index }) => {
    const [head, tail] = [text.slice(0, index), text.slice(index).trimStart()];
    return pieces.some((piece) => piece.trimEnd().endsWith(head)) && begins(tail);
  });
}

/** As {@link occurs}, for what follows another text. */
function begins(text: string): boolean {
  if (pieces.some((piece) => piece.trimStart().startsWith(text))) return true;
  return [...text.matchAll(/\s+/g)].some(({ index }) => {
    const [head, tail] = [text.slice(0, index), text.slice(index).trimStart()];
    return pieces.some((piece) => piece.trim() === head) && begins(tail);
  });
}

describe('the page on troubleshooting', () => {
  it('has one section for each code, and none for anything else', () => {
    const headings = sections().map(({ code }) => code);
    expect([...headings].sort()).toEqual([...errorCodes].sort());
  });

  it.each(sections())('says under $code what to do or what it means', (section) => {
    const prose = section.text
      .replace(/^```.*?^```$/gms, '')
      .split('\n')
      .slice(1);
    expect(prose.join(' ').trim().length).toBeGreaterThan(40);
  });

  it.each(sections())('quotes under $code what the code can print', (section) => {
    const unknown = messagesOf(section).filter((message) => !constantParts(message).every(occurs));
    expect(unknown).toEqual([]);
  });

  it('is where a failure says that it is', () => {
    const { repository } = JSON.parse(readPage('package.json')) as {
      readonly repository: { readonly url: string };
    };
    const home = repository.url.replace(/^git\+|\.git$/g, '');
    for (const code of errorCodes) {
      // GitHub makes the anchor of a heading from its text, in lower case.
      const anchor = sections()
        .find((section) => section.code === code)
        ?.code.toLowerCase();
      expect(helpUrlOf(code)).toBe(`${home}/blob/v1/docs/troubleshooting.md#${String(anchor)}`);
    }
  });

  it('quotes messages', () => {
    expect(sections().flatMap(messagesOf).length).toBeGreaterThan(30);
  });

  it('has every exit code in its table', () => {
    const { stopped, ...others } = exitCodes;
    const rows = [...readPage('docs/troubleshooting.md').matchAll(/^\| (\d+) +\| (.*)$/gm)];
    expect(rows.map(([, code]) => Number(code))).toEqual([
      ...Object.values(others),
      ...Object.values(stopped),
    ]);
    for (const [name, code] of Object.entries(stopped)) {
      expect(rows.find((row) => Number(row[1]) === code)?.[2]).toContain(`by ${name}:`);
    }
  });

  it('would notice a message that is not in the code', () => {
    expect(occurs('The client certificate has no certificate')).toBe(true);
    expect(occurs('The client certificate has no stamp')).toBe(false);
    expect(constantParts('Input "…" is not set.')).toEqual(['Input', 'is not set']);
  });
});
