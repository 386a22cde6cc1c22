/**
 * Reads WWW-Authenticate headers (RFC 9110, 11.6.1). Only what the registry protocol needs: the
 * first Bearer or Basic challenge with its quoted or bare parameters.
 */

/** How a server wants to be asked. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      /** URL of the token service. */
      readonly realm: string;
      readonly service?: string;
      readonly scope?: string;
    };

const parameter = /([a-zA-Z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,\s*|$)/y;

/** The first challenge we can answer, Bearer before Basic, or undefined. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) {
    return undefined;
  }
  const bearer = /(?:^|,)\s*bearer\s+/i.exec(header);
  if (bearer !== null) {
    const parameters = readParameters(header, bearer.index + bearer[0].length);
    const realm = parameters.get('realm');
    if (realm !== undefined) {
      const service = parameters.get('service');
      const scope = parameters.get('scope');
      return {
        scheme: 'bearer',
        realm,
        ...(service === undefined ? {} : { service }),
        ...(scope === undefined ? {} : { scope }),
      };
    }
  }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(header) ? { scheme: 'basic' } : undefined;
}

function readParameters(header: string, start: number): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const pattern = new RegExp(parameter);
  pattern.lastIndex = start;
  for (let match = pattern.exec(header); match !== null; match = pattern.exec(header)) {
    const [, name = '', quoted, bare = ''] = match;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare);
  }
  return parameters;
}
