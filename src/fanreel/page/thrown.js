// What somebody has thrown, as text.
//
//   messageOf(error)   what it says
//   nameOf(error)      of what kind it is, and what it says; for code that is not ours

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error */
export const nameOf = (error) =>
  error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
