import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askGoProgram, buildGoProgram } from './go-program.js';
import { findGo } from './go.js';

const sources = (body: string) => ({
  'go.mod': 'module judge\n\ngo 1.21\n',
  'main.go': `package main\nimport ("io"; "os")\nfunc main() {\n${body}\n}\n`,
});
const echo = 'b, _ := io.ReadAll(os.Stdin); os.Stdout.Write(b)';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'go-program-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const build = () => buildGoProgram(folder, path.join(folder, 'cache'));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
}

const hasGo = (await findGo()) !== undefined;

describe('a judge in Go', () => {
  it.runIf(hasGo)(
    'is built once for the same sources, and answers',
    { timeout: 300_000 },
    async () => {
      await write(sources(echo));
      const first = await build();
      expect(await build()).toEqual(first);
      expect(first.kind === 'built' && (await askGoProgram(first.path, { a: [1] }))).toEqual({
        a: [1],
      });
      await write(sources(`${echo}; os.Exit(0)`));
      expect(await build()).not.toEqual(first);
    },
  );

  it('may be missing where Go is not installed, and not in CI', async () => {
    await write(sources(echo));
    vi.stubEnv('PATH', folder);
    vi.stubEnv('XDG_CACHE_HOME', folder);
    vi.stubEnv('CI', '');
    expect(await build()).toEqual({
      kind: 'unavailable',
      reason: 'this system has no program "go"',
    });
    vi.stubEnv('CI', 'true');
    if (process.platform === 'linux') await expect(build()).rejects.toThrow('no program "apt');
  });

  it.runIf(hasGo)(
    'that cannot be built is told of, and fails in CI',
    { timeout: 300_000 },
    async () => {
      await write(sources('nonsense'));
      vi.stubEnv('CI', '');
      expect(await build()).toMatchObject({
        kind: 'unavailable',
        reason: expect.stringContaining('undefined: nonsense') as string,
      });
      vi.stubEnv('CI', 'true');
      await expect(build()).rejects.toThrow('undefined: nonsense');
    },
  );
});
