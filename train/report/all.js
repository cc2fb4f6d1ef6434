// The order in which the page tells all this.

function summary({config, metrics}) {
  return `${config.model} on ${config.dataset}, ${metrics.at(-1)?.epoch ?? 0} of ${config.epochs} epochs`;
}

const names = runs.map(run => run.name).join(', ');
document.title = `${names} – adjoint`;
document.getElementById('main').append(element('h1', {}, names), ...runs.map(run =>
    quiet(several ? `${run.name}: ${summary(run)}` : summary(run))));
addCharts();
runs.forEach(addSamples);
if (!several) [addFilters, addNetworks].forEach(add => add(runs[0]));
runs.forEach(addConfiguration);
runs.forEach(addEvents);
