/** Every request of a run, in a form by which the same request of another run can be hit. */
import type { FrontFault, FrontRequest } from '../../stack/index.js';

/** The n-th request of a kind. */
export interface Point {
  readonly method: string;
  /** Pattern of `<host><path>`, the tag as `TAG`. */
  readonly pattern: string;
  /** How many of the kind come before it. */
  readonly skip: number;
  /** The same for every lane, and readable. */
  readonly label: string;
  /** Whether it was answered; the product gives up what it no longer needs. */
  readonly isAnswered: boolean;
  /** Whether docker-registry or notary-server answers it, or the emulated Azure. */
  readonly isReal: boolean;
}

/** What the points of a lane are called after. */
export interface PointNames {
  readonly tag: string;
  readonly loginServer: string;
  /** Names that differ between lanes, with what they stand for. */
  readonly others: Readonly<Record<string, string>>;
}

/** The requests of an honest run, each as a point. */
export function pointsOf(
  requests: readonly FrontRequest[],
  { tag, loginServer, others }: PointNames,
): readonly Point[] {
  const generic = (text: string): string =>
    Object.entries({ ...others, [loginServer]: 'registry' }).reduce(
      (changed, [name, role]) => changed.replaceAll(name, role),
      text,
    );
  const before = new Map<string, number>();
  return requests.map(({ method, host, path, status }) => {
    const plain = (path.split('?')[0] ?? '').replace(/[0-9a-f]{64}/g, 'HASH').replace(tag, 'TAG');
    const pattern = `^${escaped(host + plain).replaceAll('HASH', '[0-9a-f]{64}')}(\\?|$)`;
    const kind = `${method} ${pattern}`;
    const skip = before.get(kind) ?? 0;
    before.set(kind, skip + 1);
    return {
      method,
      pattern,
      skip,
      label: `${method} ${generic(host + plain)}${skip === 0 ? '' : `, number ${skip + 1}`}`,
      isAnswered: status !== 0,
      isReal: host === loginServer && !path.startsWith('/oauth2/'),
    };
  });
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The order for a failure at a point of the run for `tag`. */
export function faultAt(point: Point, tag: string, failure: FrontFault['failure']): FrontFault {
  const { method, skip } = point;
  return { target: point.pattern.replace('TAG', escaped(tag)), method, skip, failure };
}

/** The one failure that does not pass by itself. */
export const wrongAnswer = 'garbage with status 200';

/** Everything that may happen to one request. */
export const failures: readonly {
  readonly name: string;
  readonly failure: FrontFault['failure'];
  /** Only what a real server answers can be done before the connection breaks. */
  readonly needsServer?: true;
}[] = [
  { name: 'cut before the server had it', failure: { kind: 'cut' } },
  {
    name: 'cut after the server did it',
    failure: { kind: 'cut', afterServer: true },
    needsServer: true,
  },
  { name: 'half of the answer', failure: { kind: 'truncate' }, needsServer: true },
  { name: 'status 500', failure: { kind: 'answer', status: 500 } },
  {
    name: 'status 503 with Retry-After',
    failure: { kind: 'answer', status: 503, headers: { 'retry-after': '1' } },
  },
  {
    name: wrongAnswer,
    failure: { kind: 'answer', status: 200, body: '\u0000{"not":"what was asked for"' },
  },
  { name: 'an answer a second late', failure: { kind: 'delay', delayMs: 1000 } },
];
