import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createAskSecret } from '../../src/hosts/cli/ask-secret.js';

interface Seat {
  readonly stdin: PassThrough & { readonly isTTY: boolean };
  readonly stderr: PassThrough & { readonly isTTY: boolean };
  readonly shown: () => string;
}

function seat(isTTY = true, screen = isTTY): Seat {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY: screen });
  let shown = '';
  stderr.on('data', (data: Buffer) => {
    shown += data.toString();
  });
  return { stdin, stderr, shown: () => shown };
}

describe('asking the person at the terminal for a secret', () => {
  it('shows the question, and nothing of the answer', async () => {
    const { stdin, stderr, shown } = seat();
    const ask = createAskSecret({ stdin, stderr });
    const answer = ask?.('Passphrase of the root key 4c6c56a0:', new AbortController().signal);
    stdin.write('a secret passphrase\r');
    expect(await answer).toBe('a secret passphrase');
    await new Promise(setImmediate);
    expect(shown()).toContain('Passphrase of the root key 4c6c56a0:');
    expect(shown()).not.toContain('secret passphrase');
  });

  it('asks several times', async () => {
    const { stdin, stderr } = seat();
    const ask = createAskSecret({ stdin, stderr });
    for (const text of ['first', 'second']) {
      const answer = ask?.('Passphrase:', new AbortController().signal);
      stdin.write(`${text}\r`);
      expect(await answer).toBe(text);
    }
  });

  it('gives up at Ctrl-C', async () => {
    const { stdin, stderr } = seat();
    const answer = createAskSecret({ stdin, stderr })?.(
      'Passphrase:',
      new AbortController().signal,
    );
    stdin.write('\u0003');
    await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('gives up at Ctrl-D, which ends the input', async () => {
    const { stdin, stderr } = seat();
    const answer = createAskSecret({ stdin, stderr })?.(
      'Passphrase:',
      new AbortController().signal,
    );
    stdin.write('\u0004');
    await expect(answer).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'No passphrase was given: the terminal was closed',
    });
  });

  it('gives up when the run is to stop', async () => {
    const { stdin, stderr } = seat();
    const stop = new AbortController();
    const answer = createAskSecret({ stdin, stderr })?.('Passphrase:', stop.signal);
    stop.abort();
    await expect(answer).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'No passphrase was given: the run was stopped',
    });
  });

  it.each([
    ['standard input', seat(false, true)],
    ['standard error', seat(true, false)],
  ])('is not possible where %s is no terminal', (_, { stdin, stderr }) => {
    expect(createAskSecret({ stdin, stderr })).toBeUndefined();
  });
});
