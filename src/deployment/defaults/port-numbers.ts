export interface FirstPorts {
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
}

/** PREDICTIVE_UNIT_HTTP_SERVICE_PORT, _GRPC_SERVICE_PORT and _METRICS_SERVICE_PORT of Seldon's operator. */
export const SELDON_FIRST_PORTS: FirstPorts = { http: 9000, grpc: 9500, metrics: 6000 };

/**
 * The counters that give out port numbers over a whole deployment. A container name keeps its http and grpc numbers
 * wherever it comes again; metrics numbers are never shared and only advance when one is used.
 */
export class PortNumbers {
  readonly #first: FirstPorts;
  readonly #places = new Map<string, number>();
  #metricsUsed = 0;

  constructor(first: FirstPorts) {
    this.#first = first;
  }

  forContainer(name: string): { readonly http: number; readonly grpc: number } {
    const place = this.#places.get(name) ?? this.#places.size;
    this.#places.set(name, place);
    return { http: this.#first.http + place, grpc: this.#first.grpc + place };
  }

  nextMetrics(): number {
    return this.#first.metrics + this.#metricsUsed++;
  }
}
