import { SpanKind } from "@opentelemetry/api";
import { ParentBasedSampler, type Sampler, SamplingDecision } from "@opentelemetry/sdk-trace";

/**
 * Records a share (0 to 1) of what begins here. A request is such a beginning even if it goes on from its caller's trace: anybody can call, so
 * neither the caller's decision nor its choice of a trace id counts. What messages of ours bring about holds to the decision in them.
 */
export function shareSampler(share: number): Sampler {
  const draw: Sampler = {
    shouldSample: () => ({ decision: Math.random() < share ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }),
    toString: () => `Share{${share}}`,
  };
  const hold = new ParentBasedSampler({ root: draw });
  return {
    shouldSample: (context, traceId, name, kind, attributes, links) =>
      (kind === SpanKind.SERVER ? draw : hold).shouldSample(context, traceId, name, kind, attributes, links),
    toString: () => `ByKind{server=${draw}, others=${hold}}`,
  };
}
