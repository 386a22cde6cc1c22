/** Delegations: who comes first, how far they reach, and what is skipped or refused. */
import type { RoleName, TargetsSigned } from '../../../../src/trust/metadata/index.js';
import {
  targetOf,
  type BuildOptions,
  type Files,
  type RepositoryBuilder,
} from '../../../trust/repository-builder.js';
import {
  ecdsaKey,
  ed25519Key,
  makeCertificate,
  rsaKey,
  withCertificates,
} from '../../../trust/test-keys.js';
import { fails } from '../trust-server.js';
import type { Verdict } from '../verdict.js';
import { daysFrom, plain, replaced, type Case, type Chapter } from './types.js';

const releases = 'targets/releases';
const one = { '1.0': targetOf('image 1.0') };
const other = { '1.0': targetOf('other image') };

/** `targets` holds `fallback` under 1.0 unless told otherwise; delegations as `add` makes them. */
function delegated(
  name: string,
  verdicts: Verdict | readonly [pull: Verdict, lookup: Verdict],
  add: (repository: RepositoryBuilder) => void,
  options: BuildOptions = {},
): Case {
  const [pull, lookup] = typeof verdicts === 'string' ? [verdicts, verdicts] : verdicts;
  return {
    name,
    pull,
    lookup,
    serve: (repository): Files => {
      plain(repository).targets = {};
      add(repository);
      return repository.build(options);
    },
  };
}

const priority: readonly Case[] = [
  delegated('releases and targets disagree', ['image 1.0', 'other image'], (repository) => {
    repository.targets = other;
    repository.delegate(releases, { targets: one });
  }),
  delegated('only targets has the tag', 'image 1.0', (repository) => {
    repository.targets = one;
    repository.delegate(releases);
  }),
  delegated('only releases has the tag', 'image 1.0', (repository) => {
    repository.delegate(releases, { targets: one });
  }),
  delegated('only another signer has the tag', ['refused', 'image 1.0'], (repository) => {
    repository.delegate(releases);
    repository.delegate('targets/alice', { targets: one });
  }),
  delegated(
    'another signer is listed before releases',
    ['image 1.0', 'other image'],
    (repository) => {
      repository.delegate('targets/alice', { targets: other });
      repository.delegate(releases, { targets: one });
    },
  ),
  delegated('a role below releases has the tag', ['refused', 'image 1.0'], (repository) => {
    repository.targets = {};
    repository.delegate(releases);
    repository.delegate(`${releases}/qa`, { targets: one });
  }),
  delegated(
    'a role below releases and targets have it',
    ['refused', 'other image'],
    (repository) => {
      repository.targets = other;
      repository.delegate(releases);
      repository.delegate(`${releases}/qa`, { targets: one });
    },
  ),
  delegated(
    'a role two levels down comes after one level down',
    ['refused', 'image 1.0'],
    (repository) => {
      repository.delegate('targets/a');
      repository.delegate('targets/a/deep', { targets: other });
      repository.delegate('targets/b', { targets: one });
    },
  ),
  delegated('no role has the tag', 'unsigned', (repository) => {
    repository.delegate(releases, { targets: { '2.0': targetOf('image 2.0') } });
  }),
  delegated(
    'releases has another digest kind, targets the right one',
    ['refused', 'image 1.0'],
    (repository) => {
      repository.targets = one;
      repository.delegate(releases, {
        targets: {
          '1.0': { length: 9, hashes: { sha512: Buffer.alloc(64, 1).toString('base64') } },
        },
      });
    },
  ),
  delegated('the tag has no digest', 'refused', (repository) => {
    repository.targets = { '1.0': { length: 9, hashes: {} } };
  }),
  delegated('the digest of the tag is too short', 'refused', (repository) => {
    repository.targets = { '1.0': { length: 9, hashes: { sha256: 'AAAA' } } };
  }),
];

const paths: readonly Case[] = [
  delegated('the paths of releases cover the tag', 'image 1.0', (repository) => {
    repository.targets = other;
    repository.delegate(releases, { targets: one, paths: ['2', '1.'] });
    repository.targets = {};
  }),
  delegated('the paths of releases do not cover the tag', 'other image', (repository) => {
    repository.targets = other;
    repository.delegate(releases, { targets: one, paths: ['v'] });
  }),
  delegated('releases has no paths', 'unsigned', (repository) => {
    repository.delegate(releases, { targets: one, paths: [] });
  }),
  delegated('a child reaches further than its parent', 'unsigned', (repository) => {
    repository.delegate('targets/a', { paths: ['v'] });
    repository.delegate('targets/a/b', { targets: one, paths: [''] });
  }),
  delegated('a child reaches less far than its parent', ['refused', 'image 1.0'], (repository) => {
    repository.delegate('targets/a', { paths: ['1'] });
    repository.delegate('targets/a/b', { targets: one, paths: ['1.'] });
  }),
  delegated('a path is no pattern', 'unsigned', (repository) => {
    repository.delegate(releases, { targets: one, paths: ['*'] });
  }),
  delegated(
    'path null',
    'unsigned',
    (repository) => {
      repository.delegate(releases, { targets: one });
    },
    { edit: { targets: (signed: TargetsSigned) => withRoles(signed, () => ({ paths: null })) } },
  ),
];

function withRoles(
  signed: TargetsSigned,
  change: (index: number) => Record<string, unknown>,
): unknown {
  const roles = signed.delegations.roles.map((role, index) => ({ ...role, ...change(index) }));
  return { ...signed, delegations: { ...signed.delegations, roles } };
}

/** `targets` with the old image; `releases` unusable in some way. */
function unusable(
  name: string,
  pull: Verdict,
  change: (repository: RepositoryBuilder) => void,
  options: (repository: RepositoryBuilder) => BuildOptions = () => ({}),
): Case {
  return {
    name,
    pull,
    // notary looks into targets first.
    lookup: pull === 'invalid' ? pull : 'old image',
    serve: (repository): Files => {
      plain(repository).targets = { '1.0': targetOf('old image') };
      repository.delegate(releases, { targets: one });
      change(repository);
      return repository.build(options(repository));
    },
  };
}

const nothing = (): void => undefined;
const wired = (wire: (text: string) => string) => () => ({ wire: { [releases]: wire } });
const signedBy = (repository: RepositoryBuilder) => repository.delegations[0]?.keys ?? [];

const skipped: readonly Case[] = [
  unusable('releases has expired', 'old image', (repository) => {
    for (const role of repository.delegations) role.expires = daysFrom(repository, -1);
  }),
  unusable('releases is signed by a stranger', 'old image', nothing, () => ({
    signers: { [releases]: [ecdsaKey()] },
  })),
  unusable(
    'releases has no signatures',
    'invalid',
    nothing,
    wired((text) => text.replace(/"signatures":\[.*\]/, '"signatures":[]')),
  ),
  unusable(
    'releases misses its threshold',
    'old image',
    (repository) => {
      const [role] = repository.delegations;
      if (role) Object.assign(role, { keys: [ecdsaKey(), ecdsaKey()], threshold: 2 });
    },
    (repository) => ({ signers: { [releases]: signedBy(repository).slice(0, 1) } }),
  ),
  unusable('releases meets its threshold of two', 'image 1.0', (repository) => {
    const [role] = repository.delegations;
    if (role) Object.assign(role, { keys: [ecdsaKey(), rsaKey()], threshold: 2 });
  }),
  unusable('releases is listed but has no file', 'old image', (repository) => {
    for (const role of repository.delegations) role.hasFile = false;
  }),
  unusable(
    'releases is no JSON',
    'invalid',
    nothing,
    wired((text) => text.slice(5)),
  ),
  unusable('releases is of another type', 'invalid', nothing, () => ({
    edit: { [releases]: (signed: object) => ({ ...signed, _type: 'Root' }) },
  })),
  unusable('releases has version 0', 'invalid', nothing, () => ({
    edit: { [releases]: (signed: object) => ({ ...signed, version: 0 }) },
  })),
  unusable(
    'releases is changed after signing',
    'old image',
    nothing,
    wired((text) => text.replace('"length":9', '"length":8')),
  ),
  unusable(
    'releases is null',
    'invalid',
    nothing,
    wired((text) => text.replace(/"signed":\{.*\},"signatures"/, '"signed":null,"signatures"')),
  ),
  {
    name: 'what is below an expired role is skipped with it',
    pull: 'unsigned',
    serve: (repository) => {
      plain(repository).targets = {};
      repository.delegate('targets/a', { expires: daysFrom(repository, -1) });
      repository.delegate('targets/a/b', { targets: one });
      return repository.build();
    },
  },
  {
    name: 'the file of releases is not there',
    pull: 'invalid',
    serve: (repository) => {
      plain(repository).delegate(releases, { targets: one });
      return { files: repository.build(), answers: { [releases]: fails(404) } };
    },
  },
  {
    name: 'the server fails on the file of releases',
    pull: 'invalid',
    serve: (repository) => {
      plain(repository).delegate(releases, { targets: one });
      return { files: repository.build(), answers: { [releases]: fails(503) } };
    },
  },
  {
    name: 'the file of releases has another hash',
    pull: 'invalid',
    serve: (repository) => {
      plain(repository).delegate(releases, { targets: one });
      const files = repository.build();
      const [role] = repository.delegations;
      if (role) role.targets = other;
      return replaced(files, { [releases]: repository.build().get(releases) ?? Buffer.alloc(0) });
    },
  },
];

/** The list of delegations changed before it is signed. */
function relisted(
  name: string,
  pull: Verdict,
  change: (signed: TargetsSigned) => unknown,
  lookup: Verdict = pull,
): Case {
  return delegated(
    name,
    [pull, lookup],
    (repository) => {
      repository.delegate(releases, { targets: one });
    },
    { edit: { targets: change } },
  );
}

const renamed = (name: string) => (signed: TargetsSigned) => withRoles(signed, () => ({ name }));

const listing: readonly Case[] = [
  ...[
    'root',
    'targets',
    'timestamp',
    'releases',
    'targets/a/b',
    'targets/',
    'targets/../root',
    'targets/A',
    'other/a',
    '',
  ].map((name) =>
    relisted(`targets delegates to ${name === '' ? 'no name' : name}`, 'invalid', renamed(name)),
  ),
  relisted('a delegation with the threshold 0', 'invalid', (signed) =>
    withRoles(signed, () => ({ threshold: 0 })),
  ),
  relisted('a delegation without threshold', 'invalid', (signed) =>
    withRoles(signed, () => ({ threshold: undefined })),
  ),
  relisted('a delegation with a key that is not listed', 'invalid', (signed) =>
    withRoles(signed, () => ({ keyids: ['ab'.repeat(32)] })),
  ),
  relisted('a delegation without keys', 'unsigned', (signed) =>
    withRoles(signed, () => ({ keyids: null })),
  ),
  relisted('delegations left out', 'unsigned', (signed) => ({ ...signed, delegations: undefined })),
  relisted('delegations null', 'unsigned', (signed) => ({ ...signed, delegations: null })),
  relisted('roles and keys null', 'unsigned', (signed) => ({
    ...signed,
    delegations: { keys: null, roles: null },
  })),
  relisted('delegations as a list', 'invalid', (signed) => ({ ...signed, delegations: [] })),
  relisted('a delegation with unknown fields', 'image 1.0', (signed) =>
    withRoles(signed, () => ({ terminating: true, path_hash_prefixes: ['00'] })),
  ),
  {
    name: 'releases is listed twice, first with the right key',
    pull: 'invalid',
    serve: (repository) => twice(repository, 'first'),
  },
  {
    name: 'releases is listed twice, first with the wrong key',
    pull: 'unsigned',
    serve: (repository) => twice(repository, 'last'),
  },
  {
    name: 'a file in the snapshot that no role lists',
    pull: 'unsigned',
    serve: (repository) => {
      plain(repository).targets = {};
      repository.delegate(releases, { targets: one });
      return repository.build({
        edit: {
          targets: (signed: TargetsSigned) => ({ ...signed, delegations: { keys: {}, roles: [] } }),
        },
      });
    },
  },
  {
    name: 'releases under a key ID that is not its own',
    pull: 'invalid',
    serve: (repository) => {
      plain(repository).targets = {};
      repository.delegate(releases, {
        targets: one,
        keys: [{ ...ecdsaKey(), keyId: 'ef'.repeat(32) }],
      });
      return repository.build();
    },
  },
];

function twice(repository: RepositoryBuilder, right: 'first' | 'last'): Files {
  plain(repository).targets = {};
  const { keys } = repository.delegate(releases, { targets: one });
  const wrong = { keys: [ecdsaKey()], hasFile: false };
  repository.delegate(releases, wrong);
  if (right === 'last') repository.delegations.reverse();
  return repository.build({ signers: { [releases]: keys } });
}

/** A chain of roles of this depth, the tag in the last. */
function deep(levels: number): (repository: RepositoryBuilder) => void {
  return (repository) => {
    let name: RoleName = 'targets';
    for (let level = 1; level <= levels; level += 1) {
      name += `/l${level}`;
      repository.delegate(name, level === levels ? { targets: one } : {});
    }
  };
}

const shapes: readonly Case[] = [
  delegated('roles ten levels deep', ['refused', 'image 1.0'], deep(10)),
  delegated('roles twenty levels deep', 'invalid', deep(20)),
  delegated('forty roles side by side', ['refused', 'image 1.0'], (repository) => {
    const keys = [ecdsaKey()];
    for (let n = 0; n < 40; n += 1) {
      repository.delegate(`targets/r${n}`, n === 39 ? { keys, targets: one } : { keys });
    }
  }),
  delegated('releases with an Ed25519 key', 'image 1.0', (repository) => {
    repository.delegate(releases, { keys: [ed25519Key()], targets: one });
  }),
  delegated('releases with an RSA key', 'image 1.0', (repository) => {
    repository.delegate(releases, { keys: [rsaKey(2048, 'rsapkcs1v15')], targets: one });
  }),
  delegated('releases with a certified key that has expired', 'image 1.0', (repository) => {
    repository.delegate(releases, {
      keys: [certified({ notAfter: daysFrom(repository, -1) })],
      targets: one,
    });
  }),
  delegated('releases with a certified key signed with SHA-1', 'invalid', (repository) => {
    repository.delegate(releases, { keys: [certified({ hash: 'sha1' })], targets: one });
  }),
  delegated(
    'releases with a weak certificate among its keys, which does not sign',
    'invalid',
    (repository) => {
      const keys = [ecdsaKey(), certified({ hash: 'sha1' })];
      repository.delegate(releases, { keys, targets: one });
    },
  ),
  delegated(
    'releases with a certified RSA key of 1024 bits among its keys',
    'invalid',
    (repository) => {
      const key = rsaKey(1024);
      const weak = withCertificates(key, [makeCertificate(key, { commonName: 'alice' })]);
      repository.delegate(releases, { keys: [ecdsaKey(), weak], targets: one });
    },
  ),
  delegated(
    'releases with a bare RSA key of 1024 bits among its keys',
    'image 1.0',
    (repository) => {
      repository.delegate(releases, { keys: [ecdsaKey(), rsaKey(1024)], targets: one });
    },
  ),
  delegated('a role without file has a weak certificate', 'image 1.0', (repository) => {
    repository.targets = one;
    repository.delegate(releases, { keys: [certified({ hash: 'sha1' })], hasFile: false });
  }),
  delegated('releases with a certified key of a CA', 'image 1.0', (repository) => {
    repository.delegate(releases, { keys: [certified({ isCa: true })], targets: one });
  }),
];

function certified(options: { notAfter?: Date; hash?: 'sha1'; isCa?: boolean }) {
  const key = ecdsaKey();
  return withCertificates(key, [makeCertificate(key, { commonName: 'alice', ...options })]);
}

export const delegations: readonly Chapter[] = [
  { title: 'Priority of roles', cases: priority },
  { title: 'Paths of delegations', cases: paths },
  { title: 'Delegations that cannot be used', cases: skipped },
  { title: 'How delegations are listed', cases: listing },
  { title: 'Shapes and keys of delegations', cases: shapes },
];
