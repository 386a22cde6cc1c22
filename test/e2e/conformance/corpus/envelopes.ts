/** Documents: JSON as it should not be, unknown fields, and other content than expected. */
import { canonicalJson, type TargetsSigned } from '../../../../src/trust/metadata/index.js';
import { targetOf } from '../../../trust/repository-builder.js';
import { signatureOf } from '../../../trust/test-keys.js';
import type { Verdict } from '../verdict.js';
import { built, edited, plain, rewritten, type Case, type Chapter } from './types.js';

const roles = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** Every base role in turn gets the same treatment. */
const everywhere = (name: string, pull: Verdict, wire: (text: string) => string): readonly Case[] =>
  roles.map((role) => rewritten(`${role} ${name}`, pull, role, wire));

const targets = (name: string, pull: Verdict, wire: (text: string) => string): Case =>
  rewritten(name, pull, 'targets', wire);

const signedNull = (text: string): string =>
  text.replace(/"signed":\{.*\},"signatures"/, '"signed":null,"signatures"');

/** The same content in another notation, signatures as they were. */
const reprinted = (print: (value: unknown) => string) => (text: string) =>
  print(JSON.parse(text) as unknown);

const backwards = (value: unknown): unknown => {
  if (Array.isArray(value)) return (value as unknown[]).map(backwards);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, backwards(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? 1 : -1)));
};

const notation: readonly Case[] = [
  ...everywhere('is no JSON', 'invalid', (text) => text.slice(5)),
  ...everywhere('has blanks around it', 'image 1.0', (text) => ` \n${text} \n`),
  ...everywhere(
    'is printed prettily',
    'image 1.0',
    reprinted((v) => JSON.stringify(v, null, 2)),
  ),
  ...everywhere(
    'has its keys in another order',
    'image 1.0',
    reprinted((v) => JSON.stringify(backwards(v))),
  ),
  targets('more JSON after the document', 'invalid', (text) => `${text}{}`),
  targets('a comma too many', 'invalid', (text) => text.replace(/\}$/, ',}')),
  targets('a byte order mark', 'invalid', (text) => `\ufeff${text}`),
  targets('the whole is null', 'invalid', () => 'null'),
  targets('the whole is a list', 'invalid', (text) => `[${text}]`),
  targets('the whole is text', 'invalid', (text) => JSON.stringify(text)),
  targets('names written with escapes', 'image 1.0', (text) =>
    text.replace('"targets":', '"\\u0074argets":'),
  ),
  targets('slashes escaped', 'image 1.0', (text) => text.replaceAll('/', '\\/')),
];

const envelope: readonly Case[] = [
  ...everywhere('has signed null', 'invalid', signedNull),
  targets('signed is missing', 'invalid', (text) => text.replace('"signed":', '"sined":')),
  targets('signed is a list', 'invalid', (text) =>
    text.replace(/"signed":(\{.*\}),"signatures"/, '"signed":[$1],"signatures"'),
  ),
  targets('signatures are missing', 'invalid', (text) => text.replace('"signatures":', '"signs":')),
  targets('an unknown field beside signed', 'image 1.0', (text) =>
    text.replace(/\}$/, ',"more":1}'),
  ),
  targets('signed twice, the second one true', 'invalid', (text) =>
    text.replace('{"signed":', '{"signed":{"_type":"Targets","version":1},"signed":'),
  ),
  targets('signed twice, the first one true', 'invalid', (text) =>
    text.replace(/\}$/, ',"signed":{"_type":"Targets","version":1}}'),
  ),
  targets('Signed beside signed', 'invalid', (text) =>
    text.replace('{"signed":', '{"Signed":{"_type":"Targets","version":1},"signed":'),
  ),
  targets('a changed byte in signed', 'invalid', (text) =>
    text.replace('"length":9', '"length":8'),
  ),
  targets('an unsigned field added to signed', 'invalid', (text) =>
    text.replace('{"signed":{', '{"signed":{"more":1,'),
  ),
];

const edit = (name: string, pull: Verdict, change: (signed: TargetsSigned) => unknown): Case =>
  edited(name, pull, 'targets', change);

const common: readonly Case[] = [
  ...roles.flatMap((role) => [
    edited(`${role} with unknown fields`, 'image 1.0', role, (signed: object) => ({
      ...signed,
      spec_version: '1.0.0',
      more: { deep: [1, null, 'x'] },
    })),
    edited(`${role} of a type in small letters`, 'invalid', role, (signed: { _type: string }) => ({
      ...signed,
      _type: signed._type.toLowerCase(),
    })),
    edited(`${role} of the type of another`, 'invalid', role, (signed: { _type: string }) => ({
      ...signed,
      _type: signed._type === 'Root' ? 'Targets' : 'Root',
    })),
    ...[0, -1].map((version) =>
      edited(`${role} with version ${version}`, 'invalid', role, (signed: object) => ({
        ...signed,
        version,
      })),
    ),
    edited(`${role} without version`, 'invalid', role, (signed: object) => ({
      ...signed,
      version: undefined,
    })),
    edited(`${role} with a version as text`, 'invalid', role, (signed: object) => ({
      ...signed,
      version: '1',
    })),
  ]),
  edit('targets without type', 'invalid', (signed) => ({ ...signed, _type: undefined })),
  edit('targets with a type that is no text', 'invalid', (signed) => ({ ...signed, _type: 1 })),
  targets('a version with a fraction', 'invalid', (text) =>
    text.replace('"version":1', '"version":1.0'),
  ),
  targets('a version with an exponent', 'invalid', (text) =>
    text.replace('"version":1', '"version":1e0'),
  ),
  targets('a version beyond what is exact', 'invalid', (text) =>
    text.replace('"version":1', '"version":9007199254740993'),
  ),
  edit('a large version', 'image 1.0', (signed) => ({ ...signed, version: 2 ** 31 + 5 })),
  edit('VERSION beside version', 'invalid', (signed) => ({ ...signed, VERSION: 7 })),
  edit('Expires beside expires', 'invalid', (signed) => ({
    ...signed,
    Expires: '2031-01-01T00:00:00Z',
  })),
];

/** The bytes of `signed` are written by hand and signed as they canonicalise. */
function handwritten(
  name: string,
  pull: Verdict,
  write: (canonical: string) => string,
  formOf = (body: string) => canonicalJson(JSON.parse(body) as never),
): Case {
  return {
    name,
    pull,
    serve: (repository) => {
      const [key] = plain(repository).targetsRole.keys;
      return repository.build({
        wire: {
          targets: (text) => {
            const { signed } = JSON.parse(text) as { signed: unknown };
            const body = write(canonicalJson(signed as never).toString('utf8'));
            const signature = key && signatureOf(key, formOf(body));
            return `{"signed":${body},"signatures":${JSON.stringify([signature])}}`;
          },
        },
      });
    },
  };
}

const withEntry = (entry: string) => (text: string) =>
  text.replace('"targets":{', `"targets":{${entry},`);
const target = JSON.stringify(targetOf('other image'));

const content: readonly Case[] = [
  edit('targets null', 'unsigned', (signed) => ({ ...signed, targets: null })),
  edit('targets left out', 'unsigned', (signed) => ({ ...signed, targets: undefined })),
  edit('targets as a list', 'invalid', (signed) => ({ ...signed, targets: [] })),
  edit('a target null', 'invalid', (signed) => ({ ...signed, targets: { '1.0': null } })),
  edit('a target as text', 'invalid', (signed) => ({ ...signed, targets: { '1.0': 'x' } })),
  edit('another target null', 'invalid', (signed) => ({
    ...signed,
    targets: { ...signed.targets, '2.0': null },
  })),
  edit('a target without length', 'image 1.0', (signed) => ({
    ...signed,
    targets: { '1.0': { hashes: signed.targets['1.0']?.hashes } },
  })),
  edit('a target with unknown fields', 'image 1.0', (signed) => ({
    ...signed,
    targets: { '1.0': { ...signed.targets['1.0'], more: true } },
  })),
  edit('a target with custom data', 'image 1.0', (signed) => ({
    ...signed,
    targets: { '1.0': { ...signed.targets['1.0'], custom: { a: [1, { b: null }] } } },
  })),
  ...[
    '__proto__',
    'constructor',
    'häßlich',
    '😀',
    '\ue000',
    'a<b>&c',
    'a\u2028b',
    'a"b\\c',
    '/',
  ].map((name) =>
    built(`a tag named ${JSON.stringify(name)} besides`, 'image 1.0', {
      edit: {
        targets: (signed: TargetsSigned) => ({
          ...signed,
          targets: Object.fromEntries([
            ...Object.entries(signed.targets),
            [name, targetOf('other image')],
          ]),
        }),
      },
    }),
  ),
  handwritten(
    'a float in custom data',
    'invalid',
    withEntry(`"2.0":{"custom":1.5,"hashes":{},"length":1}`),
    (body) => Buffer.from(body),
  ),
  handwritten('a lone surrogate in a name', 'invalid', withEntry(`"\\ud800":${target}`)),
  handwritten('a tag twice', 'invalid', withEntry(`"1.0":${target}`)),
  handwritten('a control character in a name', 'image 1.0', withEntry(`"a\\u0001b":${target}`)),
  handwritten('Hashes beside hashes', 'invalid', (text) =>
    text.replace(
      '"hashes":',
      `"Hashes":${JSON.stringify(targetOf('other image').hashes)},"hashes":`,
    ),
  ),
];

export const envelopes: readonly Chapter[] = [
  { title: 'Notation', cases: notation },
  { title: 'Envelopes', cases: envelope },
  { title: 'Common fields', cases: common },
  { title: 'Content of targets', cases: content },
];
