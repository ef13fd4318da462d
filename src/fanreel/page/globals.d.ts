// What the types of browsers leave out: our own names, the format's, and what is too new.
import type { Realm } from "./types.d.ts";

declare global {
  interface Window {
    __fanreel: Realm;
    __fanreelConfig: Record<string, any>;
    __fanreelPaint?: (serial: number) => void;
    __fanreelTexts?: Map<string, string>;
    __fanreelFrame?: (url: string, signal: AbortSignal) => Promise<ArrayBuffer | null>;
    __fanreelShell: Record<string, Function>;
  }
  var __fanreel: Realm;
  var __fanreelConfig: Record<string, any>;
  // A binding of capture/shadow_roots.py.
  var __fanreelAdopt: ((text: string) => void) | undefined;
  var __timelines: Record<PropertyKey, any> | undefined;

  interface VideoFrameBufferInit {
    transfer?: ArrayBuffer[];
  }

  // Lottie players.
  interface Element {
    dotLottie?: object;
    getLottie?: () => object;
  }
}
