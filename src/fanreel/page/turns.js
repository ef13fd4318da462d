// Real tasks, one after the other: promise jobs are done by the next.

/**
 * @param {MessageChannel} channel
 * @param {typeof MessagePort.prototype.postMessage} [post] as the browser has it
 */
export function makeTurns(channel, post = channel.port2.postMessage) {
  /** @type {(() => void)[]} */
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()?.();

  /** @returns {Promise<void>} */
  return function turn() {
    return new Promise((resolve) => {
      waiting.push(resolve);
      post.call(channel.port2, null);
    });
  };
}
