import type { Route } from '../route.ts';

export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** The metrics, for Prometheus to scrape. */
export function metricsRoute(path: string, page: MetricsPage): Route {
  return {
    path,
    methods: 'any',
    handler: async () => ({ status: 200, body: await page.render(), contentType: page.contentType }),
  };
}
