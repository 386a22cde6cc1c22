import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writePinnedDockerfile } from '../../src/docker/index.js';
import { temporaryFolder } from './support/scripted-docker.js';

describe('a rewritten Dockerfile', () => {
  it('takes its own ignore file along and leaves the original alone', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'private'));
    writeFileSync(join(root, 'app.Dockerfile'), 'FROM a');
    writeFileSync(join(root, 'app.Dockerfile.dockerignore'), '*.log\n');
    const original = { path: join(root, 'app.Dockerfile'), text: 'FROM a' };
    const path = await writePinnedDockerfile(join(root, 'private'), original, 'FROM a@x');
    expect(readFileSync(path, 'utf8')).toBe('FROM a@x');
    expect(readFileSync(`${path}.dockerignore`, 'utf8')).toBe('*.log\n');
    expect(readFileSync(original.path, 'utf8')).toBe('FROM a');
  });

  it('needs no ignore file', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'private'));
    const original = { path: join(root, 'Dockerfile'), text: 'FROM a' };
    await writePinnedDockerfile(join(root, 'private'), original, 'FROM a@x');
    expect(readdirSync(join(root, 'private'))).toEqual(['Dockerfile']);
  });
});
