import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import {
  dockerLikeRepository,
  fileOf,
  inDays,
  now,
  RepositoryBuilder,
  targetOf,
  trustFiles,
  type BuildOptions,
  type Files,
} from '../repository-builder.js';
import { ecdsaKey, ed25519Key, rootKey, withPublicKey } from '../test-keys.js';
import { expectRefusal } from './expect-refusal.js';

type Raw = Record<string, unknown>;
const baseFiles = ['root', 'timestamp', 'snapshot', 'targets'] as const;
const everyFile = [...baseFiles, 'targets/releases'] as const;

function corrupt(files: Files, role: string, change: (text: string) => string): Files {
  return new Map(files).set(role, Buffer.from(change(fileOf(files, role).toString('utf8'))));
}

/** Edits the signed content of one role, then signs it properly. */
function edited(role: string, change: (signed: Raw) => unknown): BuildOptions {
  return { edit: { [role]: (signed: never) => change(signed) } };
}

function refuses(files: Files, code: ErrorCode, rule: RegExp): void {
  expectRefusal(() => trustFiles(files), code, rule);
}

describe('an honest collection', () => {
  it('is trusted, with every role in the view', () => {
    const view = trustFiles(dockerLikeRepository().build());
    expect([...view.targets.keys()]).toEqual(['targets', 'targets/releases', 'targets/alice']);
    expect(view.warnings).toEqual([]);
    expect(view.pinnedBy.kind).toBe('first-use');
  });
});

describe.each(everyFile)('a tampered %s', (role) => {
  const repository = dockerLikeRepository();
  const files = repository.build();
  const isHashed = role !== 'root' && role !== 'timestamp';

  it('is refused when a byte of its content changed on the way', () => {
    const broken = corrupt(files, role, (text) => text.replace(/"version":1/, '"version":2'));
    refuses(
      broken,
      'TRUST_DATA_INVALID',
      new RegExp(isHashed ? `${role}: its sha256` : `${role}:`),
    );
  });

  it('is refused when it was made longer', () => {
    const broken = corrupt(files, role, (text) => `${text} `);
    // White space does not touch what is signed; only the hash of a listed file binds it.
    const rule = role === 'root' ? /root: it is not the root of this snapshot/ : /more than \d+/;
    if (role === 'timestamp') expect(trustFiles(broken).targets.size).toBe(3);
    else refuses(broken, 'TRUST_DATA_INVALID', rule);
  });

  it.each([
    ['cut JSON', (text: string) => text.slice(5)],
    ['no JSON', () => 'not json'],
    ['an empty file', () => ''],
    ['a list', () => '[]'],
    ['signed null', () => '{"signed":null,"signatures":[]}'],
    ['two signed members', (text: string) => text.replace('{', '{"signed":{},')],
    ['Signed besides signed', (text: string) => text.replace('{', '{"Signed":{},')],
    [
      'signatures that are no list',
      (t: string) => t.replace(/"signatures":\[.*\]/, '"signatures":{}'),
    ],
    [
      'unpadded base64',
      (text: string) => text.replace(/=*"\}\]\}$/, '"}]}').replace(/.("\}\]\})$/, '$1'),
    ],
  ])('is refused as %s even if its parents vouch for it', (_case, wire) => {
    const broken = repository.build({ wire: { [role]: wire } });
    refuses(broken, 'TRUST_DATA_INVALID', new RegExp(`: ${role}: `));
  });

  it.each([
    ['a wrong _type', (signed: Raw) => ({ ...signed, _type: 'Mirrors' }), /_type is "Mirrors"/],
    ['a lower-case _type', (s: Raw) => ({ ...s, _type: String(s._type).toLowerCase() }), /_type/],
    ['_type as a number', (signed: Raw) => ({ ...signed, _type: 1 }), /_type is a number/],
    ['version 0', (signed: Raw) => ({ ...signed, version: 0 }), /version is 0/],
    ['a negative version', (signed: Raw) => ({ ...signed, version: -1 }), /version is -1/],
    ['a version as text', (signed: Raw) => ({ ...signed, version: '1' }), /version is a string/],
    ['no version', (signed: Raw) => ({ ...signed, version: null }), /version is 0/],
    ['expires as a number', (signed: Raw) => ({ ...signed, expires: 1 }), /expires is a number/],
    ['an unreadable expiry', (s: Raw) => ({ ...s, expires: '2030-13-01T00:00:00Z' }), /RFC 3339/],
    ['Version besides version', (signed: Raw) => ({ ...signed, Version: 9 }), /"Version" besides/],
  ])('is refused with %s although signed', (_case, change, rule) => {
    const broken = repository.build(edited(role, change));
    refuses(broken, 'TRUST_DATA_INVALID', rule);
    refuses(broken, 'TRUST_DATA_INVALID', new RegExp(`: ${role}: `));
  });

  it('is refused without any signature', () => {
    const broken = repository.build({ signers: { [role]: [] } });
    refuses(broken, 'TRUST_DATA_INVALID', new RegExp(`${role}: it has no signatures`));
  });

  it('is accepted with white space, other member order and unknown fields', () => {
    const wire = (text: string): string => {
      const { signed, signatures } = JSON.parse(text) as { signed: unknown; signatures: unknown };
      return `\n${JSON.stringify({ extra: 1, signatures, signed }, null, 2)}\n`;
    };
    const view = trustFiles(
      repository.build({
        ...edited(role, (s) => ({ ...s, spec_version: '1.0.0' })),
        wire: { [role]: wire },
      }),
    );
    expect(view.targets.has('targets/releases')).toBe(true);
  });
});

describe.each(baseFiles)('signatures of %s', (role) => {
  const member = role === 'targets' ? 'targetsRole' : role;

  it('do not count when they are by an unknown key', () => {
    const stranger = role === 'root' ? rootKey('contoso.azurecr.io/team/app') : ecdsaKey();
    const files = new RepositoryBuilder().build({ signers: { [role]: [stranger] } });
    refuses(files, 'TRUST_DATA_INVALID', new RegExp(`${role}: .*threshold: 0 of 1`));
  });

  it('do not count when another key signed under the right ID', () => {
    const repository = new RepositoryBuilder();
    const [right] = repository[member].keys;
    const forged = { ...ed25519Key(), keyId: right?.keyId ?? '' };
    const files = repository.build({ signers: { [role]: [forged] } });
    refuses(files, 'TRUST_DATA_INVALID', new RegExp(`${role}: .*threshold: 0 of 1`));
  });

  it('are an error when a key is listed under an ID that is not its own', () => {
    const repository = new RepositoryBuilder();
    const [right] = repository[member].keys;
    if (right === undefined) throw new Error('no key');
    const mislabelled = { ...right, keyId: 'ab'.repeat(32) };
    repository[member].keys = [mislabelled];
    refuses(
      repository.build(),
      'TRUST_DATA_INVALID',
      new RegExp(`${role}: the key ID abab.* not valid`),
    );
  });

  it('reach a threshold of two with two keys only, however often one signs', () => {
    const repository = new RepositoryBuilder();
    const second = role === 'root' ? rootKey('contoso.azurecr.io/team/app') : ecdsaKey();
    const [first] = repository[member].keys;
    if (first === undefined) throw new Error('no key');
    repository[member].keys = [first, second];
    repository[member].threshold = 2;
    expect(trustFiles(repository.build()).targets.size).toBe(1);
    for (const signers of [[first], [second, second]]) {
      const files = repository.build({ signers: { [role]: signers } });
      refuses(files, 'TRUST_DATA_INVALID', new RegExp(`${role}: .*threshold: 1 of 2`));
    }
  });

  it('may be accompanied by others that mean nothing', () => {
    const repository = new RepositoryBuilder();
    const signers = [ecdsaKey(), ...repository[member].keys, ed25519Key()];
    expect(trustFiles(repository.build({ signers: { [role]: signers } })).targets.size).toBe(1);
  });

  it('cannot meet a threshold of zero', () => {
    const repository = new RepositoryBuilder();
    repository[member].threshold = 0;
    refuses(repository.build(), 'TRUST_DATA_INVALID', /root: the threshold of \w+ is 0/);
  });

  it('expire on the very date and not before', () => {
    const repository = new RepositoryBuilder();
    repository[member].expires = now;
    expect(trustFiles(repository.build()).targets.size).toBe(1);
    repository[member].expires = new Date(now.getTime() - 1);
    const date = '2026-11-24T11:59:59.999Z';
    refuses(repository.build(), 'TRUST_DATA_EXPIRED', new RegExp(`${role} expired at ${date}`));
  });

  it('are worthless on a document without an expiry', () => {
    const files = new RepositoryBuilder().build(
      edited(role, ({ expires: _expires, ...rest }) => rest),
    );
    refuses(files, 'TRUST_DATA_EXPIRED', new RegExp(`${role} expired at 0001-01-01`));
  });

  it('can be looked at after expiry for diagnosis', () => {
    const repository = new RepositoryBuilder();
    repository[member].expires = inDays(-3);
    const view = trustFiles(repository.build(), { expiry: 'report' });
    expect(view.warnings).toEqual([
      {
        kind: 'expired',
        role,
        message: `${role} of ${view.gun} expired at 2026-11-21T12:00:00.000Z`,
      },
    ]);
  });
});

describe('files that do not belong together', () => {
  const repository = dockerLikeRepository();
  const before = repository.build();
  repository.targets['2.0'] = targetOf('image 2.0');
  for (const each of [repository.targetsRole, repository.snapshot, repository.timestamp]) {
    each.version += 1;
  }
  const after = repository.build();

  it.each(['snapshot', 'targets'])('are refused: an older %s', (role) => {
    const mixed = new Map(after).set(role, fileOf(before, role));
    refuses(mixed, 'TRUST_DATA_INVALID', new RegExp(`${role}: its sha256 does not match`));
  });

  it('are refused: a delegation of another repository', () => {
    const mixed = new Map(after).set(
      'targets/alice',
      fileOf(dockerLikeRepository().build(), 'targets/alice'),
    );
    refuses(mixed, 'TRUST_DATA_INVALID', /targets\/alice: its sha256 does not match/);
  });

  it('are refused: a root that the snapshot does not name', () => {
    repository.root.version += 1;
    const mixed = new Map(after).set('root', fileOf(repository.build(), 'root'));
    repository.root.version -= 1;
    refuses(mixed, 'TRUST_DATA_INVALID', /root: it is not the root of this snapshot/);
  });

  it('are refused: a snapshot that is larger than the timestamp says', () => {
    const files = repository.build(
      edited('timestamp', (signed) => {
        const meta = signed.meta as { snapshot: { length: number } };
        meta.snapshot.length -= 1;
        return signed;
      }),
    );
    refuses(files, 'TRUST_DATA_INVALID', /snapshot: it is \d+ bytes long, more than \d+/);
  });

  it('are accepted when only a stated length is larger: hashes bind, as in Notary', () => {
    const files = repository.build(
      edited('timestamp', (signed) => {
        const meta = signed.meta as { snapshot: { length: number } };
        meta.snapshot.length += 100;
        return signed;
      }),
    );
    expect(trustFiles(files).targets.size).toBe(3);
  });

  it('are refused: a timestamp larger than a megabyte', () => {
    const wire = { timestamp: (text: string) => text + ' '.repeat(1024 * 1024) };
    refuses(repository.build({ wire }), 'TRUST_DATA_INVALID', /timestamp: it is \d+ bytes long/);
  });

  it.each([
    ['timestamp', 'snapshot'],
    ['snapshot', 'root'],
    ['snapshot', 'targets'],
  ])('are refused: a %s without a usable hash of %s', (role, listed) => {
    const change = (alter: (entry: Raw) => unknown) =>
      repository.build(
        edited(role, (signed) => {
          const meta = signed.meta as Record<string, Raw>;
          meta[listed] = alter(meta[listed] ?? {}) as Raw;
          return signed;
        }),
      );
    const sha512 = Buffer.alloc(64).toString('base64');
    const rule = new RegExp(`${role}: signed.meta lists ${listed} without a sha256`);
    refuses(
      change(() => ({ length: 9, hashes: { sha512 } })),
      'TRUST_DATA_INVALID',
      rule,
    );
    refuses(
      change(() => ({ length: 9, hashes: null })),
      'TRUST_DATA_INVALID',
      rule,
    );
    const short = { length: 9, hashes: { sha256: 'AAAA' } };
    refuses(
      change(() => short),
      'TRUST_DATA_INVALID',
      /sha256 of the wrong length/,
    );
    refuses(
      change((entry) => [entry]),
      'TRUST_DATA_INVALID',
      /is a list, not an object/,
    );
  });

  it('are refused: a right sha256 beside a wrong sha512', () => {
    const files = repository.build(
      edited('timestamp', (signed) => {
        const meta = signed.meta as { snapshot: { hashes: Record<string, string> } };
        meta.snapshot.hashes.sha512 = Buffer.alloc(64).toString('base64');
        return signed;
      }),
    );
    refuses(files, 'TRUST_DATA_INVALID', /snapshot: its sha512 does not match/);
  });

  it.each(['root', 'targets'])('are refused: a snapshot without %s', (listed) => {
    const files = repository.build(
      edited('snapshot', (signed) => {
        const meta = Object.entries(signed.meta as Raw).filter(([name]) => name !== listed);
        return { ...signed, meta: Object.fromEntries(meta) };
      }),
    );
    refuses(files, 'TRUST_DATA_INVALID', new RegExp(`snapshot: signed.meta lacks ${listed}`));
  });
});

describe('a root of broken structure', () => {
  it.each(['root', 'targets', 'snapshot', 'timestamp'])('is refused: no role %s', (name) => {
    const files = new RepositoryBuilder().build(
      edited('root', (signed) => {
        const roles = Object.entries(signed.roles as Raw).filter(([role]) => role !== name);
        return { ...signed, roles: Object.fromEntries(roles) };
      }),
    );
    refuses(files, 'TRUST_DATA_INVALID', new RegExp(`root: signed.roles lacks ${name}`));
  });

  it('is refused: a role whose key is missing', () => {
    const files = new RepositoryBuilder().build(
      edited('root', (signed) => ({ ...signed, keys: {} })),
    );
    refuses(files, 'TRUST_DATA_INVALID', /root: the key "[0-9a-f]{64}" of root is not among/);
  });

  it('is refused: a key that carries a private part', () => {
    const files = new RepositoryBuilder().build(
      edited('root', (signed) => {
        const keys = signed.keys as Record<string, { keyval: Raw }>;
        for (const key of Object.values(keys)) key.keyval.private = 'AAAA';
        return signed;
      }),
    );
    refuses(files, 'TRUST_DATA_INVALID', /root: signed.keys\[.*\] holds a private key/);
  });

  it('never verifies with a key of unknown type', () => {
    const repository = new RepositoryBuilder();
    const [key] = repository.targetsRole.keys;
    if (key === undefined) throw new Error('no key');
    repository.targetsRole.keys = [withPublicKey(key, { ...key.publicKey, keytype: 'ecdsa-next' })];
    refuses(repository.build(), 'TRUST_DATA_INVALID', /targets: .*threshold: 0 of 1/);
  });
});
