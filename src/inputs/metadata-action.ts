/** What docker/metadata-action is told to do, in the place of what it puts out. */

const instruction =
  /^(type|enable|priority|prefix|suffix|value|event|branch|format|pattern|match|group)=/;

/** Whether it is for docker/metadata-action to say which tag `text` is. */
export function isInstruction(text: string): boolean {
  return instruction.test(text);
}

/** Instructions hold commas, at which lists are split: what belongs to one is joined again. */
export function joinInstructions(texts: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const text of texts) {
    const last = joined.at(-1);
    const continues = isInstruction(text) && !text.startsWith('type=');
    if (continues && last !== undefined && isInstruction(last)) {
      joined[joined.length - 1] = `${last},${text}`;
    } else joined.push(text);
  }
  return joined;
}

/** The tag of `type=raw,value=...`, the one instruction that says all there is to know. */
export function rawTagOf(text: string): string | undefined {
  const parts = text.split(',');
  const value = parts.find((part) => part.startsWith('value='))?.slice('value='.length);
  const others = parts.filter(
    (part) => !/^(type=raw|value=.*|enable=true|priority=\d+)$/.test(part),
  );
  return parts.includes('type=raw') && others.length === 0 && value !== '' ? value : undefined;
}
