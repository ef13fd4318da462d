// The name of the one message that page and workers exchange besides the page's own.

export const TICK = "__fanreelTick";
