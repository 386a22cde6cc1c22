import { describe, expect, it } from 'vitest';
import { commandLineOf, placeOf } from '../../src/inputs/index.js';
import { commandNames, commands } from '../../src/commands/index.js';
import { codeBlocksOf, readPage } from './pages.js';

const page = readPage('docs/keys.md');
const grouped = commandNames.filter((name) => placeOf(name).group !== undefined);

/** The commands in the first column of the table below a heading. */
function tabled(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const cells = [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('the page on keys', () => {
  it.each(['Outputs and report', 'Permissions'])(
    'has every command in its table "%s"',
    (heading) => {
      const named = tabled(heading);
      for (const name of grouped) expect(named).toContain(commandLineOf(name).join(' '));
    },
  );

  it('names the outputs of every command', () => {
    const rows = page.split('## Outputs and report\n')[1]?.split('\n## ')[0] ?? '';
    const namesIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const documented = [...rows.matchAll(/^\| (`[^|]+) \| ([^|]+) \|/gm)].map(([, of, outputs]) => [
      namesIn(of),
      namesIn(outputs).sort(),
    ]);
    const expected = documented.map(([of = []]) => {
      const meant = grouped.filter((name) => of.includes(commandLineOf(name).join(' ')));
      const outputs = new Set(meant.flatMap((name) => commands[name].outputs));
      outputs.delete('trust-report');
      return [of, [...outputs].sort()];
    });
    expect(documented).toEqual(expected);
  });

  it('has an example of every command', () => {
    const text = codeBlocksOf('docs/keys.md')
      .map((block) => block.text)
      .join('\n');
    for (const name of grouped) {
      const { group, verb } = placeOf(name);
      const inAction = new RegExp(`actions/${group ?? ''}@v\\d+\\n +with:\\n +command: ${verb}\\n`);
      const isShown =
        text.includes(`acr-content-trust ${commandLineOf(name).join(' ')} `) ||
        text.includes(`command: ${name}\n`) ||
        inAction.test(text);
      expect(isShown, name).toBe(true);
    }
  });

  it('draws keys, roles and where the keys are', () => {
    const [drawing] = codeBlocksOf('docs/keys.md').filter((b) => b.language === 'mermaid');
    for (const key of ['root key', 'repository key', 'snapshot key', 'timestamp key']) {
      expect(drawing?.text).toContain(`[${key}]`);
    }
  });
});
