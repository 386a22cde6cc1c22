/** Time: expiry, and what a client with a memory must notice. */
import type { RoleName } from '../../../../src/trust/metadata/index.js';
import {
  targetOf,
  type BuiltRole,
  type Files,
  type RepositoryBuilder,
} from '../../../trust/repository-builder.js';
import { ecdsaKey, ed25519Key } from '../../../trust/test-keys.js';
import { fails, type Served } from '../trust-server.js';
import type { Verdict } from '../verdict.js';
import { daysFrom, edited, plain, replaced, type Case, type Chapter } from './types.js';

type BaseRole = 'root' | 'targets' | 'snapshot' | 'timestamp';
const baseRoles = ['root', 'timestamp', 'snapshot', 'targets'] as const;

const roleOf = (repository: RepositoryBuilder, role: BaseRole): BuiltRole =>
  role === 'targets' ? repository.targetsRole : repository[role];

const expiry: readonly Case[] = [
  ...baseRoles.map((role): Case => ({
    name: `${role} expired yesterday`,
    pull: 'expired',
    serve: (repository) => {
      roleOf(plain(repository), role).expires = daysFrom(repository, -1);
      return repository.build();
    },
  })),
  ...(
    [
      ['left out', undefined, 'expired'],
      ['null', null, 'expired'],
      ['a number', 2000000000, 'invalid'],
      ['no date', 'tomorrow', 'invalid'],
      ['a date without time', '2031-01-01', 'invalid'],
      ['without zone', '2031-01-01T00:00:00', 'invalid'],
      ['with a small t', '2031-01-01t00:00:00Z', 'invalid'],
      ['with a small z', '2031-01-01T00:00:00z', 'invalid'],
      ['with a blank for T', '2031-01-01 00:00:00Z', 'invalid'],
      ['with milliseconds', '2031-01-01T00:00:00.000Z', 'image 1.0'],
      ['with nanoseconds', '2031-01-01T00:00:00.123456789Z', 'image 1.0'],
      ['with ten digits of a second', '2031-01-01T00:00:00.1234567891Z', 'invalid'],
      ['with a comma', '2031-01-01T00:00:00,5Z', 'invalid'],
      ['in another zone', '2031-01-01T00:00:00+05:30', 'image 1.0'],
      ['in a zone without colon', '2031-01-01T00:00:00+0530', 'invalid'],
      ['in a zone of 24 hours', '2031-01-01T00:00:00+24:00', 'invalid'],
      ['on 30 February', '2031-02-30T00:00:00Z', 'invalid'],
      ['on 29 February of a leap year', '2032-02-29T00:00:00Z', 'image 1.0'],
      ['in a leap second', '2031-06-30T23:59:60Z', 'invalid'],
      ['at 24 o’clock', '2031-06-30T24:00:00Z', 'invalid'],
      ['with one digit of the hour', '2031-06-30T1:00:00Z', 'invalid'],
      ['in the year 9999', '9999-12-31T23:59:59Z', 'image 1.0'],
      ['in the year 10000', '10000-01-01T00:00:00Z', 'invalid'],
    ] as const
  ).map(([how, expires, verdict]) =>
    edited(`expires ${how}`, verdict, 'targets', (signed: object) => ({ ...signed, expires })),
  ),
];

/** What the first visit saw, and what the second sees after `change`. */
function afterwards(
  name: string,
  pull: Verdict,
  change: (repository: RepositoryBuilder) => void,
): Case {
  return {
    name,
    pull,
    serve: (repository): readonly Files[] => {
      for (const role of baseRoles) roleOf(plain(repository), role).version = 5;
      const first = repository.publish();
      repository.targetsRole.version += 1;
      repository.targets = { '1.0': targetOf('image 2.0') };
      change(repository);
      return [first, repository.publish()];
    },
  };
}

const rollback: readonly Case[] = [
  afterwards('everything moved on', 'image 2.0', () => undefined),
  afterwards('the timestamp falls back', 'invalid', ({ timestamp }) => {
    timestamp.version = 2;
  }),
  afterwards('the snapshot falls back', 'invalid', ({ snapshot }) => {
    snapshot.version = 2;
  }),
  afterwards('targets falls back', 'invalid', ({ targetsRole }) => {
    targetsRole.version = 4;
  }),
  afterwards('targets changes without a new version', 'invalid', ({ targetsRole }) => {
    targetsRole.version = 5;
  }),
  afterwards('the snapshot changes without a new version', 'invalid', ({ snapshot }) => {
    snapshot.version = 5;
  }),
  afterwards('the timestamp changes without a new version', 'invalid', ({ timestamp }) => {
    timestamp.version = 5;
  }),
  afterwards('versions skip some numbers', 'image 2.0', ({ timestamp, snapshot, targetsRole }) => {
    timestamp.version = 50;
    snapshot.version = 70;
    targetsRole.version = 90;
  }),
  ...(['timestamp', 'snapshot'] as const).map((role) =>
    afterwards(`the ${role} begins anew with a new key`, 'invalid', (repository) => {
      repository.root.version += 1;
      Object.assign(repository[role], { keys: [ed25519Key()], version: 1 });
    }),
  ),
  afterwards('targets begins anew with a new key', 'invalid', (repository) => {
    repository.root.version += 1;
    Object.assign(repository.targetsRole, { keys: [ecdsaKey()], version: 1 });
  }),
];

const releases = 'targets/releases';

function releasesAfterwards(
  name: string,
  pull: Verdict,
  change: (repository: RepositoryBuilder) => void,
): Case {
  return {
    name,
    pull,
    // notary looks into targets first.
    lookup: pull === 'invalid' ? pull : 'old image',
    serve: (repository): readonly Files[] => {
      plain(repository).targets = { '1.0': targetOf('old image') };
      // Ed25519 signs the same content the same way each time.
      repository.targetsRole.keys = [ed25519Key()];
      repository.delegate(releases, { targets: { '1.0': targetOf('image 1.0') }, version: 5 });
      const first = repository.publish();
      change(repository);
      return [first, repository.publish()];
    },
  };
}

const releasesRole = ({ delegations: [role] }: RepositoryBuilder) => {
  if (!role) throw new Error('there is no releases role');
  return role;
};

const delegated: readonly Case[] = [
  releasesAfterwards('releases falls back, targets as it was', 'invalid', (repository) => {
    Object.assign(releasesRole(repository), {
      version: 4,
      targets: { '1.0': targetOf('image 2.0') },
    });
  }),
  releasesAfterwards('releases falls back, targets moved on', 'invalid', (repository) => {
    repository.targetsRole.version += 1;
    Object.assign(releasesRole(repository), {
      version: 4,
      targets: { '1.0': targetOf('image 2.0') },
    });
  }),
  releasesAfterwards('releases changes without a new version', 'invalid', (repository) => {
    releasesRole(repository).targets = { '1.0': targetOf('image 2.0') };
  }),
  releasesAfterwards('releases moved on', 'image 2.0', (repository) => {
    Object.assign(releasesRole(repository), {
      version: 6,
      targets: { '1.0': targetOf('image 2.0') },
    });
  }),
  releasesAfterwards('the snapshot does not list releases any more', 'invalid', (repository) => {
    releasesRole(repository).hasFile = false;
  }),
  releasesAfterwards('targets does not list releases any more', 'old image', (repository) => {
    repository.targetsRole.version += 1;
    repository.delegations = [];
  }),
  releasesAfterwards('releases begins anew with a new key', 'image 2.0', (repository) => {
    repository.targetsRole.version += 1;
    Object.assign(releasesRole(repository), {
      keys: [ecdsaKey()],
      version: 6,
      targets: { '1.0': targetOf('image 2.0') },
    });
  }),
];

/** Two honest states, and a mixture of their files. */
function mixture(
  name: string,
  pull: Verdict,
  fromOld: readonly RoleName[],
  isKnown: boolean,
): Case {
  return {
    name,
    pull,
    serve: (repository): readonly Files[] => {
      const first = plain(repository).publish();
      repository.targetsRole.version += 1;
      repository.targets = { '1.0': targetOf('image 2.0') };
      const second = repository.publish();
      const old = fromOld.map((role) => [role, first.get(role) ?? Buffer.alloc(0)] as const);
      const mixed = replaced(second, Object.fromEntries(old));
      return isKnown ? [first, mixed] : [mixed];
    },
  };
}

const mixtures: readonly Case[] = [true, false].flatMap((isKnown) => {
  const who = isKnown ? 'for one who knows it' : 'for a stranger';
  return [
    mixture(`an old targets among new files, ${who}`, 'invalid', ['targets'], isKnown),
    mixture(`an old snapshot among new files, ${who}`, 'invalid', ['snapshot'], isKnown),
    mixture(`a new targets among old files, ${who}`, 'invalid', ['timestamp', 'snapshot'], isKnown),
    mixture(`an old timestamp among new files, ${who}`, 'invalid', ['timestamp'], isKnown),
  ];
});

/** The second visit meets a server that does not answer for the timestamp. */
function withheld(name: string, status: number, pull: Verdict): Case {
  return {
    name,
    pull,
    serve: (repository): readonly (Files | Served)[] => {
      const files = plain(repository).publish();
      return [files, { files, answers: { timestamp: fails(status) } }];
    },
  };
}

const freeze: readonly Case[] = [
  {
    name: 'the same files again',
    pull: 'image 1.0',
    serve: (repository) => {
      const files = plain(repository).publish();
      return [files, files];
    },
  },
  withheld('the timestamp is withheld with 503 from one who knows an earlier one', 503, 'invalid'),
  withheld('the timestamp is withheld with 404 from one who knows an earlier one', 404, 'invalid'),
  {
    name: 'all trust data is gone for one who knows it',
    pull: 'none',
    serve: (repository) => [plain(repository).publish(), new Map()],
  },
];

export const history: readonly Chapter[] = [
  { title: 'Expiry', cases: expiry },
  { title: 'Rollback', cases: rollback },
  { title: 'Rollback of delegations', cases: delegated },
  { title: 'Mix-and-match', cases: mixtures },
  { title: 'Freeze', cases: freeze },
];
