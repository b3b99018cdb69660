/** One figure of the report. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Compared with another figure of this run. */
  readonly ratio?: { readonly to: string; readonly value: number };
  /** What it should reach; `least` and `most` apply to the ratio when there is one. */
  readonly goal?: { readonly least?: number; readonly most?: number };
}

/** A row of the report as Markdown. */
export function row({ what, value, unit, ratio, goal }: Figure): string {
  const judged = ratio?.value ?? value;
  const isMet = judged >= (goal?.least ?? Number.NEGATIVE_INFINITY) && judged <= (goal?.most ?? Number.POSITIVE_INFINITY);
  const compared = ratio === undefined ? "" : `${Math.round(ratio.value * 100)} % of ${ratio.to}`;
  const bound = goal?.least === undefined ? `≤ ${text(goal?.most ?? 0, ratio)}` : `≥ ${text(goal.least, ratio)}`;
  return `| ${what} | ${number(value)} ${unit} | ${compared} | ${goal === undefined ? "" : `${bound}: ${isMet ? "met" : "**missed**"}`} |`;
}

const text = (bound: number, ratio: Figure["ratio"]): string => (ratio === undefined ? number(bound) : `${Math.round(bound * 100)} %`);

const number = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString("en").replace(/,/g, " ") : value.toFixed(1));
