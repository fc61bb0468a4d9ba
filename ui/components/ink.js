// A drawing as ink on a canvas: strokes above one another, on an empty pad or on a digit of 28×28 pixels.

const BASE = 28; // pixels of the digit that a drawing may start from

function paintDrawing(pen, side, { strokes, base }) {
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, side, side);
  if (base) paintBase(pen, side, base);
  pen.lineCap = pen.lineJoin = "round";
  for (const { p, w, e } of strokes) {
    pen.strokeStyle = e ? "#000" : "#fff";
    pen.lineWidth = w * side;
    pen.beginPath();
    pen.moveTo(p[0][0] * side, p[0][1] * side);
    if (p.length === 1) pen.lineTo(p[0][0] * side + 0.01, p[0][1] * side); // a line of no length is not drawn
    for (const [x, y] of p.slice(1)) pen.lineTo(x * side, y * side);
    pen.stroke();
  }
}

function paintBase(pen, side, base) {
  const small = new OffscreenCanvas(BASE, BASE);
  const pixels = new ImageData(BASE, BASE);
  [...atob(base)].forEach((letter, i) => {
    const grey = letter.charCodeAt(0);
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  pen.imageSmoothingEnabled = false; // 28 pixels stay 28 pixels, here and in Python
  pen.drawImage(small, 0, 0, side, side);
}
