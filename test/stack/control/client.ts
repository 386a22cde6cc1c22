/** The caller's end of a stack's control: turns method calls into requests. */
import type { RemoteCall } from './server.js';

/** The functions of `T`, each answering a promise. */
export type Remote<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

export interface ControlAddress {
  readonly url: string;
  readonly token: string;
}

/** Everything that `service` offers at `address`; errors there are thrown here by message. */
export function remote<T>(address: ControlAddress, service: string): Remote<T> {
  return new Proxy({} as Remote<T>, {
    get(_target, method) {
      // A promise would be asked for `then`.
      if (typeof method === 'symbol' || method === 'then') return undefined;
      return (...args: unknown[]) => send(address, { service, method, args });
    },
  });
}

async function send({ url, token }: ControlAddress, call: RemoteCall): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(call),
  });
  if (response.status === 401) throw new Error('the stack does not know this caller');
  const answer = (await response.json()) as { result?: unknown; error?: string };
  if (answer.error !== undefined)
    throw new Error(`${call.service}.${call.method}: ${answer.error}`);
  return answer.result;
}
