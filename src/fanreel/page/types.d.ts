// What modules of the page hand to each other.
import type { Offered } from "./main.js";
import type { real } from "./real.js";

// ---- the browser ---------------------------------------------------------------------------------
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

// ---- frames of the project -----------------------------------------------------------------------
// One frame of the project, as others reach it.
export interface Realm extends Offered {
  window: typeof globalThis;
  document: Document;
  real: typeof real;
  join: (realm: Realm) => void;
}

// ---- the clock -----------------------------------------------------------------------------------
export interface Timer {
  id: number;
  realm: Realm;
  callback: unknown; // a function, or code
  args: unknown[];
  nesting: number;
  due: number; // ms
  pumpAt: number; // when it is due while the page loads
  every: number | null; // ms of an interval
  own?: false;
}

// Of ours, not of the page's.
export interface OwnTask {
  due: number;
  run: (dueMs: number) => void;
  own: true;
}

// ---- problems ------------------------------------------------------------------------------------
export interface Problem {
  rule: string; // a name in lint/rules.py
  element: string | null; // as a selector, for people; null where the message names it
  message: string;
  subject: Element | null; // null: the page itself
  file?: string | null;
  line?: number | null;
}

// ---- media ---------------------------------------------------------------------------------------
export type Medium = HTMLMediaElement | HTMLImageElement;

// What the planner has probed of a source.
export interface Facts {
  durationS: number | null;
  width: number;
  height: number;
}

// A clip of the plan, by its key in config.media.
export interface PlannedMedium {
  startMs: number;
  durationMs: number;
  offsetMs: number;
  rate: number;
  sourceDurationS?: number | null;
  shown?: boolean;
  ramp?: { points: Ramp; startMs: number; rate: number } | null;
}

// What a held video or sound is at.
export interface Held {
  written: Map<string, string | null>; // attributes as the page has written them
  url: string | null;
  info: Facts | null; // null: not known yet
  position: number; // seconds, where no clip says it
  paused: boolean;
  stream?: MediaProvider | null;
}

// ---- time ----------------------------------------------------------------------------------------
// A composition of the document: local time is `(t - zeroS) * rate` of the root's, over all levels.
export interface Composition {
  element: HTMLElement | null; // null: a page without a root
  id: string | null;
  parent: Composition | null;
  zeroS: number;
  rate: number;
  startS: number;
  endS: number;
}

export type ClipKind = "composition" | "video" | "audio" | "image" | "element";

export interface Clip {
  element: HTMLElement;
  kind: ClipKind;
  owner: Composition;
  composition: string | null; // the owner's id
  localStartS: number; // in the owner's time, as the attribute says it
  startS: number;
  durationS: number | null; // null: as long as there is time
  endS: number;
  startFrame: number;
  endFrame: number;
  track: number | null;
  offsetS: number;
  rate: number;
  resolving?: boolean; // while its start is being worked out
}

// Where local time runs: `local = (now - zeroMs) * rate`.
export interface Axis {
  zeroMs: number;
  rate: number;
}

// A speed ramp: [seconds of the clip, speed].
export type Ramp = [number, number][];

// ---- variables -----------------------------------------------------------------------------------
// One of data-composition-variables.
export interface Declaration {
  id: string;
  type: string;
  default?: unknown;
  options?: unknown;
}

export interface VariableProblem {
  variable: string | null;
  expected: string;
  value: unknown;
  message: string;
  composition: string;
}

// What is declared and given for one composition, or one mount of a file.
export interface Variables {
  composition: string; // as messages name it
  declared: Map<string, Declaration>;
  overrides: Record<string, unknown>;
  values: Record<string, unknown>;
  where: string | null; // the attribute that gave the overrides
  file?: string; // URL of the file that declares them
}

// ---- nested compositions -------------------------------------------------------------------------
export interface Instance {
  key: string;
  host: HTMLElement;
  root: HTMLElement;
  url: string | null;
  parent: Instance | null;
  inline: boolean;
  depth: number;
  id: string | null;
  ids: string[];
  namedByFile: boolean; // the host bears the id of the file's root
  text: string; // of the file
  timelines: Record<string, any>;
  renamedIds: Map<string, string>; // id in the file -> selector
  renames: Map<string, string>;
  scope: Variables | null; // null: not mounted
  // What scoped_realm.js gives to those with a file.
  realm?: any;
  lookups?: any;
  onready?: (() => void)[];
  currentScript?: Element | null;
  readonly rate: number;
  readonly offsetS: number;
  readonly width: number | null;
  readonly height: number | null;
}

export interface InstanceProblem extends Problem {
  url: string | null;
  instance?: Instance;
  isCode?: boolean; // of the instance's own code
  isSyntax?: boolean;
}

// ---- grades --------------------------------------------------------------------------------------
// By key of a number.
export type Limits = Record<string, [identity: number, least: number, most: number]>;

export interface Preset {
  intensity?: number;
  adjust?: Record<string, number>;
  details?: Record<string, number>;
  effects?: Record<string, number>;
}

export type Effects = Record<string, number>;

// What a look of a grade is drawn by; the palette's colours are of three numbers from 0 to 1.
export interface Look {
  effects: Effects;
  palette: number[][] | null;
}

// ---- pictures ------------------------------------------------------------------------------------
// Where pixels lie in an element's box, in CSS pixels, and how many of these one is.
export interface Box {
  width: number;
  height: number;
  left: number;
  top: number;
  across: number;
  down: number;
}
