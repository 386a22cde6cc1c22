/** The values that FROM can see: those the builder sets, and the ARGs before the first FROM. */
import { type Lookup, expand, unknown } from './expand.js';
import { formatPlatform, parsePlatform } from './platforms.js';
import type { GlobalArg } from './stages.js';

interface ScopeOptions {
  readonly builder: 'buildkit' | 'classic';
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** What is built; undefined where that is not known. */
  readonly platform: string | undefined;
  /** Of the builder; undefined where that is not known. */
  readonly buildPlatform?: string | undefined;
}

/** Arguments that buildx adds by itself, from the user's configuration and environment. */
const addedByBuildx = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY']
    .flatMap((name) => [name, name.toLowerCase()])
    .concat('SOURCE_DATE_EPOCH'),
);

export function globalScope(
  model: { readonly globals: readonly GlobalArg[]; readonly escape: string },
  options: ScopeOptions,
): Lookup {
  const given = new Map(Object.entries(options.buildArgs ?? {}));
  const values = new Map(options.builder === 'buildkit' ? predefined(options) : []);
  for (const name of values.keys()) {
    const override = given.get(name);
    if (override !== undefined) values.set(name, override);
  }
  const lookup: Lookup = (name) => values.get(name);
  for (const { name, fallback } of model.globals) {
    const override = given.get(name);
    if (override !== undefined) values.set(name, override);
    else if (addedByBuildx.has(name)) values.set(name, unknown);
    // A default that cannot be computed is not an empty one.
    else if (fallback !== undefined) {
      values.set(name, expand(fallback, lookup, model.escape).value ?? unknown);
    }
  }
  return lookup;
}

function* predefined(options: ScopeOptions): Generator<[string, string | typeof unknown]> {
  for (const [prefix, text] of [
    ['TARGET', options.platform],
    ['BUILD', options.buildPlatform],
  ] as const) {
    const platform = text === undefined ? undefined : parsePlatform(text);
    yield [`${prefix}PLATFORM`, platform === undefined ? unknown : formatPlatform(platform)];
    yield [`${prefix}OS`, platform?.os ?? unknown];
    yield [`${prefix}ARCH`, platform?.architecture ?? unknown];
    yield [`${prefix}VARIANT`, platform?.variant ?? unknown];
    // Only newer frontends set it.
    yield [`${prefix}OSVERSION`, unknown];
  }
  yield ['TARGETSTAGE', unknown];
}
