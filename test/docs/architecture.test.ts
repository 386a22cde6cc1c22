import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPage, root } from './pages.js';

/** Folders that may not import from others, or files that may not import from a command. */
type Zone =
  | { readonly target: string; readonly from: readonly string[] }
  | { readonly target: readonly string[]; readonly from: string };

type Zones = readonly [severity: string, options: { readonly zones: readonly Zone[] }];

const page = readPage('docs/architecture.md');

async function zonesOfLinter(): Promise<readonly Zone[]> {
  const file = pathToFileURL(path.join(root, 'eslint.config.js')).href;
  const { default: configs } = (await import(file)) as {
    readonly default: readonly { readonly rules?: Readonly<Record<string, unknown>> }[];
  };
  const rule = configs.find(({ rules }) => rules?.['import-x/no-restricted-paths'])?.rules;
  const [, { zones }] = rule?.['import-x/no-restricted-paths'] as Zones;
  return zones;
}

const plain = (folder: string) => folder.replace(/^\.\/src\//, '');

/** The table of arrows that are not allowed. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const rows = page.matchAll(/^\| `src\/([\w/-]+)`\s*\| ([\w, -]+?)\s*\|$/gm);
  return new Map([...rows].map(([, to = '', from = '']) => [to, from.split(', ').sort()]));
}

describe('the page on architecture', () => {
  let rules: ReadonlyMap<string, readonly string[]> = new Map();

  let commands: ReadonlyMap<string, readonly string[]> = new Map();

  beforeAll(async () => {
    const zones = await zonesOfLinter();
    rules = new Map(
      zones.flatMap(({ target, from }) =>
        typeof from === 'string' ? [] : [[plain(String(target)), from.map(plain).sort()]],
      ),
    );
    commands = new Map(
      zones.flatMap(({ target, from }) =>
        typeof from === 'string' ? [[plain(from), [target].flat().map(plain)]] : [],
      ),
    );
    // The linter's plugins are large, and the machine may be busy.
  });

  it('names every folder of src/', () => {
    const folders = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
      .map((folder) => folder.split(path.sep).join('/'));
    expect(folders.filter((folder) => !page.includes(`**\`${folder}\`**`))).toEqual([]);
  });

  it('names no file or folder that does not exist', () => {
    const named = [...page.matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g)].map(
      ([, it]) => it ?? '',
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('is right that a name of a file is found once among the commands', () => {
    const names = readdirSync(path.join(root, 'src/commands'), { recursive: true })
      .map((file) => path.basename(String(file)))
      .filter((name) => name.endsWith('.ts') && name !== 'index.ts');
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('has the arrows that the linter has', () => {
    expect(rules.size).toBeGreaterThan(0);
    expect(documented()).toEqual(rules);
  });

  it('says what the linter holds of commands, large and small', () => {
    expect(page).toContain('A command never imports another');
    expect(commands.size).toBeGreaterThan(15);
    expect(commands.get('commands/keys/backup.ts')).toEqual(
      expect.arrayContaining(['commands/keys/restore.ts', 'commands/inputs/read.ts']),
    );
    const others = commands.get('commands/sign') ?? [];
    expect(others).toContain('commands/inputs/read.ts');
    expect(others).not.toContain('commands/commands.ts');
    expect(others.filter((file) => file.startsWith('commands/sign/'))).toEqual([]);
  });

  it('draws no arrow that the linter refuses', () => {
    const drawing = /```mermaid\nflowchart TD\n(.*?)```/s.exec(page)?.[1] ?? '';
    const arrows = [...drawing.matchAll(/^\s*(\w+)(?:\[[^\]]*\])? --> (\w+)/gm)];
    expect(arrows.length).toBeGreaterThan(8);
    for (const [, from = '', to = ''] of arrows) expect(rules.get(from) ?? []).not.toContain(to);
  });
});
