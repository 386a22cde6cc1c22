/** A server on loopback over plain http, as CRLs, OCSP responders and time stamps have it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PlainServer {
  readonly url: string;
  /** `GET /good.crl`, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Answers with what `answer` returns, as 200; `answer` may also do it by itself. */
export async function startPlainServer(
  answer: (
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ) => Buffer | undefined | Promise<Buffer | undefined>,
): Promise<PlainServer> {
  const requests: string[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = await answer(request, Buffer.concat(chunks), response);
    if (body) response.end(body);
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
