/** The two dates of Docker Content Trust in Azure, and what they mean for a registry. */
import type { RegistryProperties } from '../azure/index.js';
import { pass, unknown, warn, type Check, type Observation, type Purpose } from './check.js';

/** What the dates are judged for. */
export interface CalendarOf {
  readonly host: string;
  readonly now: Date;
  readonly properties: Promise<RegistryProperties>;
  /** Whether the registry was seen to serve trust data; undefined where that is not known. */
  readonly isServed: Promise<boolean | undefined>;
  readonly purpose: Purpose;
}

/** The last day on which content trust could be switched on where it never was. */
const lastEnabling = '2026-05-31';
/** The day on which Azure removes it. */
const removal = '2028-03-31';
const dayMs = 24 * 60 * 60 * 1000;
/** From then on somebody has to plan. */
const noticeDays = 365;

const neverSwitch =
  'Never switch content trust off: that deletes the trust data of every repository in the registry for good, and it may not be possible to switch it on again.';
const replacement =
  'Sign with Notary Project: set signatures to both until 2028, then to notary-project.\nDocs: docs/notary-project.md and docs/migration.md';

/** One check for each date. */
export function calendarChecks(calendar: CalendarOf): readonly Check[] {
  const common = { area: 'calendar', subject: calendar.host } as const;
  return [
    {
      ...common,
      check: '31 May 2026',
      look: async () => judgeEnabling(await isOn(calendar), calendar),
    },
    { ...common, check: '31 March 2028', look: () => Promise.resolve(judgeRemoval(calendar)) },
  ];
}

async function isOn({ properties, isServed }: CalendarOf): Promise<boolean | undefined> {
  const known = await properties.catch(() => undefined);
  if (known?.trustPolicy !== undefined) return known.trustPolicy.toLowerCase() === 'enabled';
  return isServed.catch(() => undefined);
}

function judgeEnabling(isEnabled: boolean | undefined, { now, purpose }: CalendarOf): Observation {
  const isOver = now.toISOString().slice(0, 10) > lastEnabling;
  if (isEnabled === true) {
    return pass(
      `content trust is on here, and stays on; ${isOver ? 'no registry that never had it can get it any more' : 'after that day no registry that never had it can get it'}. ${neverSwitch.replace(/\.$/, '')}`,
    );
  }
  if (isEnabled === undefined) {
    return unknown(
      `whether this registry has content trust is not known${isOver ? '; a registry that never had it cannot get it any more' : ''}`,
      neverSwitch,
    );
  }
  if (!purpose.isDct) return pass('this registry has no content trust, and none is used');
  return isOver
    ? warn(
        'this registry has no content trust, and if it never had it, it cannot get it any more',
        replacement,
      )
    : warn(
        'this registry has no content trust; after that day it cannot get it any more',
        `Switch it on before, in the tier Premium, or use its replacement.\n${replacement}`,
      );
}

function judgeRemoval({ now, purpose }: CalendarOf): Observation {
  const days = Math.ceil((Date.parse(removal) - now.getTime()) / dayMs);
  const facts = { days };
  if (!purpose.isDct) return pass('Docker Content Trust is not used', { facts });
  if (days <= 0) {
    return {
      verdict: 'fail',
      reason: 'Azure has removed content trust: nothing can be signed or verified with it',
      remedy: replacement,
      facts,
    };
  }
  const reason = `Azure removes content trust in ${days} days, with all trust data`;
  if (purpose.isNotaryProject)
    return pass(`${reason}; Notary Project signatures are made as well`, { facts });
  return days > noticeDays
    ? pass(`${reason}. Its replacement can be used beside it: signatures: both`, { facts })
    : warn(reason, `${replacement}\n${neverSwitch}`, { facts });
}
