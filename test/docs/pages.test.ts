import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputNameOn, outputs } from '../../src/inputs/index.js';
import { definitionOf, inputNames } from '../../src/commands/index.js';
import { pages, proseOf, readPage, root } from './pages.js';

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Relative links of a page that lead nowhere. */
function brokenLinks(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      if (!existsSync(path.join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
}

describe('the pages', () => {
  it.each(pages)('%s has no link that leads nowhere', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each(pages)('%s names only scripts that exist', (page) => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [...readPage(page).matchAll(/npm (?:run(?: --\w+)? )?(\w[\w:-]*)/g)]
      .filter(([text, name = '']) => text.startsWith('npm run') || name === 'test')
      .map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(pages)('%s names no path of a machine it was written on', (page) => {
    const paths = readPage(page).match(/(?<![\w.~])\/(?:work|root|home|Users|tmp\/\w+\/)\b.*/g);
    expect(paths ?? []).toEqual([]);
  });

  it('speak of inputs and outputs that exist', () => {
    const known = new Set([
      ...[...inputNames, ...Object.keys(outputs)].flatMap((name) => [
        name,
        inputNameOn('task', name),
      ]),
      ...inputNames.flatMap((name) => definitionOf(name).taskAliases ?? []),
    ]);
    // In back-ticks and with a value, as in `engine: native`.
    const named = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/`([a-z]+(?:-[a-z]+)+|[a-z]+[A-Z]\w+): [^`]+`/g)].map(
        ([, name = '']) => `${page}: ${name}`,
      ),
    );
    expect(named.length).toBeGreaterThan(5);
    const foreign = ['id-token', 'dockerVersion'];
    const unknown = named.filter((text) => {
      const name = text.replace(/^.*: /, '');
      return !known.has(name) && !foreign.includes(name);
    });
    expect(unknown).toEqual([]);
  });
});
