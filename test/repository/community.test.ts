/** The files that tell outsiders how to take part: each holds what it says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readPage, root } from '../docs/pages.js';

const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(textOf('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

describe('the scripts of package.json', () => {
  const scripts = Object.entries(manifest.scripts);

  it('begin on a bare machine: each installs what it needs', () => {
    for (const [name, line] of scripts) {
      expect(line, name).toMatch(/^node scripts\/bootstrap\.mjs \S+/);
    }
  });

  it('run files that exist', () => {
    for (const [name, line] of scripts) {
      const file = line.split(' ')[2] ?? '';
      expect(existsSync(path.join(root, file)), name).toBe(true);
    }
  });
});

describe('CONTRIBUTING.md', () => {
  const page = readPage('CONTRIBUTING.md');

  it('names the files and folders that are there', () => {
    const named = [
      ...page.matchAll(
        /`((?:src|test|docs|scripts|examples|dist|actions)\/[\w./-]*|[\w./-]+\.(?:md|ts|yml))`/g,
      ),
    ];
    const paths = named.map(([, name = '']) => name);
    expect(paths.length).toBeGreaterThan(6);
    expect(paths.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('names the oldest Node.js', () => {
    expect(page).toContain(`Node.js ${manifest.engines.node.replace('>=', '')} or newer`);
  });

  it('has the limit that the check of commits has', () => {
    const limit = /longest = (\d+)/.exec(textOf('scripts/checks/commits.ts'))?.[1] ?? 'none';
    expect(page).toContain(`at most ${limit} characters`);
  });
});

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: {
    readonly label?: string;
    readonly value?: string;
    readonly options?: readonly string[];
  };
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

const forms = readdirSync(path.join(root, '.github/ISSUE_TEMPLATE'))
  .filter((file) => file !== 'config.yml')
  .map((file) => `.github/ISSUE_TEMPLATE/${file}`);

describe('the forms for issues', () => {
  it.each(forms)('%s is one that GitHub accepts', (file) => {
    const form = parse(textOf(file), { strict: true }) as Form;
    expect(form.name.length).toBeGreaterThan(3);
    expect(form.description.length).toBeLessThanOrEqual(200);
    const ids = form.body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, id, attributes } of form.body) {
      expect(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']).toContain(type);
      if (type === 'markdown') {
        expect(attributes.value).toBeTruthy();
        continue;
      }
      expect(id).toMatch(/^[\w-]+$/);
      expect(attributes.label).toBeTruthy();
      if (type === 'dropdown') expect(attributes.options?.length).toBeGreaterThan(1);
    }
  });

  it('ask for what a bug cannot be found without', () => {
    const { body } = parse(textOf('.github/ISSUE_TEMPLATE/bug.yml')) as Form;
    const ids = body.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(['version', 'host', 'command', 'log', 'report', 'doctor']),
    );
  });

  it('lead nowhere that is not there', () => {
    const links = textOf('.github/ISSUE_TEMPLATE/config.yml').matchAll(/\/blob\/main\/(\S+)/g);
    const named = [...links].map(([, file = '']) => file);
    expect(named).toEqual(['docs/troubleshooting.md']);
    for (const file of named) expect(existsSync(path.join(root, file))).toBe(true);
  });
});

describe('CODEOWNERS', () => {
  it('has an owner for everything, and names what is there', () => {
    const lines = textOf('.github/CODEOWNERS').split('\n');
    const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toMatch(/^\* +@/);
    for (const rule of rules) {
      const [pattern = '', ...owners] = rule.split(/ +/);
      expect(owners.every((owner) => /^@[\w-]+\/[\w-]+$/.test(owner))).toBe(true);
      expect(pattern === '*' || existsSync(path.join(root, pattern)), pattern).toBe(true);
    }
  });
});

interface Update {
  readonly 'package-ecosystem': string;
  readonly directory?: string;
  readonly directories?: readonly string[];
  readonly cooldown?: { readonly 'default-days': number };
  readonly groups?: object;
  readonly ignore?: readonly { readonly 'dependency-name': string }[];
}

describe('dependabot.yml', () => {
  const { version, updates } = parse(textOf('.github/dependabot.yml')) as {
    readonly version: number;
    readonly updates: readonly Update[];
  };

  it('groups what is new, and lets it wait', () => {
    expect(version).toBe(2);
    expect(updates.map((update) => update['package-ecosystem'])).toEqual([
      'npm',
      'github-actions',
      'gomod',
      'pip',
    ]);
    for (const { cooldown, groups } of updates) {
      expect(cooldown?.['default-days']).toBeGreaterThanOrEqual(7);
      expect(Object.keys(groups ?? {}).length).toBeGreaterThan(0);
    }
  });

  it('keeps back packages that are used', () => {
    const packages = { ...manifest.dependencies, ...manifest.devDependencies };
    const kept = updates.flatMap(({ ignore = [] }) => ignore.map((one) => one['dependency-name']));
    expect(kept.length).toBeGreaterThan(0);
    for (const name of kept) expect(packages).toHaveProperty([name]);
  });
});

describe('the dev container', () => {
  it('has the Node.js of developers', () => {
    const text = textOf('.devcontainer/devcontainer.json').replace(/^ *\/\/.*$/gm, '');
    const { image } = JSON.parse(text) as { readonly image: string };
    expect(image).toContain(`typescript-node:${textOf('.nvmrc').trim()}-`);
  });
});
