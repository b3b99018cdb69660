/** One value with its labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: Sample[];
}

const nameForm = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const labelForm = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const sampleForm = new RegExp(`^(${nameForm})(?:\\{(${labelForm}(?:,${labelForm})*)\\})? (\\S+)$`);

/**
 * Reads Prometheus' text format 0.0.4 and throws on the first thing that is not exactly right: every family has one HELP, one TYPE and its
 * samples together, none stands twice, and histograms add up.
 */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) {
    throw new Error("the last line has no end");
  }
  const families = new Map<string, Family>();
  let help: [string, string] | undefined;
  let current: [string, Family] | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helpName, helpText] = new RegExp(`^# HELP (${nameForm}) (.+)$`).exec(line) ?? [];
    const [, typeName, type] = new RegExp(`^# TYPE (${nameForm}) (counter|gauge|histogram)$`).exec(line) ?? [];
    if (helpName !== undefined) {
      help = [helpName, helpText!];
    } else if (typeName !== undefined) {
      if (help?.[0] !== typeName || families.has(typeName)) {
        throw new Error(`${line}: not after its HELP, or a second time`);
      }
      current = [typeName, { type: type as Family["type"], help: help[1], samples: [] }];
      families.set(...current);
    } else {
      addSample(current, line);
    }
  }
  for (const [name, family] of families) {
    checkFamily(name, family);
  }
  return families;
}

function addSample(current: [string, Family] | undefined, line: string): void {
  const [, name, labelText, valueText] = sampleForm.exec(line) ?? [];
  const value = valueText === "+Inf" ? Number.POSITIVE_INFINITY : Number(valueText);
  if (current === undefined || name === undefined || Number.isNaN(value)) {
    throw new Error(`not a sample: ${line}`);
  }
  const [family, { type, samples }] = current;
  const allowed = type === "histogram" ? [`${family}_bucket`, `${family}_sum`, `${family}_count`] : [family];
  if (!allowed.includes(name)) {
    throw new Error(`${line}: does not belong to ${family}`);
  }
  const labels: Record<string, string> = {};
  for (const [, label, quoted] of (labelText ?? "").matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[label!] = quoted!.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  if (samples.some((other) => other.name === name && JSON.stringify(other.labels) === JSON.stringify(labels))) {
    throw new Error(`${line}: stands twice`);
  }
  samples.push({ name, labels, value });
}

function checkFamily(name: string, { type, samples }: Family): void {
  if (samples.length === 0 || (type === "counter" && samples.some(({ value }) => value < 0))) {
    throw new Error(`${name}: empty, or negative`);
  }
  if (type !== "histogram") {
    return;
  }
  const series = Map.groupBy(samples, ({ labels: { le: _le, ...others } }) => JSON.stringify(others));
  for (const ofSeries of series.values()) {
    const buckets = ofSeries.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"])));
    const rises = (values: readonly number[]) => values.every((value, at) => at === 0 || value >= values[at - 1]!);
    const count = ofSeries.find((sample) => sample.name === `${name}_count`)?.value;
    const isRight =
      rises(bounds) &&
      rises(buckets.map(({ value }) => value)) &&
      bounds.at(-1) === Number.POSITIVE_INFINITY &&
      buckets.at(-1)!.value === count;
    if (!isRight || !ofSeries.some((sample) => sample.name === `${name}_sum`)) {
      throw new Error(`${name}: its buckets do not add up`);
    }
  }
}
