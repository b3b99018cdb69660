import { bucketBounds, type InstrumentName, instruments, type LabelsOf, type NameOf } from "../../ports/instruments.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

/** Durations of one set of labels. `counts` has one bucket more than there are bounds, for what is longer. */
export interface Distribution {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** What an instrument says for one set of labels. */
export interface Series<V> {
  readonly labels: Readonly<Record<string, string>>;
  value: V;
}

/** Beyond this an instrument takes no new labels: a mistake must not eat the memory. */
const seriesMax = 2_000;

/** Keeps the numbers of every instrument. A call costs a map look-up; readers are served from the same numbers. */
export class Meter implements Pick<Telemetry, "count" | "observe" | "set"> {
  readonly #numbers = new Map<string, Map<string, Series<number>>>();
  readonly #distributions = new Map<string, Map<string, Series<Distribution>>>();
  readonly #collectors: (() => void)[] = [];

  count<N extends NameOf<"counter">>(name: N, labels: LabelsOf<N>, by = 1): void {
    const series = seriesOf(this.#numbers, name, labels, () => 0);
    if (series !== undefined) {
      series.value += by;
    }
  }

  set<N extends NameOf<"gauge"> | "process_cpu_seconds_total">(name: N, labels: LabelsOf<N>, value: number): void {
    const series = seriesOf(this.#numbers, name, labels, () => 0);
    if (series !== undefined) {
      series.value = value;
    }
  }

  observe<N extends NameOf<"histogram">>(name: N, labels: LabelsOf<N>, seconds: number): void {
    const distribution = seriesOf(this.#distributions, name, labels, emptyDistribution)?.value;
    if (distribution !== undefined) {
      let bucket = 0;
      while (bucket < bucketBounds.length && seconds > bucketBounds[bucket]!) {
        bucket++;
      }
      distribution.counts[bucket]!++;
      distribution.sum += seconds;
      distribution.count++;
    }
  }

  /** Has `collector` set gauges whenever somebody is about to read. */
  beforeReading(collector: () => void): void {
    this.#collectors.push(collector);
  }

  /** Brings the gauges up to date. Where one can't be read, the others still can. */
  collect(): void {
    for (const collector of this.#collectors) {
      try {
        collector();
      } catch {
        // What it would have set is left out.
      }
    }
  }

  numbers(name: InstrumentName): readonly Series<number>[] {
    return [...(this.#numbers.get(name)?.values() ?? [])];
  }

  distributions(name: InstrumentName): readonly Series<Distribution>[] {
    return [...(this.#distributions.get(name)?.values() ?? [])];
  }

  /** Forgets a gauge's labels that may be gone by the next reading. */
  clear(name: NameOf<"gauge">): void {
    this.#numbers.delete(name);
  }
}

const emptyDistribution = (): Distribution => ({ counts: new Array<number>(bucketBounds.length + 1).fill(0), sum: 0, count: 0 });

function seriesOf<V>(
  all: Map<string, Map<string, Series<V>>>,
  name: InstrumentName,
  labels: Readonly<Record<string, string>>,
  initial: () => V,
): Series<V> | undefined {
  let ofName = all.get(name);
  if (ofName === undefined) {
    ofName = new Map();
    all.set(name, ofName);
  }
  let key = "";
  for (const label of instruments[name].labels) {
    key += `${labels[label]}\n`;
  }
  let series = ofName.get(key);
  if (series === undefined && ofName.size < seriesMax) {
    series = { labels, value: initial() };
    ofName.set(key, series);
  }
  return series;
}
