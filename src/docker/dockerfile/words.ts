/** Splits arguments into words, after parseWords in moby/buildkit frontend/dockerfile/parser. Pure. */
import { isSpace } from './white-space.js';

/**
 * Splits at white space outside quotes; quotes and escape characters are kept. Undefined where a
 * quote stays open, which builders of different age read differently.
 */
export function splitWords(text: string, escape: string): string[] | undefined {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote === '' && isSpace(char)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
      continue;
    }
    inWord = true;
    word += char;
    if (char === escape && quote !== "'") {
      at++;
      word += text.charAt(at);
    } else if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
    }
  }
  if (quote !== '') return undefined;
  if (inWord) words.push(word);
  return words;
}
