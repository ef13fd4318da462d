// What the types of browsers leave out: our own names, the format's, and what is too new.
import type { Offered } from "./main.js";
import type { real } from "./real.js";

// One frame of the project, as others reach it.
export interface Realm extends Offered {
  window: typeof globalThis;
  document: Document;
  real: typeof real;
  join: (realm: Realm) => void;
}

declare global {
  interface Window {
    __fanreel: Realm;
    __fanreelConfig: Record<string, any>;
    __fanreelPaint?: (serial: number) => void;
    __fanreelShell: Record<string, Function>;
  }
  var __fanreel: Realm;
  var __fanreelConfig: Record<string, any>;

  interface VideoFrameBufferInit {
    transfer?: ArrayBuffer[];
  }

  // Lottie players.
  interface Element {
    dotLottie?: object;
    getLottie?: () => object;
  }
}
