import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyDockerfile } from '../../src/docker/index.js';
import { temporaryFolder } from './support/scripted-docker.js';

const original = (path: string) => ({ path, bytes: Buffer.from('FROM a'), text: 'FROM a' });

describe('the copy of a Dockerfile', () => {
  it('takes its own ignore file along and leaves the original alone', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'private'));
    writeFileSync(join(root, 'app.Dockerfile'), 'FROM a');
    writeFileSync(join(root, 'app.Dockerfile.dockerignore'), '*.log\n');
    const source = original(join(root, 'app.Dockerfile'));
    const path = await copyDockerfile(join(root, 'private'), source, 'FROM a@x');
    expect(readFileSync(path, 'utf8')).toBe('FROM a@x');
    expect(readFileSync(`${path}.dockerignore`, 'utf8')).toBe('*.log\n');
    expect(readFileSync(source.path, 'utf8')).toBe('FROM a');
  });

  it('holds what was read, whatever became of the original, and its policy', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'private'));
    writeFileSync(join(root, 'Dockerfile'), 'FROM evil');
    writeFileSync(join(root, 'Dockerfile.rego'), 'package docker\n');
    const path = await copyDockerfile(join(root, 'private'), original(join(root, 'Dockerfile')));
    expect(readFileSync(path, 'utf8')).toBe('FROM a');
    expect(readFileSync(`${path}.rego`, 'utf8')).toBe('package docker\n');
  });

  it('needs no ignore file', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'private'));
    const source = original(join(root, 'Dockerfile'));
    await copyDockerfile(join(root, 'private'), source, 'FROM a@x');
    expect(readdirSync(join(root, 'private'))).toEqual(['Dockerfile']);
  });
});
