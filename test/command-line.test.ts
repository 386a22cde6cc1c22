import { describe, expect, it } from 'vitest';
import { commandLine, ourCommand } from '../src/command-line.js';

describe('a command line to copy', () => {
  it('has flags with values, lists as one value, and leaves out what is not given', () => {
    expect(
      ourCommand('keys renew', {
        repository: 'team/app',
        keys: ['https://a.vault.azure.net', '/b.key'],
        'root-key': undefined,
        'dry-run': true,
      }),
    ).toBe(
      'acr-content-trust keys renew --repository team/app --keys https://a.vault.azure.net,/b.key --dry-run',
    );
  });

  it('quotes what a shell would take apart', () => {
    expect(commandLine(['rm', "it's $HOME; a key"], { x: '`id`', y: 'plain-1' })).toBe(
      `rm 'it'\\''s $HOME; a key' --x '\`id\`' --y plain-1`,
    );
  });

  it('leaves nothing unquoted when it is empty', () => {
    expect(commandLine(['a'], { x: '' })).toBe(`a --x ''`);
  });
});
