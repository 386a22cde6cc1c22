import { describe, expect, it } from 'vitest';
import { readRepositories } from '../../../src/commands/inputs/repositories.js';
import { TrustError } from '../../../src/errors.js';
import { collectProblems } from '../../../src/commands/index.js';

interface Given {
  readonly registry?: string;
  readonly repository?: string;
  readonly images?: readonly string[];
  readonly 'trust-server'?: string;
}

function read(given: Given, options: { readonly needed?: boolean } = {}) {
  const nameInput = (name: string) => name;
  const problems = collectProblems(nameInput);
  const values = {
    registry: given.registry,
    repository: given.repository,
    images: given.images ?? [],
    'trust-server': given['trust-server'],
  };
  const named = readRepositories(
    { ...problems, values, workingDirectory: '', environment: {} },
    options,
  );
  problems.throwIfAny();
  return named;
}

function refusal(given: Given): TrustError {
  try {
    read(given);
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the repositories of a command', () => {
  it('are those of a registry, separated by commas', () => {
    expect(read({ registry: 'Contoso.azurecr.io', repository: 'team/app, team/db' })).toEqual([
      {
        registry: 'contoso.azurecr.io',
        repository: 'team/app',
        gun: 'contoso.azurecr.io/team/app',
        trustServer: 'https://contoso.azurecr.io',
      },
      {
        registry: 'contoso.azurecr.io',
        repository: 'team/db',
        gun: 'contoso.azurecr.io/team/db',
        trustServer: 'https://contoso.azurecr.io',
      },
    ]);
  });

  it('are those of full names, each once', () => {
    const named = read({
      registry: 'contoso.azurecr.io',
      repository: 'team/app',
      images: ['contoso.azurecr.io/team/app', 'fabrikam.azurecr.io/web'],
    });
    expect(named.map(({ gun }) => gun)).toEqual([
      'contoso.azurecr.io/team/app',
      'fabrikam.azurecr.io/web',
    ]);
  });

  it('may have a trust server of their own', () => {
    const [named] = read({
      registry: 'contoso.azurecr.io',
      repository: 'app',
      'trust-server': 'https://notary.contoso.com',
    });
    expect(named?.trustServer).toBe('https://notary.contoso.com');
  });

  it('may be none where a command can do without', () => {
    expect(read({}, { needed: false })).toEqual([]);
  });

  it.each<[string, Given, string, RegExp]>([
    ['none', {}, 'INPUT_MISSING', /"registry" is not set\..*\n"repository" is not set\./],
    ['a registry alone', { registry: 'contoso.azurecr.io' }, 'INPUT_MISSING', /"repository"/],
    ['a repository alone', { repository: 'team/app' }, 'INPUT_MISSING', /"registry" is not set/],
    [
      'an image',
      { images: ['contoso.azurecr.io/app:1'] },
      'INPUT_INVALID',
      /names an image, not a repository/,
    ],
    [
      'a name with capitals',
      { registry: 'contoso.azurecr.io', repository: 'Team/App' },
      'INPUT_INVALID',
      /"repository"/,
    ],
    [
      'a trust server that is no URL',
      { registry: 'contoso.azurecr.io', repository: 'app', 'trust-server': 'notary' },
      'INPUT_INVALID',
      /"trust-server"/,
    ],
    [
      'one trust server for two registries',
      {
        images: ['contoso.azurecr.io/app', 'fabrikam.azurecr.io/app'],
        'trust-server': 'https://notary.contoso.com',
      },
      'INPUT_CONFLICT',
      /2 registries/,
    ],
  ])('cannot be %s', (_, given, code, message) => {
    const error = refusal(given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});
