import type { Expression, Query } from "./sql-ast.ts";
import { SqlError } from "./sql-error.ts";
import { callFunction } from "./sql-functions.ts";
import { calculate, holds, propertyOf, toLikeExpression } from "./sql-operators.ts";
import { equal, type Value } from "./sql-values.ts";

/** What names stand for. */
export type Scope = Readonly<Record<string, Value>>;

export interface Run {
  readonly parameters: Readonly<Record<string, Value>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The aggregates are there once the rows of a group are all read. */
export type Evaluate = (scope: Scope, run: Run, aggregates?: readonly Value[]) => Value;

export type CompileSubquery = (query: Query) => (scope: Scope, run: Run) => Value[];

/** Turns an expression into a function, so that it is looked at once and not for every document. */
export function compileExpression(expression: Expression, compileSubquery: CompileSubquery): Evaluate {
  const compile = (inner: Expression) => compileExpression(inner, compileSubquery);
  switch (expression.kind) {
    case "literal":
      return () => expression.value;
    case "parameter":
      return (_, { parameters }) => {
        if (!Object.hasOwn(parameters, expression.name)) throw new SqlError(`The parameter ${expression.name} was not supplied.`);
        return parameters[expression.name];
      };
    case "variable":
      return (scope) => {
        if (!Object.hasOwn(scope, expression.name)) throw new SqlError(`Identifier '${expression.name}' could not be resolved.`);
        return scope[expression.name];
      };
    case "aggregate":
      return (_scope, _run, aggregates) => {
        if (!aggregates) throw new SqlError("An aggregate is not allowed here.");
        return aggregates[expression.index];
      };
    case "property":
      return pairwise(compile(expression.of), compile(expression.key), propertyOf);
    case "compare":
      return pairwise(compile(expression.left), compile(expression.right), (a, b) => holds(expression.operator, a, b));
    case "arithmetic":
      return pairwise(compile(expression.left), compile(expression.right), (a, b) => calculate(expression.operator, a, b));
    case "and":
      return junction(compile(expression.left), compile(expression.right), false);
    case "or":
      return junction(compile(expression.left), compile(expression.right), true);
    case "coalesce": {
      const [left, right] = [compile(expression.left), compile(expression.right)];
      return (...context) => left(...context) ?? right(...context);
    }
    case "conditional": {
      const { condition, whenTrue, whenFalse } = expression;
      const [test, positive, negative] = [compile(condition), compile(whenTrue), compile(whenFalse)];
      return (...context) => (test(...context) === true ? positive(...context) : negative(...context));
    }
    case "not":
      return single(compile(expression.operand), (value) => (typeof value === "boolean" ? !value : undefined));
    case "negate":
      return single(compile(expression.operand), (value) => (typeof value === "number" ? -value : undefined));
    case "bit-not":
      return single(compile(expression.operand), (value) => (typeof value === "number" ? ~value : undefined));
    case "in": {
      const operand = compile(expression.operand);
      const list = expression.list.map(compile);
      return (...context) => {
        const value = operand(...context);
        return value === undefined ? undefined : list.some((item) => equal(value, item(...context)));
      };
    }
    case "like":
      return like(compile(expression.operand), compile(expression.pattern), expression.escape && compile(expression.escape));
    case "array": {
      const items = expression.items.map(compile);
      return (...context) => items.map((item) => item(...context)).filter((value) => value !== undefined);
    }
    case "object":
      return toObject(expression.properties.map(([key, value]) => [key, compile(value)]));
    case "call": {
      const args = expression.args.map(compile);
      return (...context) => {
        const values = args.map((arg) => arg(...context));
        return callFunction(expression.name, values, context[1].now);
      };
    }
    case "subquery": {
      const results = compileSubquery(expression.query);
      if (expression.use === "array") return results;
      return (scope, run) => (expression.use === "exists" ? results(scope, run).length > 0 : results(scope, run)[0]);
    }
  }
}

/** An object without the properties that are undefined. */
export function toObject(properties: readonly (readonly [string, Evaluate])[]): Evaluate {
  return (...context) => {
    const object: Record<string, Value> = {};
    for (const [key, evaluate] of properties) {
      const value = evaluate(...context);
      if (value !== undefined) object[key] = value;
    }
    return object;
  };
}

const single =
  (operand: Evaluate, f: (value: Value) => Value): Evaluate =>
  (...context) =>
    f(operand(...context));

const pairwise =
  (left: Evaluate, right: Evaluate, f: (a: Value, b: Value) => Value): Evaluate =>
  (...context) =>
    f(left(...context), right(...context));

/** AND and OR with a third value: what is not boolean is unknown, and one `decisive` side decides. */
function junction(left: Evaluate, right: Evaluate, decisive: boolean): Evaluate {
  return (...context) => {
    const a = left(...context);
    if (a === decisive) return decisive;
    const b = right(...context);
    if (b === decisive) return decisive;
    return typeof a === "boolean" && typeof b === "boolean" ? !decisive : undefined;
  };
}

function like(operand: Evaluate, pattern: Evaluate, escapeWith: Evaluate | undefined): Evaluate {
  const expressions = new Map<string, RegExp>();
  return (...context) => {
    const [value, wanted, escaping] = [operand(...context), pattern(...context), escapeWith?.(...context)];
    if (typeof value !== "string" || typeof wanted !== "string") return undefined;
    const key = JSON.stringify([wanted, escaping]);
    const expression = expressions.get(key) ?? toLikeExpression(wanted, typeof escaping === "string" ? escaping : undefined);
    expressions.set(key, expression);
    return expression.test(value);
  };
}
