// What modules of the preview's page hand to each other, and what they are told.

// ---- the server, by events: preview/server.py ----------------------------------------------------
export interface State {
  name: string;
  revision: number;
  isPlanning: boolean;
  error: { code: string; message: string } | null;
  findings: Finding[];
  variables: Values;
  entry: string;
  width: number | null; // null, as are the next: there is no composition now
  height: number | null;
  fps: string | null; // "30", "30000/1001"
  ownFps?: string | null;
  durationS: number | null;
  plan: Plan | null;
  render: Render | null;
  outputDir: string;
  composition: string; // its origin
}

// One with a composition.
export type Composed = State & { width: number; height: number; fps: string };

export interface Plan {
  hash: string;
  totalFrames: number;
  fps: string;
  durationS: number;
  hasSound: boolean;
  stepped: boolean;
  media: PlannedMedium[];
}

export interface PlannedMedium {
  key: string;
  kind: string;
  startS: number;
  durationS: number;
  audible: boolean;
  shown: boolean;
}

export interface Finding {
  severity: "error" | "warning";
  file: string;
  line: number;
  element: string;
  message: string;
  fix: string;
}

export interface Render {
  stage: "plan" | "render" | "assemble" | "done" | "failed" | "cancelled";
  framesDone: number;
  totalFrames: number;
  elapsedS: number;
  message: string;
  name: string;
  sizeBytes?: number; // of one that is done, as the next
  isFile?: boolean;
}

// Asks the server for something to be done; null where it cannot be, which was shown then.
export type Act = (name: string, body: object) => Promise<Saved | null>;

export interface Saved {
  name?: string; // of the still
}

// ---- the composition, by messages: page/preview_shell.js -----------------------------------------
export interface Described {
  root: { id: string } | null;
  inferredDurationS: number | null;
  variables: Variable[];
  clips: Clip[];
  media: Played[];
}

export interface Clip {
  key: string;
  element: string;
  kind: string;
  startS: number;
  durationS: number | null;
  track: number | null;
  inside: string | null; // key of the instance it is in
  mounts: string | null; // key of the instance it is the host of
  media: string | null;
}

// A medium, as the page knows it before there is a plan.
export interface Played {
  key: string;
  startS: number;
  durationS: number | null;
}

// What the variables are set to: any JSON.
export type Values = Record<string, unknown>;

export interface Variable {
  composition: string;
  id: string;
  type: string;
  label?: string;
  default?: unknown;
  min?: number;
  max?: number;
  step?: number;
  options?: unknown[];
}

// What a player opens.
export interface Page {
  entry: string;
  width: number;
  height: number;
  fps: number;
  total: number;
  stepped: boolean;
}

// Orders with what they are given and what they answer.
export interface Orders {
  open: [Omit<Page, "fps" | "total"> & { number: number }, { described: Described }];
  seek: [{ number: number }, number];
  highlight: [{ name: string; scale: number }, boolean];
  unhighlight: [Record<string, never>, undefined];
}

// ---- lanes ---------------------------------------------------------------------------------------
export interface LaneClip {
  key: string;
  kind: string;
  label: string;
  element: string;
  startS: number;
  endS: number | null; // null: the end of the film
  mounts: string | null;
  media: string | null;
}

export interface Lane {
  key: string;
  depth: number;
  parent: string | null;
  track: number | null;
  label: string;
  kind: string;
  clips: LaneClip[];
  isShared: boolean;
  holds: number; // lanes of the composition that it mounts
}

// ---- elements ------------------------------------------------------------------------------------
// index.html's, and those that variables.js and output.js make.
export interface Ids {
  name: HTMLElement;
  facts: HTMLElement;
  fps: HTMLSelectElement;
  status: HTMLElement;
  still: HTMLButtonElement;
  render: HTMLButtonElement;
  screen: HTMLElement;
  veil: HTMLElement;
  transport: HTMLElement;
  first: HTMLButtonElement;
  back: HTMLButtonElement;
  play: HTMLButtonElement;
  forward: HTMLButtonElement;
  last: HTMLButtonElement;
  now: HTMLElement;
  length: HTMLElement;
  frame: HTMLInputElement;
  total: HTMLElement;
  speed: HTMLElement;
  loop: HTMLButtonElement;
  mute: HTMLButtonElement;
  timeline: HTMLElement;
  ruler: HTMLElement;
  lanes: HTMLElement;
  playhead: HTMLElement;
  scrubber: HTMLInputElement;
  "tab-variables": HTMLButtonElement;
  "tab-findings": HTMLButtonElement;
  "tab-output": HTMLButtonElement;
  variables: HTMLElement;
  findings: HTMLElement;
  output: HTMLElement;
}

export type Panel = "variables" | "findings" | "output";

type Tags = HTMLElementTagNameMap;
type Absent = null | undefined | false;

// Properties of an element by its tag, and attributes as one would write them. Absent ones are left
// out; the browser makes text of numbers.
export type Properties<Tag extends keyof Tags> = {
  [Name in keyof Tags[Tag]]?:
    | Tags[Tag][Name]
    | (Tags[Tag][Name] extends string ? number : never)
    | Absent;
} & {
  [name: `data-${string}` | `aria-${string}`]: string | Absent;
  class?: string;
  text?: string;
};
