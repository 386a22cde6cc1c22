/** From the text of one input to its typed value. What a value means is for the command to judge. */
import { entriesOf, flawOf } from './lines.js';
import type { ProblemList } from './problems.js';
import type { Input, InputValue, LineForm } from './types.js';

/**
 * The value of the input `name`. What is wrong with `raw` goes into the problems, and the input has
 * its default then.
 */
export function readValue(
  name: string,
  definition: Input,
  raw: string,
  add: ProblemList['add'],
): InputValue<Input> {
  if (definition.type === 'lines' && definition.form !== undefined) {
    return readEntries(name, definition.form, raw, add);
  }
  try {
    return valueOf(definition, raw.trim());
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    add({ input: name, problem: error.message, code: 'INPUT_INVALID' });
    return valueOf(definition, '');
  }
}

/** The entries that can be used; what is wrong with another is told by its line alone. */
function readEntries(
  input: string,
  form: LineForm,
  text: string,
  add: ProblemList['add'],
): readonly string[] {
  return entriesOf(text).flatMap((entry) => {
    const flaw = flawOf(form, entry);
    if (!flaw) return [entry.text];
    const problem = `line ${entry.line} ${flaw.problem}`;
    add({ input, problem, code: 'INPUT_INVALID', remedy: flaw.remedy });
    return [];
  });
}

class UnreadableValue extends Error {}

function valueOf(definition: Input, text: string): InputValue<Input> {
  switch (definition.type) {
    case 'text':
      return text === '' ? definition.default : text;
    case 'list':
      // A block of PEM is one value, whatever its lines.
      return trimmed(text.match(/(?:-----BEGIN [^]*?-----END [^-]*-----|[^,\r\n])+/g) ?? []);
    case 'lines':
      return trimmed(text.split(/\r?\n/));
    case 'boolean':
      return text === '' ? definition.default : booleanOf(text);
    case 'choice':
      return text === '' ? definition.default : choiceOf(definition.choices, text);
  }
}

function trimmed(parts: readonly string[]): readonly string[] {
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** YAML 1.2 core schema and the spelling of each host: true, True, TRUE. */
function booleanOf(text: string): boolean {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new UnreadableValue(`is "${text}", which is neither true nor false`);
}

function choiceOf(choices: Readonly<Record<string, string>>, text: string): string {
  if (Object.hasOwn(choices, text)) return text;
  throw new UnreadableValue(`is "${text}", which is none of ${Object.keys(choices).join(', ')}`);
}
