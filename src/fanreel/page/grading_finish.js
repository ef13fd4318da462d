// What a grade does by place rather than by colour: the finish, over the element's own box.
//
//   F.gradingFinish.plan(values, frame, element)   {key, draw(pixels)}, or null for nothing to do;
//                                                  equal keys draw the same
//   F.gradingFinish.problems(values)               what is asked for and not drawn
//
// The picture may be cut or squeezed by object-fit: `box` says where its pixels lie in the element.
(() => {
  const F = globalThis.__fanreel;
  const { smoothstep } = F.gradingColour;
  // Amounts; everything else of effects only says how.
  const EFFECTS =
    "blur pixelate chromaBleed tapeDamage filmArtifacts halftone twoInkPrint ascii dither bloom " +
    "monoScreen scanlines chromaticAberration crtCurvature digitalGlitch engraving crosshatch kuwahara";
  const DRAWN = new Set();

  // ---- where the pixels lie ---------------------------------------------------------------------------
  function contentBox(element) {
    const style = getComputedStyle(element);
    const pad = (side) => Number.parseFloat(style[`padding${side}`]) || 0;
    return {
      width: element.clientWidth - pad("Left") - pad("Right"),
      height: element.clientHeight - pad("Top") - pad("Bottom"),
      fit: style.objectFit,
      position: style.objectPosition,
    };
  }

  function scaleOf(fit, across, down) {
    if (fit === "cover") return Math.max(across, down);
    if (fit === "contain") return Math.min(across, down);
    return fit === "scale-down" ? Math.min(across, down, 1) : 1;
  }

  // {left, top, across, down, width, height}: a pixel's place in the box, and the box's size.
  function lay({ width, height, fit, position }, picture) {
    let across = width / picture.width;
    let down = height / picture.height;
    if (fit !== "fill") across = down = scaleOf(fit, across, down);
    const [x, y] = position.split(" ");
    const left = place(x, width - across * picture.width);
    const top = place(y, height - down * picture.height);
    return { left, top, across, down, width, height };
  }

  const place = (text, free) =>
    text?.endsWith("%") ? (Number.parseFloat(text) / 100) * free : Number.parseFloat(text) || 0;

  // ---- vignette ---------------------------------------------------------------------------------------
  function darken(pixels, box, details) {
    const { vignette, vignetteMidpoint, vignetteRoundness, vignetteFeather } = details;
    const power = 5 - 3 * vignetteRoundness;
    const inner = 0.22 + 0.86 * vignetteMidpoint;
    const outer = inner + 0.08 + 0.64 * vignetteFeather;
    const half = Math.min(box.width, box.height) / 2;
    const { data, width, height } = pixels;
    const raised = (at, step, start, size) =>
      Math.abs((start + (at + 0.5) * step - size / 2) / half) ** power;
    const columns = Float64Array.from({ length: width }, (_, x) =>
      raised(x, box.across, box.left, box.width),
    );
    const least = inner ** power;
    for (let y = 0, at = 0; y < height; y += 1) {
      const row = raised(y, box.down, box.top, box.height);
      for (let x = 0; x < width; x += 1, at += 4) {
        const far = columns[x] + row;
        if (far <= least) continue;
        const factor = 1 - 0.75 * vignette * smoothstep(inner, outer, far ** (1 / power));
        data[at] *= factor;
        data[at + 1] *= factor;
        data[at + 2] *= factor;
      }
    }
  }

  // ---- the whole --------------------------------------------------------------------------------------
  function plan({ details }, _frame, element) {
    if (details.vignette === 0) return null;
    const shape = contentBox(element);
    return {
      key: JSON.stringify([details, shape]),
      draw: (pixels) => darken(pixels, lay(shape, pixels), details),
    };
  }

  function problems({ effects }) {
    const left = EFFECTS.split(" ").filter((name) => effects[name] > 0 && !DRAWN.has(name));
    if (left.length === 0) return [];
    const names = left.map((name) => `effects.${name}`).join(", ");
    return [`${names} cannot be drawn yet; the rest of the grade is applied`];
  }

  F.gradingFinish = { plan, problems };
})();
