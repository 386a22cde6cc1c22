/**
 * Unquoted scalars that readers of YAML take for different things: YAML 1.1, which Kubernetes reads,
 * has more words for yes and no and more ways to write a number than YAML 1.2.
 */

const truth = /^(?:y|yes|true|on)$/i;
const falsehood = /^(?:n|no|false|off)$/i;
const nothing = /^(?:~|null|)$/i;
const numberLike =
  /^[-+]?(?:0x[\da-f_]+|0o[0-7_]+|0b[01_]+|[\d_]*\d[\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|\.[\d_]+(?:e[-+]?\d+)?|\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?|\.inf)$|^\.nan$/i;
const dateLike = /^\d{4}-\d\d?-\d\d?(?:[Tt\s]|$)/;
/** Numbers that everybody writes back in one way. */
const plainNumber = /^(?:-?[1-9]\d{0,14}|0)$/;

/** Whether every reader takes the unquoted `text` for that text. */
export function isTextToAll(text: string): boolean {
  return ![truth, falsehood, nothing, numberLike, dateLike].some((form) => form.test(text));
}

/**
 * The texts that readers make of an unquoted key, that itself first; undefined where that is open.
 * JSON has only texts as keys, so a truth value or a number becomes one again.
 */
export function readingsOfKey(text: string): readonly string[] | undefined {
  if (truth.test(text)) return [text, 'true'];
  if (falsehood.test(text)) return [text, 'false'];
  if (plainNumber.test(text) || isTextToAll(text)) return [text];
  const number = Number(text);
  return /^\d{1,9}\.\d{1,9}$/.test(text) ? [text, String(number)] : undefined;
}
