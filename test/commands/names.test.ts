/** Names as people copy them from elsewhere, read for all commands in one place. */
import { describe, expect, it } from 'vitest';
import { readNames } from '../../src/commands/inputs/names.js';
import { readPushJob } from '../../src/commands/build-push/job-inputs.js';
import { isTrustError, type TrustError } from '../../src/errors.js';
import { collectProblems, readInputs, type CommandName } from '../../src/commands/index.js';

type Given = Partial<Record<string, string>>;

function read(given: Given, command: CommandName = 'push') {
  const problems = collectProblems((name) => name);
  const notes: string[] = [];
  const inputs = readInputs(command, 'action', (name) => given[name] ?? '', problems);
  const { registry, repository, tags } = readNames(inputs, problems, (note) => notes.push(note));
  problems.throwIfAny();
  return { registry, repository, tags, notes };
}

/** As a command reads them, which judges what is left. */
function readAll(given: Given): void {
  const problems = collectProblems((name) => name);
  const inputs = readInputs('push', 'action', (name) => given[name] ?? '', problems);
  const named = readNames(inputs, problems, () => undefined);
  const values = { ...inputs, ...named, 'content-trust': false };
  const read = { ...problems, values, workingDirectory: '/w', environment: {} };
  readPushJob(read as unknown as Parameters<typeof readPushJob>[0]);
  problems.throwIfAny();
}

function refusal(given: Given, command: CommandName = 'push'): TrustError {
  try {
    read(given, command);
  } catch (error) {
    if (isTrustError(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const registry = 'contoso.azurecr.io';

describe('a repository with its registry before it', () => {
  it.each([
    ['contoso.azurecr.io/team/app', registry],
    ['Contoso.AzureCR.io/team/app', registry],
    ['contoso.azurecr.io/team/app', 'CONTOSO.azurecr.io'],
    ['https://contoso.azurecr.io/team/app/', registry],
    ['contoso.azurecr.io:443/team/app', registry],
    ['contoso.azurecr.io//team/app', registry],
    ['localhost:5000/team/app', 'localhost:5000'],
    ['docker.io/team/app', 'index.docker.io'],
    ['index.docker.io/team/app', 'docker.io'],
    ['registry/team/app', 'registry:5000', 'registry/team/app'],
  ])('%s is named within %s', (repository, host, expected = 'team/app') => {
    const found = read({ registry: host, repository, tags: '1' });
    expect(found.repository).toBe(expected);
    expect(found.notes.length).toBe(expected === 'team/app' ? 1 : 0);
  });

  it('is read so in a list of repositories, too', () => {
    const given = {
      registry,
      repository: 'contoso.azurecr.io/a, b\nhttps://contoso.azurecr.io/c/',
    };
    expect(read(given, 'keysStatus').repository).toBe('a,b,c');
  });

  it.each([
    ['other.azurecr.io/team/app', 'team/app'],
    ['https://other.azurecr.io/team/app', 'team/app'],
    ['localhost:5000/team/app', 'team/app'],
    ['localhost/app', 'app'],
    ['ghcr.io/team/app', 'team/app'],
    ['registry.contoso.com/team/app', 'team/app'],
    ['contoso.azurecr.io:8443/team/app', 'team/app'],
    ['10.0.0.4/team/app', 'team/app'],
  ])('is refused for another registry, with the right value: %s', (repository, right) => {
    const error = refusal({ registry, repository, tags: '1' });
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toContain('begins with the name of another registry');
    expect(error.remedy).toMatch(new RegExp(`^Set repository to ${right}; `));
  });

  it('may be a folder that looks like a registry, once it is named in full', () => {
    const error = refusal({ registry, repository: 'ghcr.io/mirror/app', tags: '1' });
    const [, full = ''] = /name it in full: (\S+)\./.exec(error.remedy) ?? [];
    expect(read({ registry, repository: full, tags: '1' }).repository).toBe('ghcr.io/mirror/app');
  });

  it.each(['team.a/app', 'node/app', 'com.contoso/app', 'v1.2/app', 'app'])(
    'is none in %s, which stays as it is',
    (repository) => {
      expect(read({ registry, repository, tags: '1' })).toMatchObject({ repository, notes: [] });
    },
  );

  it.each(['contoso.azurecr.io', 'https://contoso.azurecr.io/', 'Contoso.azurecr.io'])(
    'is refused where it is nothing but the registry: %s',
    (repository) => {
      const given = { registry, repository, tags: '1' };
      expect(() => {
        readAll(given);
      }).toThrow(/"repository"/);
    },
  );

  it('says both values where the registry is missing', () => {
    const error = refusal({ repository: 'contoso.azurecr.io/team/app', tags: '1' });
    expect(error.message).toContain(
      'Set registry to contoso.azurecr.io, and repository to team/app.',
    );
  });
});

describe('tags as docker/metadata-action gives them', () => {
  const own = { registry, repository: 'team/app' };

  it('are accepted where registry and repository are those of the run', () => {
    const tags = 'contoso.azurecr.io/team/app:1.4.2\nContoso.azurecr.io/team/app:latest\nedge';
    expect(read({ ...own, tags }).tags).toEqual(['1.4.2', 'latest', 'edge']);
  });

  it('name registry and repository where nothing else does', () => {
    const tags = 'contoso.azurecr.io/team/app:1\ncontoso.azurecr.io/team/app:2';
    for (const command of ['push', 'sign', 'verify', 'buildAndPush'] as const) {
      const found = read({ tags }, command);
      expect(found).toMatchObject({ ...own, tags: ['1', '2'] });
      expect(found.notes).toHaveLength(2);
    }
    expect(read({ registry, tags }).repository).toBe('team/app');
  });

  it('are refused for another image, with what to use', () => {
    for (const foreign of ['ghcr.io/team/app:1', 'team/app:1', 'contoso.azurecr.io/team/db:1']) {
      const error = refusal({ ...own, tags: `contoso.azurecr.io/team/app:1\n${foreign}` });
      expect(error).toMatchObject({ code: 'INPUT_INVALID' });
      expect(error.message).toContain(foreign);
      expect(error.remedy).toContain('"images: contoso.azurecr.io/team/app"');
      expect(error.remedy).toContain('output "tags"');
    }
    expect(refusal({ tags: `${registry}/a:1\n${registry}/b:1` }).message).toContain(
      `${registry}/b:1`,
    );
  });

  it('may be patterns of full names where patterns may be given', () => {
    const tags = 'contoso.azurecr.io/team/app:nightly-*';
    expect(read({ ...own, tags }, 'revoke').tags).toEqual(['nightly-*']);
  });

  it('may be its own input where that says the tag', () => {
    const tags = 'type=raw,value=1.4.2\ntype=raw,value=latest,enable=true,priority=200';
    expect(read({ ...own, tags }).tags).toEqual(['1.4.2', 'latest']);
  });

  it.each([
    'type=semver,pattern={{version}}',
    'type=raw,value=a,enable=false',
    'type=sha',
    '{"tags":["a:1"],"labels":{}}',
    '["contoso.azurecr.io/team/app:1","contoso.azurecr.io/team/app:2"]',
  ])('are asked for in place of %s', (tags) => {
    const error = refusal({ ...own, tags });
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.remedy).toContain('${{ steps.meta.outputs.tags }}');
  });

  it('are refused with blanks between them, as what they are', () => {
    const tags = 'contoso.azurecr.io/team/app:1 contoso.azurecr.io/team/app:2';
    expect(() => {
      readAll({ ...own, tags });
    }).toThrow(/app:1 contoso.azurecr.io\/team\/app:2" is not a tag/);
  });

  it('say nothing beside a registry that is refused itself', () => {
    const given = { registry: 'https://contoso', repository: 'a', tags: 'x.io/a:1' };
    expect(read(given).tags).toEqual(['1']);
  });
});
