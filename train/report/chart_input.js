// What a chart answers to a pointer and to keys: the values at an epoch, and a closer look.

const shortestDrag = 8;  // in pixels; less is a click

function listen(chart) {
  const {svg} = chart, on = (name, answer) => svg.addEventListener(name, answer);
  // The epoch, a fraction too, under the pointer.
  const place = event => chart.x.back(event.clientX - svg.getBoundingClientRect().left);
  const shown = () => chart.epochs.filter(epoch => epoch >= chart.x.from && epoch <= chart.x.to);
  const point = epoch => { chart.cursor = epoch; chart.draw(); };

  on('pointerdown', event => {
    svg.setPointerCapture(event.pointerId);
    chart.brush = [place(event), place(event)];
  });
  on('pointermove', event => {
    const wanted = place(event), distance = epoch => Math.abs(epoch - wanted);
    if (chart.brush) chart.brush[1] = wanted;
    point(shown().sort((a, b) => distance(a) - distance(b))[0] ?? null);
  });
  on('pointerup', () => {
    const zoom = chart.brush?.sort((a, b) => a - b);
    chart.brush = null;
    if (zoom && chart.x.at(zoom[1]) - chart.x.at(zoom[0]) > shortestDrag) look({zoom}); else chart.draw();
  });
  on('pointercancel', () => { chart.brush = null; chart.draw(); });
  on('pointerleave', () => { if (!chart.brush) point(null); });
  on('blur', () => point(null));
  on('dblclick', () => look({zoom: null}));
  on('keydown', event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key], epochs = shown(), last = epochs.length - 1;
    if (!step || last < 0) return;
    event.preventDefault();
    const next = chart.cursor === null ? (step > 0 ? 0 : last) : epochs.indexOf(chart.cursor) + step;
    point(epochs[Math.min(Math.max(next, 0), last)]);
  });
}
