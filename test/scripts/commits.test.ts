import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitProblems } from '../../scripts/checks/commits.js';

let folder = '';
let base = '';

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@contoso.example'];
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '', GIT_CONFIG_NOSYSTEM: '1' };
  const options = { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync('git', [...identity, ...args], options).trim();
}

function commit(subject: string): string {
  git('commit', '-q', '--allow-empty', '-m', subject);
  return git('rev-parse', 'HEAD');
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'commits-'));
  git('init', '-q', '-b', 'main');
  base = commit(`docs: ${'old '.repeat(30)}`);
  commit(`${'ü'.repeat(72)}\n\n${'a body may be as long as it likes '.repeat(5)}`);
  git('checkout', '-q', '-b', 'side');
  commit('trust: retry publish on version conflict');
  git('checkout', '-q', 'main');
  commit('trust: read the root first');
  git('merge', '-q', '--no-ff', '-m', `Merge ${'a'.repeat(40)} into ${'b'.repeat(40)}`, 'side');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the check of commit subjects', () => {
  it('accepts 72 characters, merges, and what was there before the rule', async () => {
    expect(await commitProblems(folder, base)).toEqual([]);
  });

  it('names a commit whose subject is longer', async () => {
    const subject = `a${'b'.repeat(72)}`;
    const hash = commit(subject).slice(0, 7);
    expect(await commitProblems(folder, base)).toEqual([
      expect.stringMatching(`^${hash}\\w* has a subject of 73 characters: ${subject}$`),
    ]);
  });

  it('says nothing of a clone that is too shallow, and of a folder without git', async () => {
    const clone = path.join(folder, 'clone');
    git('clone', '-q', '--depth', '1', pathToFileURL(folder).href, clone);
    expect(await commitProblems(clone, base)).toEqual([]);
    expect(await commitProblems(tmpdir(), base)).toEqual([]);
  });
});
