// What does a chart answer to a pointer and to keys? The values at an epoch, and a closer look.

const shortestDrag = 8;  // in pixels; less is a click

class ChartInput {
  constructor(chart) {
    this.chart = chart;
    const answers = {pointerdown: event => this.press(event), pointermove: event => this.move(event),
                     pointerup: () => this.release(), pointercancel: () => this.cancel(),
                     pointerleave: () => this.leave(), blur: () => this.point(null),
                     dblclick: () => look({zoom: null}), keydown: event => this.key(event)};
    for (const [name, answer] of Object.entries(answers)) chart.svg.addEventListener(name, answer);
  }

  press(event) {
    this.chart.svg.setPointerCapture(event.pointerId);
    this.chart.brush = [this.place(event), this.place(event)];
  }

  move(event) {
    const {chart} = this, wanted = this.place(event);
    if (chart.brush) chart.brush[1] = wanted;
    const distance = epoch => Math.abs(epoch - wanted);
    this.point(this.shown().reduce((best, epoch) =>
        best === null || distance(epoch) < distance(best) ? epoch : best, null));
  }

  release() {
    const {chart} = this, zoom = chart.brush?.sort((a, b) => a - b);
    chart.brush = null;
    if (zoom && chart.x.at(zoom[1]) - chart.x.at(zoom[0]) > shortestDrag) look({zoom}); else chart.draw();
  }

  cancel() {
    this.chart.brush = null;
    this.chart.draw();
  }

  leave() {
    if (!this.chart.brush) this.point(null);
  }

  key(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key], epochs = this.shown(), last = epochs.length - 1;
    if (!step || last < 0) return;
    event.preventDefault();
    const {cursor} = this.chart;
    const next = cursor === null ? (step > 0 ? 0 : last) : epochs.indexOf(cursor) + step;
    this.point(epochs[Math.min(Math.max(next, 0), last)]);
  }

  point(epoch) {
    this.chart.cursor = epoch;
    this.chart.draw();
  }

  // The epoch, a fraction too, under the pointer.
  place(event) {
    return this.chart.x.back(event.clientX - this.chart.svg.getBoundingClientRect().left);
  }

  shown() {
    const {epochs, x} = this.chart;
    return epochs.filter(epoch => epoch >= x.from && epoch <= x.to);
  }
}
