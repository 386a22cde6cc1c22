/** Reads the logging commands of a task from its output, as the agent does. */

export interface PipelinesOutput {
  /** Output variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Paths of uploaded summaries. */
  readonly summaries: readonly string[];
  /** Values of `task.complete`, in order. */
  readonly results: readonly string[];
}

/** Finds `##vso[area.action name=value;...]message` lines. */
export function parsePipelinesOutput(stdout: string): PipelinesOutput {
  const variables: Record<string, string> = {};
  const summaries: string[] = [];
  const results: string[] = [];
  for (const line of stdout.split(/\r?\n/)) {
    const match = /^##vso\[(\S+)\s*([^\]]*)\](.*)$/.exec(line);
    if (!match) continue;
    const [, command = '', attributes = '', message = ''] = match;
    const values = new Map(
      attributes.split(';').flatMap((pair) => {
        const equals = pair.indexOf('=');
        return equals < 0 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1)] as const];
      }),
    );
    if (command === 'task.setvariable' && values.get('isOutput') === 'true') {
      variables[values.get('variable') ?? ''] = unescape(message);
    }
    if (command === 'task.uploadsummary') summaries.push(unescape(message));
    if (command === 'task.complete') results.push(values.get('result') ?? '');
  }
  return { variables, summaries, results };
}

function unescape(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%AZP25', '%')
    .replaceAll('%25', '%');
}
