/*
 * The camera: which part of the plane is seen, and how large.
 *
 * Read next: threefry.js
 */

const SCALES = [0.04, 4];
const MARGIN = 28;

// The first look is at the whole picture if it is not much too large, else at its beginning, at a size to be read.
const OVERVIEW = 0.4;
const READABLE = 0.62;

export class Camera {
  /** @param svg the canvas  @param layer the <g> that is moved within it */
  constructor(svg, layer) {
    Object.assign(this, { svg, layer, x: 0, y: 0, scale: 1, size: { width: 0, height: 0 } });
    this.dragged = false;
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.#drag(event));
    new ResizeObserver(() => this.#apply()).observe(svg);
  }

  /** Where a point of the canvas lies in the plane. */
  toPlane(x, y) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  /** Shows all of a picture of that size, but nothing smaller than `least`. */
  fit(size = this.size, least = SCALES[0]) {
    this.size = size;
    const { width, height } = this.#canvas();
    const whole = Math.min((width - 2 * MARGIN) / size.width, (height - 2 * MARGIN) / size.height, 1.15);
    this.scale = Math.max(whole, least);
    const [free, below] = [width - size.width * this.scale, height - size.height * this.scale];
    this.x = Math.max(MARGIN, free / 2);
    this.y = Math.max(MARGIN, below / 3);
    this.#apply();
  }

  fitReadably(size) {
    this.fit(size);
    if (this.scale < OVERVIEW) this.fit(size, READABLE);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#apply();
  }

  /** Zooms, leaving the given point of the canvas (or its middle) where it is. */
  zoom(factor, at) {
    const { width, height } = this.#canvas();
    const [x, y] = at ?? [width / 2, height / 2];
    const scale = Math.min(SCALES[1], Math.max(SCALES[0], this.scale * factor));
    this.x = x - (x - this.x) * (scale / this.scale);
    this.y = y - (y - this.y) * (scale / this.scale);
    this.scale = scale;
    this.#apply();
  }

  /** Puts a box into the middle, large enough to be read. */
  centre(box) {
    const { width, height } = this.#canvas();
    this.scale = Math.max(this.scale, READABLE);
    this.x = width / 2 - (box.x + box.width / 2) * this.scale;
    this.y = height / 2 - (box.y + Math.min(box.height, height / this.scale) / 2) * this.scale;
    this.#apply();
  }

  /** Moves as little as needed for a box to be seen. */
  reveal(box) {
    const { width, height } = this.#canvas();
    const left = box.x * this.scale + this.x;
    const top = box.y * this.scale + this.y;
    const into = (start, length, room) => {
      if (length > room - 2 * MARGIN || start < MARGIN) return MARGIN - start;
      return Math.min(0, room - MARGIN - length - start);
    };
    this.pan(into(left, box.width * this.scale, width), into(top, box.height * this.scale, height));
  }

  /** Moves so that a point of the plane stays where another one was. */
  keep(before, after) {
    this.pan((before.x - after.x) * this.scale, (before.y - after.y) * this.scale);
  }

  #canvas() {
    const { width, height } = this.svg.getBoundingClientRect();
    return { width: width || 800, height: height || 600 };
  }

  #apply() {
    this.layer.setAttribute("transform", `translate(${this.x},${this.y}) scale(${this.scale})`);
  }

  #wheel(event) {
    event.preventDefault();
    const frame = this.svg.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
    this.zoom(Math.exp(-event.deltaY * lines * 0.0016), [event.clientX - frame.left, event.clientY - frame.top]);
  }

  #drag(event) {
    if (event.button !== 0) return;
    this.dragged = false;
    let last = [event.clientX, event.clientY];
    const first = last;
    const move = (next) => {
      if (next.pointerId !== event.pointerId) return;
      if (!this.dragged && Math.hypot(next.clientX - first[0], next.clientY - first[1]) < 4) return;
      this.dragged = true;
      this.svg.classList.add("dragging");
      this.pan(next.clientX - last[0], next.clientY - last[1]);
      last = [next.clientX, next.clientY];
    };
    const stop = () => {
      this.svg.classList.remove("dragging");
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
  }
}
