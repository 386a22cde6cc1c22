/** When trusted data ends. */
import { parseExpires, type RoleName, type Signed } from '../metadata/index.js';
import type { TrustedView } from './view.js';

/** The moment a document expires. */
export function expiryOf(signed: Signed): Date {
  return parseExpires(signed.expires);
}

/** Role to expiry of every trusted document, soonest first; skipped delegations are not in it. */
export function expiriesOf(view: TrustedView): ReadonlyMap<RoleName, Date> {
  const all: [RoleName, Date][] = [
    ['timestamp', expiryOf(view.timestamp.signed)],
    ['snapshot', expiryOf(view.snapshot.signed)],
    ['root', expiryOf(view.root.signed)],
    ...[...view.targets].map(([role, { signed }]): [RoleName, Date] => [role, expiryOf(signed)]),
  ];
  return new Map(all.sort(([, a], [, b]) => a.getTime() - b.getTime()));
}
