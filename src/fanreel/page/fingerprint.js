// A short name for a long text, the same everywhere.
//
//   fingerprint(text)   32 bits of FNV-1a over its characters, in hexadecimal digits

/** @param {string} text */
export function fingerprint(text) {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ Number(char.codePointAt(0)), 16777619);
  return (hash >>> 0).toString(16);
}
