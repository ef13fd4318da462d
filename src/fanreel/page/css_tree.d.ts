// What parsing.js takes of css-tree, which brings no types.
declare module "css-tree/tokenizer" {
  export function tokenize(
    text: string,
    take: (type: number, start: number, end: number) => void,
  ): void;
  export const tokenTypes: Record<string, number>;
}

declare module "css-tree/utils" {
  export const string: { decode(token: string): string };
  export const url: { decode(token: string): string };
}
