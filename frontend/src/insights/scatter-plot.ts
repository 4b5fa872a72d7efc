import type { ScatterPayload } from "../api/insight";
import { indexColour, inkOf } from "../ui/colours";
import { short } from "./Lines";
import { type Extent, extentOf, niceTicks, scale } from "./scales";

export const HEIGHT = 380;
const MARGIN = { top: 10, right: 14, bottom: 40, left: 54 };
const RADIUS = 3;
const NEAR = 14;

/** Where the points of a plot of some width are, in pixels. */
export class ScatterLayout {
  readonly xs: number[];
  readonly ys: number[];
  private readonly x: ReturnType<typeof scale>;
  private readonly y: ReturnType<typeof scale>;
  private readonly xExtent: Extent;
  private readonly yExtent: Extent;

  constructor(
    readonly payload: ScatterPayload,
    readonly width: number,
  ) {
    const shared = payload.diagonal ? extentOf([...payload.x, ...payload.y]) : null;
    this.xExtent = shared ?? extentOf(payload.x);
    this.yExtent = shared ?? extentOf(payload.y);
    this.x = scale(this.xExtent, [MARGIN.left, width - MARGIN.right]);
    this.y = scale(this.yExtent, [HEIGHT - MARGIN.bottom, MARGIN.top]);
    this.xs = payload.x.map((value) => this.x(value));
    this.ys = payload.y.map((value) => this.y(value));
  }

  /** The point under a place, if one is near. */
  near(px: number, py: number): number | null {
    let best: number | null = null;
    let nearest = NEAR * NEAR;
    for (let i = 0; i < this.xs.length; i++) {
      const distance = ((this.xs[i] as number) - px) ** 2 + ((this.ys[i] as number) - py) ** 2;
      if (distance <= nearest) {
        nearest = distance;
        best = i;
      }
    }
    return best;
  }

  /** Axes and points; points of other groups than `only` are faint. */
  draw(canvas: HTMLCanvasElement, names: readonly string[], only: string | null): void {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = this.width * ratio;
    canvas.height = HEIGHT * ratio;
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const ink = (name: string) => style.getPropertyValue(name).trim();
    this.drawAxes(pen, ink("--line"), ink("--muted"));
    const colourOf = new Map(names.map((name, i) => [name, inkOf(indexColour(i), style)]));
    const plain = ink("--series-0");
    const { groups } = this.payload;
    const strong = this.xs.length > 2000 ? 0.5 : 0.8;
    const isFaint = (i: number) => only !== null && groups[i] !== only;
    const order = this.xs.map((_, i) => i).sort((a, b) => Number(isFaint(b)) - Number(isFaint(a)));
    for (const i of order) {
      pen.globalAlpha = isFaint(i) ? 0.12 : strong;
      pen.fillStyle = colourOf.get(groups[i] ?? "") ?? plain;
      pen.beginPath();
      pen.arc(this.xs[i] as number, this.ys[i] as number, RADIUS, 0, 2 * Math.PI);
      pen.fill();
    }
    this.drawDiagonal(pen, ink("--ink"));
  }

  private drawAxes(pen: CanvasRenderingContext2D, line: string, muted: string): void {
    const { payload, width, x, y } = this;
    // A map without axes has places, not values.
    if (payload.x_label === "" && payload.y_label === "") return;
    pen.font = "12px system-ui, sans-serif";
    pen.strokeStyle = line;
    pen.fillStyle = muted;
    for (const tick of niceTicks(this.yExtent, 6)) {
      pen.beginPath();
      pen.moveTo(MARGIN.left, y(tick));
      pen.lineTo(width - MARGIN.right, y(tick));
      pen.stroke();
      pen.textAlign = "right";
      pen.fillText(short(tick), MARGIN.left - 8, y(tick) + 4);
    }
    pen.textAlign = "center";
    const middle = (MARGIN.left + width) / 2;
    for (const tick of niceTicks(this.xExtent, Math.max(3, Math.floor(width / 110))))
      pen.fillText(short(tick), x(tick), HEIGHT - MARGIN.bottom + 18);
    pen.fillText(payload.x_label, middle, HEIGHT - 4);
    pen.save();
    pen.translate(12, (HEIGHT - MARGIN.bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(payload.y_label, 0, 0);
    pen.restore();
  }

  /** Over the points, which would hide it. */
  private drawDiagonal(pen: CanvasRenderingContext2D, ink: string): void {
    const { x, y } = this;
    if (!this.payload.diagonal) return;
    pen.globalAlpha = 1;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(x(this.xExtent[0]), y(this.xExtent[0]));
    pen.lineTo(x(this.xExtent[1]), y(this.xExtent[1]));
    pen.strokeStyle = ink;
    pen.stroke();
    pen.setLineDash([]);
  }
}
