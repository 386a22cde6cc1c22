/** Reads the recorded Notary v1 data in test/fixtures/notary. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../fixtures/notary');

export interface RecordedExchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly parts?: readonly { readonly role: string; readonly text: string }[];
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

/** One metadata file that travelled between a Go client and a Go server. */
export interface RecordedDocument {
  /** Back end, command and number of the exchange. */
  readonly from: string;
  readonly gun: string;
  readonly role: string;
  readonly text: string;
}

/** A file below test/fixtures/notary as JSON. */
export function readFixture(path: string): unknown {
  return JSON.parse(readFileSync(join(folder, path), 'utf8'));
}

/** The exchanges of one recorded command. */
function readTranscript(backEnd: string, command: string): readonly RecordedExchange[] {
  return readFixture(`transcripts/${backEnd}/${command}.json`) as RecordedExchange[];
}

/** Every metadata file in the recorded traffic, except uploads that the server refused. */
export function recordedDocuments(): readonly RecordedDocument[] {
  const found: RecordedDocument[] = [];
  for (const backEnd of readdirSync(join(folder, 'transcripts')).sort()) {
    for (const file of readdirSync(join(folder, 'transcripts', backEnd)).sort()) {
      const command = file.replace(/\.json$/, '');
      readTranscript(backEnd, command).forEach((exchange, index) => {
        found.push(...documentsOf(exchange, `${backEnd}/${command}/${index + 1}`));
      });
    }
  }
  return found;
}

function documentsOf({ request, response }: RecordedExchange, from: string): RecordedDocument[] {
  const path = /^\/v2\/(.+)\/_trust\/tuf\/(.*)$/.exec(request.path);
  if (path === null || response.status !== 200) return [];
  const [, gun = '', name = ''] = path;
  if (request.method === 'POST') {
    return (request.parts ?? []).map(({ role, text }) => ({ from, gun, role, text }));
  }
  if (!name.endsWith('.json')) return [];
  const role = name.replace(/^\d+\./, '').replace(/(\.[0-9a-f]{64})?\.json$/, '');
  return [{ from, gun, role, text: response.body }];
}
