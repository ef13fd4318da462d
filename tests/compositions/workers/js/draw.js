// A classic worker that draws on a canvas of the page, by animation frames.
self.onmessage = ({ data: { canvas } }) => {
  const context = canvas.getContext("2d");
  requestAnimationFrame(function draw(now) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "#ff0000";
    context.fillRect(now / 10, 0, 20, 20);
    requestAnimationFrame(draw);
  });
};
