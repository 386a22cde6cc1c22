import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatExpires, MetadataError, parseExpires } from '../../../src/trust/metadata/index.js';
import { goExpires } from '../../../src/trust/metadata/expires.js';

describe('writing an expiry', () => {
  it.each([
    ['2030-01-02T03:04:05.000Z', '2030-01-02T03:04:05Z'],
    ['2030-01-02T03:04:00.000Z', '2030-01-02T03:04:00Z'],
    ['2030-01-02T03:04:05.120Z', '2030-01-02T03:04:05.12Z'],
    ['2030-01-02T03:04:05.100Z', '2030-01-02T03:04:05.1Z'],
    ['2030-01-02T03:04:10.001Z', '2030-01-02T03:04:10.001Z'],
  ])('%s drops zeros as Go drops them', (iso, expected) => {
    expect(formatExpires(new Date(iso))).toBe(expected);
  });

  it('is read back unchanged, and Go would reprint it unchanged', () => {
    const range = { min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const text = formatExpires(date);
        expect(parseExpires(text)).toEqual(date);
        expect(goExpires(text)).toBe(text);
      }),
    );
  });

  it('refuses dates that RFC 3339 cannot say', () => {
    expect(() => formatExpires(new Date(NaN))).toThrow(MetadataError);
    expect(() => formatExpires(new Date(8.64e15))).toThrow(/years 0 to 9999/);
  });
});

describe('reading an expiry', () => {
  it.each([
    ['2029-11-22T12:04:14.03393932Z', '2029-11-22T12:04:14.033Z'],
    ['2036-11-20T17:57:42.367752077+05:30', '2036-11-20T12:27:42.367Z'],
    ['2030-01-01T00:30:00+02:00', '2029-12-31T22:30:00.000Z'],
    ['2030-01-01T00:00:00-00:01', '2030-01-01T00:01:00.000Z'],
    ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['2030-01-01T00:00:00.9Z', '2030-01-01T00:00:00.900Z'],
  ])('takes %s', (text, expected) => {
    expect(parseExpires(text).toISOString()).toBe(expected);
  });

  it.each([
    '',
    '2030',
    '2030-01-01',
    '2030-01-01 00:00:00Z',
    '2030-01-01T00:00:00',
    '2030-01-01T00:00:00z',
    '2030-01-01t00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-02-29T00:00:00Z',
    '2030-00-10T00:00:00Z',
    '2030-01-01T24:00:00Z',
    '2030-01-01T00:60:00Z',
    '2030-01-01T00:00:60Z',
    '2030-01-01T00:00:00,5Z',
    '2030-01-01T00:00:00.Z',
    '2030-01-01T00:00:00.1234567890Z',
    '2030-01-01T00:00:00+2:00',
    '2030-01-01T00:00:00+24:00',
    '2030-01-01T00:00:00+01:60',
    '02030-01-01T00:00:00Z',
    ' 2030-01-01T00:00:00Z',
  ])('refuses "%s"', (text) => {
    expect(() => parseExpires(text)).toThrow(/is not an RFC 3339 time/);
  });

  it.each([
    ['2030-01-01T00:00:00.000Z', '2030-01-01T00:00:00Z'],
    ['2030-01-01T00:00:00.120Z', '2030-01-01T00:00:00.12Z'],
    ['2030-01-01T00:00:00+00:00', '2030-01-01T00:00:00Z'],
    ['2030-01-01T00:00:10.500+02:00', '2030-01-01T00:00:10.5+02:00'],
    ['2030-01-01T00:00:00+02:00', '2030-01-01T00:00:00+02:00'],
    ['2030-01-01T00:00:00-00:30', '2030-01-01T00:00:00-00:30'],
  ])('%s would be reprinted by Go as %s', (text, expected) => {
    expect(goExpires(text)).toBe(expected);
  });
});
