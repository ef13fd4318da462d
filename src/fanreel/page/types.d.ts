// What modules of the page hand to each other.

// A property of the browser's own that is read, and perhaps written, through functions.
export interface Accessor<T> {
  configurable?: boolean;
  enumerable?: boolean;
  get(): T;
  set(value: T): void;
}

// Those of a prototype: attributes have their functions, methods are values.
export type Natives<T> = {
  [Name in keyof T]: T[Name] extends (...args: any[]) => any
    ? { configurable?: boolean; enumerable?: boolean; writable?: boolean; value: T[Name] }
    : Accessor<T[Name]>;
};
