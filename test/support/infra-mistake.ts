/** A change to one file of the infrastructure, or of the code that it serves, and what the check says about it: `file: message`. */
export interface Mistake {
  readonly title: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly findings: readonly string[];
}
