// Scale: where on the paper a number stands.

// From `start` to `end` on the paper stand the numbers between `from` and `to`.
class Scale {
  constructor([from, to], [start, end]) {
    Object.assign(this, {from, to, start, end});
  }

  at(value) {
    return this.start + (value - this.from) / (this.to - this.from) * (this.end - this.start);
  }

  // The number at a place, or at the end that is nearest to it.
  back(place) {
    const inside = Math.min(Math.max(place, this.start), this.end);
    return this.from + (inside - this.start) / (this.end - this.start) * (this.to - this.from);
  }

  // About so many round numbers.
  ticks(count) {
    const rough = (this.to - this.from) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find(s => s * power >= rough) * power;
    const first = Math.ceil(this.from / step - 1e-9), last = Math.floor(this.to / step + 1e-9);
    return Array.from({length: last - first + 1}, (_, i) => +((first + i) * step).toPrecision(12));
  }
}

// The smallest and the largest of the values, with air around them; of none, those of 0 and 1.
function rangeOf(values) {
  if (values.length === 0) return rangeOf([0, 1]);
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 0.5;
  return [low - air, high + air];
}
