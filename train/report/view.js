// View: what the reader chooses for all charts at once.

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
