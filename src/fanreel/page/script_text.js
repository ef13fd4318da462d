// What the text of a nested composition's script tells.
//
//   isComposition(code)      a script file that belongs to one composition, not a library
//   lineIn(instance, code)   the line of the nested file where the code begins

/** @param {string} code */
export const isComposition = (code) =>
  /__timelines|__hyperframes|getVariables|hyperframesAnime\.register|data-composition/.test(code);

/**
 * @param {{text: string}} instance
 * @param {string} code
 */
export function lineIn({ text }, code) {
  const at = code.trim() === "" ? -1 : text.indexOf(code);
  return at < 0 ? 1 : text.slice(0, at).split("\n").length;
}
