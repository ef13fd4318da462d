// The preview's server: its state as it changes, and what it can be asked for.
//
//   follow(onState, onLost)     calls back with each new state, and when the server is gone
//   post(name, body)            asks for something to be done; throws what the server says
//   get(path)                   a Response, or null where there is nothing

/** @import { Saved, State } from "./types.d.ts" */

/**
 * @param {(state: State) => void} onState
 * @param {() => void} onLost
 */
export function follow(onState, onLost) {
  const events = new EventSource("events");
  events.addEventListener("message", ({ data }) => onState(JSON.parse(data)));
  events.addEventListener("error", () => onLost());
}

/**
 * @param {string} name
 * @param {object} body
 * @returns {Promise<Saved>}
 */
export async function post(name, body) {
  const response = await fetch(name, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  /** @type {Saved & {message?: string}} */
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.message ?? `the server answers ${response.status}`);
  return answer;
}

/** @param {string} path */
export async function get(path) {
  const response = await fetch(path);
  return response.ok ? response : null;
}
