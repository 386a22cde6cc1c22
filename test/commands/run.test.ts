/** What every command does with inputs that cannot be used. */
import { describe, expect, it } from 'vitest';
import { commandNames, definitionOf, inputsOf } from '../../src/commands/index.js';
import { refusedInputs } from './support/refused-inputs.js';

describe.each(commandNames)('the command %s', (command) => {
  const offered = inputsOf('task', command);
  const required = offered.filter((name) => definitionOf(name).requiredBy.includes(command));

  it('is refused for a missing input, an unreadable one and a senseless one at once', async () => {
    const given = {
      cloud: 'Moon',
      'client-id': 'team-app',
      'trust-report': 'no-such-folder/report.json',
    };
    const { code, message } = await refusedInputs(command, given);
    expect(code).toBe('INPUT_INVALID');
    const lines = message.split('\n');
    const wrong = ['cloud', 'client-id', ...required];
    if (offered.includes('trust-report')) wrong.push('trust-report');
    for (const name of wrong) {
      const told = lines.filter((line) => line.startsWith(`"${name}" `));
      expect(told, name).toHaveLength(1);
      expect(told[0]).toMatch(/\. (Set|Name|Give|Say) /);
    }
  });
});

describe('inputs that cannot be used', () => {
  it('have one code together where it is the same for all', async () => {
    expect((await refusedInputs('revoke', { tags: '1' })).code).toBe('INPUT_MISSING');
  });

  it('are told a limited number of times', async () => {
    const images = Array.from({ length: 300 }, (_, index) => `team/Bad-${index}:1`).join();
    const { message } = await refusedInputs('verify', { images });
    expect(message.split('\n').length).toBeLessThan(40);
    expect(message).toMatch(/^Input "images" cannot be used for 300 reasons:/);
    expect(message).toMatch(/and 275 more/);
  });

  it('do not make others look missing that nobody can judge', async () => {
    const images = { registry: 'contoso.azurecr.io', repository: 'app', tags: '1' };
    const { message } = await refusedInputs('push', { ...images, 'content-trust': 'perhaps' });
    expect(message).not.toContain('signing-key');
    const all = await refusedInputs('revoke', { ...images, tags: '', 'all-tags': 'yes' });
    expect(all.message).not.toContain('"tags"');
  });

  it('are told with the files that are not there: key, pin and Dockerfile', async () => {
    const { message } = await refusedInputs('buildAndPush', {
      registry: 'contoso.azurecr.io',
      repository: 'team/App',
      tags: '1',
      'signing-key': 'no-such.key',
      'root-key': 'no-such-root.key',
      'trust-pin': 'no-such-ca.pem',
      dockerfile: 'No-such.Dockerfile',
    });
    for (const name of ['repository', 'signing-key', 'trust-pin', 'dockerfile']) {
      expect(
        message.split('\n').filter((line) => line.startsWith(`"${name}" `)),
        name,
      ).toHaveLength(1);
    }
    // It takes the repository to know whether its root key is needed at all.
    expect(message).not.toContain('root-key');
  });

  it.each(['sign', 'promote', 'revoke', 'signersAdd', 'keysStatus', 'trustDelete'] as const)(
    'are told with the files that %s needs and that are not there',
    async (command) => {
      const offered = inputsOf('task', command);
      const { message } = await refusedInputs(command, {
        cloud: 'Moon',
        'signing-key': 'no-such.key',
        'trust-pin': 'no-such-ca.pem',
      });
      expect(message).toContain('"cloud" is "Moon"');
      expect(message).toMatch(/^"trust-pin" cannot be used: The CA file \S+no-such-ca\.pem /m);
      if (offered.includes('signing-key') && command !== 'keysStatus') {
        expect(message).toMatch(/^"signing-key" cannot be used: The key file cannot be read/m);
      }
    },
  );

  it.each(commandNames.filter((name) => inputsOf('cli', name).includes('trust-server')))(
    'are told with the trust server of %s, whatever else cannot be read',
    async (command) => {
      const images = inputsOf('cli', command).includes('images') ? { images: 'No Image' } : {};
      for (const given of [{}, images]) {
        const { message } = await refusedInputs(command, { ...given, 'trust-server': 'ftp://a' });
        expect(message).toMatch(/^(?:Input )?"trust-server" cannot be used: /m);
      }
    },
  );

  it('are told with a build context that is not there, which may be why there is no Dockerfile', async () => {
    const { message } = await refusedInputs('build', { tags: '1', context: 'no-such-folder' });
    expect(message).toMatch(/^"context" cannot be used: The build context \S+ is not a folder/m);
    expect(message).not.toContain('"dockerfile"');
  });

  it('do not ask for a key where nothing is to be signed', async () => {
    const given = { registry: 'contoso.azurecr.io', repository: 'team/App', tags: '1' };
    const unsigned = { ...given, 'content-trust': 'false', 'signing-key': 'no-such.key' };
    expect((await refusedInputs('push', unsigned)).message).not.toContain('signing-key');
  });

  it('do not make other inputs look missing where images are named', async () => {
    const { message } = await refusedInputs('sign', { images: 'contoso.azurecr.io/Team/App:1' });
    expect(message).toContain('"images"');
    for (const name of ['registry', 'repository', 'tags']) {
      expect(message).not.toContain(`"${name}" is not set`);
    }
  });
});
