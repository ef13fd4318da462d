globalThis.libraryRuns = (globalThis.libraryRuns || 0) + 1;
