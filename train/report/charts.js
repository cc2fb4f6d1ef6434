// Charts: curves over steps, drawn by the library dygraphs. The reader drags to zoom, in all charts at once.

const charts = [];
const view = {smoothing: 0, logarithmic: false, zoom: null, ...kept.view};  // zoom: [from, to], or the whole run

function look(changes) {
  Object.assign(view, changes);
  whole.disabled = view.zoom === null;
  charts.forEach(chart => chart.draw());
}

const whole = element('button', {disabled: view.zoom === null, onclick: () => look({zoom: null})}, 'Whole run');
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => look({}));

function tools() {
  const smoothing = element('input', {type: 'range', min: 0, max: 0.98, step: 0.02, value: view.smoothing,
                                      id: 'smoothing', oninput: event => look({smoothing: +event.target.value})});
  const logarithmic = element('input', {type: 'checkbox', id: 'logarithmic', checked: view.logarithmic,
                                        onchange: event => look({logarithmic: event.target.checked})});
  return element('div', {className: 'tools'}, element('label', {}, 'Smoothing', smoothing),
                 element('label', {}, logarithmic, 'Logarithmic'), whole,
                 element('span', {className: 'quiet'}, 'Drag across a chart to zoom in.'));
}

// Of the i-th of many curves: eight colours, then the same dashed, then dotted.
const borders = ['solid', 'dashed', 'dotted'], dashes = [null, [7, 3], [2, 3]];
const colour = name => getComputedStyle(document.body).getPropertyValue(name);
const sample = ({look, images}) => element('i', {className: images, style:
    `border-top-style: ${borders[Math.floor(look / 8) % 3]}; color: var(--c${look % 8})`});

// sᵢ = Σ aᵏ·yᵢ₋ₖ / Σ aᵏ, a mean that lags behind as little as its weights add up to 1 from the first point on.
function smoothed(points, a) {
  let sum = 0, weight = 0;
  return points.map(([x, y]) => {
    if (!Number.isFinite(y)) return [x, NaN];
    sum = a * sum + y;
    weight = a * weight + 1;
    return [x, sum / weight];
  });
}

// One finger moves the page, two zoom.
const pinch = gesture => (event, ...more) => {
  if (event.touches.length > 1) Dygraph.defaultInteractionModel[gesture](event, ...more);
};
const gestures = () => ({...Dygraph.defaultInteractionModel, touchstart: pinch('touchstart'),
                         touchmove: pinch('touchmove')});

class Chart {
  constructor({title, curves}, {pace, ends}) {
    Object.assign(this, {curves, pace, ends});
    this.places = [...new Set(curves.flatMap(curve => curve.points.map(([x]) => x)))].sort((a, b) => a - b);
    this.paper = element('div', {className: 'paper', tabIndex: 0, role: 'img', ariaLabel: `${title} over ${pace}s`,
                                 onkeydown: event => this.step(event), onblur: () => this.graph.clearSelection()});
    const labels = new Map(curves.map(curve => [curve.label, element('span', {}, sample(curve), curve.label)]));
    const legend = several || labels.size > 1 ? [element('div', {className: 'legend'}, ...labels.values())] : [];
    this.element = element('div', {className: 'chart'}, element('h3', {}, title), this.paper, ...legend);
  }

  draw() {
    const options = {...this.options(), file: this.rows()};
    if (this.graph) this.graph.updateOptions(options); else this.graph = new Dygraph(this.paper, options.file, options);
  }

  // One row a place. Null is no point, NaN a gap.
  rows() {
    const columns = this.curves.map(({points}) => new Map(smoothed(points, view.smoothing)));
    return this.places.map(x => [x, ...columns.map(values => values.get(x) ?? null)]);
  }

  options() {
    const drawn = ({look, images, points}) => ({
      color: colour(`--c${look % 8}`) + (images === 'step' ? '90' : ''), strokePattern: dashes[Math.floor(look / 8) % 3],
      strokeWidth: images === 'step' ? 1 : 1.8, drawPoints: images !== 'step' && points.length <= 60});
    return {
      labels: [this.pace, ...this.curves.keys()].map(String), pointSize: 2.4, connectSeparatedPoints: true,
      series: Object.fromEntries(this.curves.map((curve, i) => [i, drawn(curve)])),
      logscale: view.logarithmic, dateWindow: view.zoom, xRangePad: 6, yRangePad: 8, xlabel: this.pace, xLabelHeight: 14,
      axes: {x: {pixelsPerLabel: 60, axisLabelFormatter: x => Number.isInteger(x) ? counted(x) : ''},
             y: {axisLabelFormatter: value => number(+value.toPrecision(3)), axisLabelWidth: 52}},
      axisLineColor: colour('--line'), gridLineColor: colour('--line'),
      interactionModel: gestures(), legend: 'follow', legendFormatter: told => this.values(told),
      highlightCallback: (event, x) => this.snap(x),
      zoomCallback: (from, to) => look({zoom: this.graph.isZoomed('x') ? [from, to] : null}),
    };
  }

  // To the end of an epoch that is near, where all curves have a value.
  snap(x) {
    const distance = end => Math.abs(this.graph.toDomXCoord(end) - this.graph.toDomXCoord(x));
    const near = this.ends.map(([end]) => end).filter(end => distance(end) < 6 && this.places.includes(end));
    near.sort((a, b) => distance(a) - distance(b));
    if (near.length > 0) this.graph.setSelection(this.places.indexOf(near[0]));
  }

  // "step 430, epoch 1" of one run.
  placeOf(x) {
    const epoch = (this.ends.find(([end]) => end >= x) ?? [x, (this.ends.at(-1)?.[1] ?? 0) + 1])[1];
    return `${this.pace} ${counted(x)}${several || this.pace === 'epoch' ? '' : `, epoch ${epoch}`}`;
  }

  // What stands beside the pointer.
  values({x, series}) {
    const told = document.createDocumentFragment();
    if (x === undefined) return told;
    told.append(element('div', {}, this.placeOf(x)));
    this.curves.forEach((curve, i) => {
      if (!curve.points.some(([place]) => place === x)) return;
      told.append(element('div', {}, element('span', {}, sample(curve), curve.label),
                          element('b', {}, number(series[i].y))));
    });
    return told;
  }

  // From place to place by the arrow keys.
  step(event) {
    const direction = {ArrowLeft: -1, ArrowRight: 1}[event.key], last = this.places.length - 1;
    if (!direction) return;
    event.preventDefault();
    const next = this.graph.getSelection() + direction;  // -1 + direction where none is chosen
    this.graph.setSelection(next < -1 ? last : Math.min(Math.max(next, 0), last));
  }
}

function addCharts({headings, ...all}) {
  if (headings.length === 0) return section('Metrics', quiet('No step has been recorded yet.'));
  headings.forEach(({title, charts: wanted}, i) => {
    const added = wanted.map(chart => new Chart(chart, all));
    section(title, ...i === 0 ? [tools()] : [], element('div', {className: 'charts'}, ...added.map(chart => chart.element)));
    charts.push(...added);
  });
  charts.forEach(chart => chart.draw());
}
