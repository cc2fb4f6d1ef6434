// The headings under which the charts stand.

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
