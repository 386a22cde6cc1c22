import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shareEntries } from '../../src/docker/share-entries.js';
import { failureOf, temporaryFolder } from './support/scripted-docker.js';

function folders(): { from: string; to: string } {
  const [from, to] = [temporaryFolder(), temporaryFolder()];
  mkdirSync(join(from, 'contexts/meta'), { recursive: true });
  writeFileSync(join(from, 'contexts/meta/meta.json'), '{}');
  writeFileSync(join(from, 'ca.pem'), 'CA');
  return { from, to };
}

/** As on a share, or a file system without links. */
const noLinks = (): Promise<void> =>
  Promise.reject(Object.assign(new Error('operation not permitted'), { code: 'EPERM' }));

describe.each([true, false])('entries that cannot be linked (Windows: %s)', (windows) => {
  it('are copied', async () => {
    const { from, to } = folders();
    await shareEntries(from, to, { skipped: new Set(), windows, link: noLinks });
    expect(readFileSync(join(to, 'contexts/meta/meta.json'), 'utf8')).toBe('{}');
    expect(readFileSync(join(to, 'ca.pem'), 'utf8')).toBe('CA');
    expect(lstatSync(join(to, 'contexts')).isSymbolicLink()).toBe(false);
  });

  it('are told by name where they cannot be copied either', async () => {
    const { from, to } = folders();
    writeFileSync(join(to, 'contexts'), 'in the way');
    const error = await failureOf(
      shareEntries(from, to, { skipped: new Set(['ca.pem']), windows, link: noLinks }),
    );
    expect(error.code).toBe('FILE_NOT_WRITTEN');
    expect(error.message).toContain(`${from} cannot be used: "contexts"`);
    expect(error.remedy).toContain('DOCKER_CONFIG');
  });
});

describe('entries that can be linked', () => {
  it('are links, but for those that are left out', async () => {
    const { from, to } = folders();
    await shareEntries(from, to, { skipped: new Set(['ca.pem']), windows: false });
    expect(readdirSync(to)).toEqual(['contexts']);
    expect(lstatSync(join(to, 'contexts')).isSymbolicLink()).toBe(true);
  });
});
