/** Changes a real answer on its way to whoever asked, as something between the two might. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { FrontFault } from './types.js';

type Alteration = Extract<FrontFault['failure'], { readonly kind: 'alter' }>;

/** Holds back what is written to `res` until it is whole, and sends it altered if it is a success. */
export function alterAnswer(
  res: ServerResponse,
  { pattern, replacement, contentType }: Alteration,
): void {
  const own = {
    write: res.write.bind(res),
    end: res.end.bind(res),
    writeHead: res.writeHead.bind(res),
  };
  const pieces: Buffer[] = [];
  const take = (piece: unknown): void => {
    if (typeof piece === 'string') pieces.push(Buffer.from(piece));
    else if (piece instanceof Uint8Array) pieces.push(Buffer.from(piece));
  };
  Object.assign(res, {
    writeHead: (status: number, headers: OutgoingHttpHeaders = {}) => {
      res.statusCode = status;
      for (const [name, value] of Object.entries(headers)) {
        if (value !== undefined) res.setHeader(name, value);
      }
      return res;
    },
    write: (piece: unknown) => {
      take(piece);
      return true;
    },
    end: (piece?: unknown) => {
      take(piece);
      Object.assign(res, own);
      const body = Buffer.concat(pieces);
      if (res.statusCode < 200 || res.statusCode > 299) return res.end(body);
      res.removeHeader('content-length');
      if (contentType !== undefined) res.setHeader('content-type', contentType);
      return res.end(body.toString().replace(new RegExp(pattern, 's'), replacement));
    },
  });
}
