/**
 * Between node:http and the emulated services: reads a request, applies faults, runs a service,
 * logs who asked what (never a secret) and writes the answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Refusal } from './call.js';
import type { Answer, Call, Service } from './call.js';
import type { Faults } from './faults.js';
import type { RequestLog } from './request-log.js';

const maxBodyBytes = 1024 * 1024;

/** What every call passes through besides its service. */
export interface Passage {
  readonly faults: Faults;
  readonly log: RequestLog;
}

/** Serves one request with `service`; answers 500 with the message when the service breaks. */
export async function serve(
  host: string,
  service: Service,
  passage: Passage,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const call = await readCall(host, req);
  const fault = passage.faults.take(call);
  if (fault === 'reset') {
    passage.log.add(call, 0);
    req.socket.destroy();
    return;
  }
  const answer = fault ?? (await answerOf(service, call));
  passage.log.add(call, answer.status);
  write(answer, res);
}

async function answerOf(service: Service, call: Call): Promise<Answer> {
  try {
    return await service(call);
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: 500, body: { error: { code: 'EmulatorFault', message } } };
  }
}

async function readCall(host: string, req: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) throw new Error('request body too large for the emulator');
    chunks.push(chunk);
  }
  const target = req.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    host: host.toLowerCase().replace(/:\d+$/, ''),
    method: req.method ?? 'GET',
    path,
    segments: path.split('/').slice(1).map(decodeSegment),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: req.headers,
    body: Buffer.concat(chunks),
    caller: undefined,
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray percent sign: the service then finds nothing of that name.
    return segment;
  }
}

function write(answer: Answer, res: ServerResponse): void {
  const isJson = answer.body !== undefined && !(answer.body instanceof Uint8Array);
  const body = isJson ? JSON.stringify(answer.body) : ((answer.body ?? '') as Uint8Array | string);
  res.writeHead(answer.status, {
    ...(isJson ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    ...(answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...answer.headers,
  });
  res.end(body);
}
