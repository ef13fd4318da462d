import { step } from "./step.js";

let count = 0;
setInterval(() => {
  count += step;
  postMessage({ count, at: performance.now(), date: Date.now() });
}, 200);
