export const step = performance.now() === 0 ? 1 : 100;
