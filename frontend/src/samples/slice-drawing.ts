import type { Bitmap } from "./masks";

type Box = { left: number; top: number; right: number; bottom: number };

/** Fill the pixels of a bitmap: a rectangle for each stretch of a row, which canvases draw faster than any path. */
export function fillBitmap(context: CanvasRenderingContext2D, bitmap: Bitmap) {
  const { width, pixels } = bitmap;
  const { left, top, right, bottom } = boxOf(bitmap);
  for (let y = top; y < bottom; y++) {
    let from = -1;
    for (let x = left; x <= right; x++) {
      const isIn = x < right && pixels[y * width + x] === 1;
      if (isIn && from < 0) from = x;
      if (!isIn && from >= 0) {
        context.fillRect(from, y, x - from, 1);
        from = -1;
      }
    }
  }
}

/** Draw the border between pixels that are in the bitmap and those that are not. */
export function outlineBitmap(context: CanvasRenderingContext2D, bitmap: Bitmap, thickness: number) {
  const { width, height, pixels } = bitmap;
  const { left, top, right, bottom } = boxOf(bitmap);
  const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : pixels[y * width + x]);
  const half = thickness / 2;
  for (let y = top; y <= bottom; y++) {
    let from = -1;
    for (let x = left; x <= right; x++) {
      const isBorder = x < right && at(x, y - 1) !== at(x, y);
      if (isBorder && from < 0) from = x;
      if (!isBorder && from >= 0) {
        context.fillRect(from - half, y - half, x - from + thickness, thickness);
        from = -1;
      }
    }
  }
  for (let x = left; x <= right; x++) {
    let from = -1;
    for (let y = top; y <= bottom; y++) {
      const isBorder = y < bottom && at(x - 1, y) !== at(x, y);
      if (isBorder && from < 0) from = y;
      if (!isBorder && from >= 0) {
        context.fillRect(x - half, from - half, thickness, y - from + thickness);
        from = -1;
      }
    }
  }
}

/** The smallest box around the pixels of a bitmap. */
function boxOf({ width, pixels }: Bitmap): Box {
  const first = pixels.indexOf(1);
  if (first < 0) return { left: 0, top: 0, right: 0, bottom: 0 };
  const [top, bottom] = [Math.floor(first / width), Math.floor(pixels.lastIndexOf(1) / width) + 1];
  let [left, right] = [width, 0];
  for (let y = top; y < bottom; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    const start = row.indexOf(1);
    if (start < 0) continue;
    left = Math.min(left, start);
    right = Math.max(right, row.lastIndexOf(1) + 1);
  }
  return { left, top, right, bottom };
}
