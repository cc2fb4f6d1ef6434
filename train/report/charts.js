// The charts of a page: what the reader chooses for all of them at once, and the headings under which they stand.

const view = {smoothing: 0, logarithmic: false, zoom: null};  // zoom: [from, to] in epochs, or the whole run
const charts = [];

const whole = element('button', {disabled: true, onclick: () => look({zoom: null})}, 'Whole run');

function look(changes) {
  Object.assign(view, changes);
  whole.disabled = view.zoom === null;
  charts.forEach(chart => chart.draw());
}

function tools() {
  const smoothing = element('input', {type: 'range', min: 0, max: 0.98, step: 0.02, value: 0, id: 'smoothing',
                                      oninput: event => look({smoothing: +event.target.value})});
  const logarithmic = element('input', {type: 'checkbox', id: 'logarithmic',
                                        onchange: event => look({logarithmic: event.target.checked})});
  return element('div', {className: 'tools'}, element('label', {}, 'Smoothing', smoothing),
                 element('label', {}, logarithmic, 'Logarithmic'), whole,
                 element('span', {className: 'quiet'}, 'Drag across a chart to zoom in.'));
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
}
