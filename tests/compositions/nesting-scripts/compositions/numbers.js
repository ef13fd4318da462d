export const seven = 7;
export const eight = 8;
