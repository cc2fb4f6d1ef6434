// Sections of the page: what it is about, tables, and what happened.

const titleIn = (run, title) => several ? `${title} of ${run.title}` : title;

function addHead() {
  const names = runs.map(({title}) => title).join(', '), [run] = runs;
  const head = element('header', {}, element('h1', {}, names));
  const state = isLost(run) ? 'not updated' : run.state;
  document.title = several ? `${names} – adjoint` : `${names}: ${state} – adjoint`;
  document.getElementById('main').append(head);
  if (several) return;
  head.append(element('p', {className: `state ${state}`}, state), ...run.head.map(quiet));
  if (run.overfit) head.append(banner('Overfit on one batch:', 'this run learns one batch by heart, to show that it ' +
                                      'can. Its numbers say nothing about other images.'));
  if (isLost(run)) head.append(banner(`Not updated since ${new Date(1000 * run.written).toLocaleString('sv')}:`,
                                      'the run may have been stopped.'));
}

function addComparison() {
  section(comparison.title, table(comparison, 'comparison'),
          element('details', {}, element('summary', {}, `${alike.length} settings are the same`), settings(alike)));
}

const addResults = ({results}) => results && section(results.title, table(results));

function addNetworks({networks}) {
  if (networks.length === 0) return;
  section('Network', ...networks.flatMap(network => [element('h3', {}, network.title), table(network)]),
          quiet('For one input. FLOPs are those of convolutions and matrix products, ' +
                'a multiplication and an addition counted as two.'));
}

const addConfiguration = run => section('Configuration', settings(run.settings));

function addEvents(run) {
  const events = run.events.map(({time, event, numbers}) => element('li', {}, element('time', {className: 'quiet'}, time),
      element('div', {}, event, ' ', element('span', {className: 'quiet'}, numbers))));
  const problems = run.problems.map(text => element('li', {}, text));
  if (events.length + problems.length === 0) return;
  section(titleIn(run, 'Events'), element('ul', {className: 'events'}, ...events), element('ul', {}, ...problems));
}
