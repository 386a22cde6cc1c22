import { describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import { failureOf, withAftermath } from '../../src/report/failure.js';

const wasm = 'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance';
const errno = Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });

describe('a lack of memory', () => {
  it.each([
    ['of the engine', new RangeError(wasm)],
    ['for a buffer', new RangeError('Array buffer allocation failed')],
    ['of the system', errno],
    ['wrapped by a library', new Error(`Network request failed: ${wasm}`)],
    ['behind another error', new Error('fetch failed', { cause: new RangeError(wasm) })],
    [
      'behind a failure of ours',
      new TrustError('ENTRA_UNREACHABLE', 'Entra ID cannot be reached.', {
        remedy: 'Check the network.',
        cause: new RangeError(wasm),
      }),
    ],
  ])('is named, and its remedy too: %s', (_, error) => {
    const { code, message, remedy } = failureOf(error);
    expect(code).toBe('OUT_OF_MEMORY');
    expect(message).toMatch(/^The system gave this process no more memory: /);
    expect(remedy).toContain('ulimit -v unlimited');
  });

  it('leaves what was under way to be told', () => {
    const error = new TrustError('PUSH_FAILED', 'The tag 1.0 is unsigned.', {
      remedy: 'Sign it.',
      cause: errno,
    });
    expect(failureOf(error).message).toContain('\nThe tag 1.0 is unsigned.');
  });

  it.each([
    new RangeError('Invalid array length'),
    new Error('the server said: out of memory'),
    new TrustError('REGISTRY_FAILED', 'The registry said: 500 out of memory', { remedy: 'Wait.' }),
  ])('is not what other errors speak of: %s', (error) => {
    expect(failureOf(error).code).not.toBe('OUT_OF_MEMORY');
  });
});

describe('a lack of file descriptors', () => {
  it('is named where a failure of ours lies in front of it, which is told as well', () => {
    const error = new TrustError('REGISTRY_UNREACHABLE', 'The registry cannot be reached.', {
      remedy: 'Check its firewall.',
      cause: new Error('no way', { cause: Object.assign(new Error('x'), { code: 'EMFILE' }) }),
    });
    const { code, message, remedy } = failureOf(error);
    expect(code).toBe('OUT_OF_DESCRIPTORS');
    expect(message).toMatch(/^The run could not go on: .*\(EMFILE\)\nThe registry cannot be/);
    expect(remedy).toContain('ulimit -n');
  });
});

describe('what the system refuses where nobody foresaw it', () => {
  const refused = (code: string) =>
    Object.assign(new Error(`${code}: no, open '/tmp/x'`), { code, syscall: 'open' });

  it.each([
    ['ENOSPC', 'FILE_NOT_WRITTEN'],
    ['EDQUOT', 'FILE_NOT_WRITTEN'],
    ['EFBIG', 'FILE_NOT_WRITTEN'],
    ['EROFS', 'FILE_NOT_WRITTEN'],
    ['EMFILE', 'OUT_OF_DESCRIPTORS'],
    ['ENFILE', 'OUT_OF_DESCRIPTORS'],
  ])('is no fault of ours: %s', (code, named) => {
    const failure = failureOf(refused(code));
    expect(failure.code).toBe(named);
    expect(failure.message).toContain(code);
    expect(failure.remedy).toContain('Run the step again.');
  });
});

describe('what a run has changed until it failed', () => {
  it('is the end of message and remedy', () => {
    const failure = { message: 'The push broke', remedy: 'Run the step again.' };
    expect(withAftermath(failure, { sentences: ['A is signed.'], steps: ['Look.'] })).toEqual({
      message: 'The push broke. A is signed.',
      remedy: 'Run the step again.\nLook.',
    });
    expect(withAftermath(failure, { sentences: [], steps: [] })).toEqual(failure);
  });
});
