// What a node of a document is; also one that another frame has made.

/**
 * @param {Node} node
 * @returns {node is Element}
 */
export const isElement = (node) => node.nodeType === Node.ELEMENT_NODE;

/**
 * @param {Element} element
 * @returns {element is HTMLImageElement}
 */
export const isImage = (element) => element.localName === "img";
