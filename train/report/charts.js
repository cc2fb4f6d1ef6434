// Charts: curves over epochs, drawn by the library dygraphs. The reader drags to zoom, in all charts at once.

const charts = [];
const view = {smoothing: 0, logarithmic: false, zoom: null};  // zoom: [from, to] in epochs, or the whole run

function look(changes) {
  Object.assign(view, changes);
  whole.disabled = view.zoom === null;
  charts.forEach(chart => chart.draw());
}

const whole = element('button', {disabled: true, onclick: () => look({zoom: null})}, 'Whole run');
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => look({}));

function tools() {
  const smoothing = element('input', {type: 'range', min: 0, max: 0.98, step: 0.02, value: 0, id: 'smoothing',
                                      oninput: event => look({smoothing: +event.target.value})});
  const logarithmic = element('input', {type: 'checkbox', id: 'logarithmic',
                                        onchange: event => look({logarithmic: event.target.checked})});
  return element('div', {className: 'tools'}, element('label', {}, 'Smoothing', smoothing),
                 element('label', {}, logarithmic, 'Logarithmic'), whole,
                 element('span', {className: 'quiet'}, 'Drag across a chart to zoom in.'));
}

const colour = name => getComputedStyle(document.body).getPropertyValue(name);

// A short piece of a curve, for legends.
const sample = ({style}) => element('i', {style: `border-top: 2px ${style.border} var(${style.colour})`});

// One finger moves the page, two zoom.
const pinch = gesture => (event, ...more) => {
  if (event.touches.length > 1) Dygraph.defaultInteractionModel[gesture](event, ...more);
};
const gestures = () => ({...Dygraph.defaultInteractionModel, touchstart: pinch('touchstart'),
                         touchmove: pinch('touchmove')});

class Chart {
  constructor({name, curves}) {
    this.curves = curves;
    this.epochs = [...new Set(curves.flatMap(curve => curve.points.map(([x]) => x)))].sort((a, b) => a - b);
    this.paper = element('div', {className: 'paper', tabIndex: 0, role: 'img', ariaLabel: `${name} over epochs`,
                                 onkeydown: event => this.step(event), onblur: () => this.graph.clearSelection()});
    this.element = element('div', {className: 'chart'}, element('h3', {}, titleOf(name)), this.paper);
    if (several || curves.length > 1) {
      this.element.append(element('div', {className: 'legend'}, ...curves.map(curve =>
          element('span', {}, sample(curve), curve.label))));
    }
  }

  draw() {
    const options = {...this.options(), file: this.rows()};
    if (this.graph) this.graph.updateOptions(options); else this.graph = new Dygraph(this.paper, options.file, options);
  }

  // One row an epoch: smooth values, then those that they were made of. Nothing stands where a curve has a gap.
  rows() {
    const columns = [...this.curves.map(({points}) => smoothed(points, view.smoothing)),
                     ...this.curves.map(({points}) => points)].map(points => new Map(points));
    return this.epochs.map(epoch => [epoch, ...columns.map(values => values.get(epoch) ?? null)]);
  }

  options() {
    const smooth = this.curves.map((_, i) => `${i}`), raw = smooth.map(label => `${label} raw`);
    const drawn = ({style}, more) => ({color: colour(style.colour), strokePattern: style.dashes, ...more});
    const series = this.curves.flatMap((curve, i) => [
        [smooth[i], drawn(curve, {strokeWidth: 1.8, drawPoints: curve.points.length <= 60})],
        [raw[i], drawn(curve, {strokeWidth: view.smoothing > 0 ? 0.5 : 0, highlightCircleSize: 0})]]);
    return {
      labels: ['epoch', ...smooth, ...raw], series: Object.fromEntries(series), pointSize: 2.4,
      logscale: view.logarithmic, dateWindow: view.zoom, xRangePad: 6, yRangePad: 8, xlabel: 'epoch', xLabelHeight: 14,
      axes: {x: {pixelsPerLabel: 45, axisLabelFormatter: epoch => Number.isInteger(epoch) ? `${epoch}` : ''},
             y: {axisLabelFormatter: value => number(+value.toPrecision(3)), axisLabelWidth: 52}},
      axisLineColor: colour('--line'), gridLineColor: colour('--line'),
      interactionModel: gestures(), legend: 'follow', legendFormatter: told => this.values(told),
      zoomCallback: (from, to) => look({zoom: this.graph.isZoomed('x') ? [from, to] : null}),
    };
  }

  // What stands beside the pointer.
  values({x, series}) {
    const told = document.createDocumentFragment();
    if (x === undefined) return told;
    told.append(element('div', {}, `epoch ${x}`));
    this.curves.forEach((curve, i) => {
      if (!curve.points.some(([epoch]) => epoch === x)) return;
      told.append(element('div', {}, element('span', {}, sample(curve), curve.label),
                          element('b', {}, number(series[i].y))));
    });
    return told;
  }

  // From epoch to epoch by the arrow keys.
  step(event) {
    const direction = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!direction) return;
    event.preventDefault();
    const [from, to] = this.graph.xAxisRange();
    const shown = this.epochs.flatMap((epoch, row) => epoch >= from && epoch <= to ? [row] : []);
    if (shown.length === 0) return;
    const now = shown.indexOf(this.graph.getSelection()), last = shown.length - 1;
    const next = now < 0 ? (direction > 0 ? 0 : last) : now + direction;
    this.graph.setSelection(shown[Math.min(Math.max(next, 0), last)]);
  }
}

const headings = [
  ['Losses', name => !isNorm(name) && !isPace(name)],
  ['Norms of gradients and weights', isNorm],
  ['Throughput and learning rate', isPace],
];

function addCharts() {
  const curves = runs.flatMap(curvesOf).filter(({name}) => !several || !isNorm(name));
  if (curves.length === 0) return section('Losses', quiet('No epoch has ended yet.'));
  let above = [tools()];  // of the first heading that has charts
  for (const [title, belongs] of headings) {
    const chosen = curves.filter(({name}) => belongs(name));
    if (chosen.length === 0) continue;
    const added = chartsOf(chosen).map(chart => new Chart(chart));
    section(title, ...above, element('div', {className: 'charts'}, ...added.map(chart => chart.element)));
    charts.push(...added);
    above = [];
  }
  charts.forEach(chart => chart.draw());
}
