import { describe, expect, it } from 'vitest';
import { code, escape } from '../../src/report/text.js';
import { oneLine } from '../../src/http/index.js';
import { maskedForms, SecretMasker } from '../../src/hosts/secret-masker.js';
import { sanitizeLines } from '../../src/hosts/sanitize-output.js';

const secret = 'p@ss w0rd+/"ü~Xy';

describe('a masked secret', () => {
  const masker = new SecretMasker();
  masker.add(secret);

  it.each([
    ['as it is', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
  ])('is blotted out %s', (_, form) => {
    expect(masker.redact(`<${form}>`)).toBe('<***>');
  });

  it.each(['', 'u', 'us', 'user:', '00000000-0000-0000-0000-000000000000:'])(
    'is blotted out of the base64 of "%s" and the secret',
    (prefix) => {
      for (const encoding of ['base64', 'base64url'] as const) {
        const encoded = Buffer.from(`${prefix}${secret}`).toString(encoding);
        const redacted = masker.redact(encoded);
        expect(redacted).toContain('***');
        const left = Buffer.from(redacted.split('***')[1] ?? '', 'base64').toString();
        expect(left.length).toBeLessThanOrEqual(3);
        expect(Buffer.from(redacted.split('***')[0] ?? '', 'base64').length).toBeLessThanOrEqual(
          prefix.length + 1,
        );
      }
    },
  );

  it('is blotted out before a marker in it is broken up', () => {
    const odd = new SecretMasker();
    odd.add('::x##vso[secret');
    expect(sanitizeLines('::x##vso[secret', odd)).toEqual(['***']);
  });
});

describe('a secret of several lines', () => {
  const pem =
    '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\r\nByqGSM49AgEG\n-----END PRIVATE KEY-----\n';

  it('is masked line by line, its public frame left readable', () => {
    const masker = new SecretMasker();
    masker.add(pem);
    expect(masker.redact('MIGHAgEAMBMG / ByqGSM49AgEG')).toBe('*** / ***');
    expect(masker.redact('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----');
  });

  it('leaves the headers of a Docker key readable', () => {
    const masker = new SecretMasker();
    masker.add(
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\ngun: contoso.azurecr.io/team/app\nrole: targets\n\nMIGHAgEAMBMG\n-----END ENCRYPTED PRIVATE KEY-----\n',
    );
    expect(masker.redact('role: targets/ci MIGHAgEAMBMG')).toBe('role: targets/ci ***');
  });

  it('has only forms of one line, as hosts refuse others', () => {
    expect(maskedForms(pem).filter((form) => /[\r\n]/.test(form))).toEqual([]);
  });

  it('is masked as one base64 text and as one JSON text', () => {
    const masker = new SecretMasker();
    masker.add(pem);
    expect(masker.redact(JSON.stringify(pem.trim()))).toBe('"***"');
    expect(masker.redact(Buffer.from(pem).toString('base64'))).toMatch(/^\*\*\*.{0,4}$/);
  });
});

describe('masks', () => {
  it('are not made of values that protect nothing', () => {
    expect(['', ' ', 'a', 'abc', ' ab '].flatMap((value) => maskedForms(value))).toEqual([]);
  });

  it('replace a secret that contains another as a whole', () => {
    const masker = new SecretMasker();
    masker.add('hunter');
    masker.add('hunter2-long');
    expect(masker.redact('hunter2-long hunter')).toBe('*** ***');
  });

  it('tell each form once', () => {
    const masker = new SecretMasker();
    expect(masker.add('correct horse')).toContain('correct horse');
    expect(masker.add('correct horse')).toEqual([]);
  });

  it('bear what would be a pattern, and half a surrogate pair', () => {
    const masker = new SecretMasker();
    masker.add('(.*)+[x]');
    masker.add('half\ud800');
    expect(masker.redact('all (.*)+[x] here')).toBe('all *** here');
  });
});

describe('a secret in the escapes of any format', () => {
  const odd = 'a"b\\c<d>&e|f`g\'h\u00fc\ud83d\ude80%41 i';
  const masker = new SecretMasker();
  masker.add(odd);
  const hex = (text: string, prefix: string, width: number): string =>
    text
      .split('')
      .map((unit) => prefix + unit.charCodeAt(0).toString(16).padStart(width, '0'))
      .join('');
  const html = odd
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

  it.each([
    ['plain', odd],
    ['JSON', JSON.stringify(odd).slice(1, -1)],
    ['JSON within JSON', JSON.stringify(JSON.stringify(odd)).slice(3, -3)],
    ['JSON in ASCII', hex(odd, '\\u', 4)],
    ['JSON in ASCII, in capitals', hex(odd, '\\u', 4).toUpperCase().replaceAll('\\U', '\\u')],
    ['HTML', html],
    [
      'HTML by numbers',
      Array.from(odd)
        .map((c) => `&#${c.codePointAt(0) ?? 0};`)
        .join(''),
    ],
    ['HTML in JSON', JSON.stringify(html).slice(1, -1)],
    ['Markdown', escape(odd)],
    ['Markdown code', code(odd).slice(1, -1)],
    [
      'Mermaid',
      Array.from(odd)
        .map((c) => `#${c.codePointAt(0) ?? 0};`)
        .join(''),
    ],
    ['percent encoding', encodeURIComponent(odd)],
    ['percent encoding, small', encodeURIComponent(odd).toLowerCase()],
    ['percent encoding, twice', encodeURIComponent(encodeURIComponent(odd))],
    ['a form', new URLSearchParams([['', odd]]).toString().slice(1)],
    ['an annotation of GitHub', odd.replaceAll('%', '%25')],
  ])('is blotted out: %s', (_, form) => {
    const redacted = masker.redact(`before: ${form} :after`);
    expect(redacted).toBe('before: *** :after');
  });

  it('with a line end is blotted out where the lines are joined', () => {
    const two = new SecretMasker();
    two.add('first half\nsecond half');
    expect(two.redact('(first half second half)')).toBe('(***)');
    expect(two.redact(String.raw`(first half\nsecond half)`)).toBe('(***)');
  });
});

describe('a piece of a secret', () => {
  const key = 'xK8Q~aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW';

  it.each([
    ['its beginning, as a cut leaves it', `${key.slice(0, 12)}...`, '***...'],
    ['its end', `...${key.slice(-15)}`, '...***'],
    ['its middle', `(${key.slice(5, 30)})`, '(***)'],
  ])('is blotted out where nobody could have typed it by chance: %s', (_, text, redacted) => {
    const masker = new SecretMasker();
    masker.add(key);
    expect(masker.redact(text)).toBe(redacted);
  });

  it('is blotted out wherever in the secret it begins, and no less than all of it', () => {
    const masker = new SecretMasker();
    masker.add(key);
    for (let start = 0; start + 12 <= key.length; start += 1) {
      const piece = key.slice(start, start + 12);
      expect(masker.redact(`(${piece})`), piece).toBe('(***)');
      expect(masker.redact(piece.slice(1)), piece).toBe(piece.slice(1));
    }
  });

  it('is left where it may be a word or a name', () => {
    const masker = new SecretMasker();
    masker.add('contoso-production-passphrase');
    expect(masker.redact('contoso-production/app')).toBe('contoso-production/app');
  });
});

describe('a secret of many lines', () => {
  it('is blotted out, however many they are', () => {
    const masker = new SecretMasker();
    masker.add(Array.from({ length: 3_000 }, (_, line) => `secret line ${line}`).join('\n'));
    expect(masker.redact('this is secret line 2999.')).toBe('this is ***.');
  });
});

describe('a secret at which the words of a server were cut', () => {
  const words = 'correct "horse\\battery <staple> & größe';
  const masker = new SecretMasker();
  masker.add(words);
  const inHtml = (text: string): string =>
    text.replace(/[^a-z ]/g, (one) => `&#${one.charCodeAt(0)};`);

  it.each<[string, string, (text: string) => string]>([
    ['as it is', words, (text) => text],
    ['in JSON', JSON.stringify(words).slice(1, -1), (text) => JSON.parse(`"${text}"`) as string],
    ['in HTML', inHtml(words), (text) => text],
    ['in a URL', encodeURIComponent(words), decodeURIComponent],
    ['in JSON, the summary', JSON.stringify(words).slice(1, -1), escape],
    ['in HTML, the summary', inHtml(words), escape],
  ])('is blotted out wherever that was: %s', (_, form, write) => {
    for (let before = 600 - form.length; before < 600; before += 1) {
      for (const gap of [' ', '']) {
        const cut = oneLine(`${'x'.repeat(before - gap.length)}${gap}${form} and more`);
        const left = masker.redact(write(cut)).replace(/^x+|\*{3}|\.{3}$/g, '');
        // Three letters give nothing away.
        expect(left.replace(/&amp;|[^a-zßö]/g, '').length, cut.slice(before)).toBeLessThan(4);
      }
    }
  });

  it('is not taken for one where nothing was cut', () => {
    expect(masker.redact('it is correct')).toBe('it is correct');
    expect(masker.redact('incorrectly ...')).toBe('incorrectly ...');
  });
});

describe('a secret in HTML that was escaped once more', () => {
  it.each(['&amp;#34;', '&#38;#34;', '&#x26;#34;', '%26%2334;', '&amp;amp;#34;', '\\u0026#34;'])(
    'is blotted out with %s for a quotation mark',
    (mark) => {
      const masker = new SecretMasker();
      masker.add('one"of&ours');
      expect(masker.redact(`<one${mark}of&amp;ours>`)).toBe('<***>');
    },
  );
});
