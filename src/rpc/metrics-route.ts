import { addRoute, type RouteGroup } from './route-group.ts';

export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** The metrics, for Prometheus to scrape. */
export function metricsRoute(path: string, page: MetricsPage): RouteGroup {
  return (app) => {
    addRoute(app, {
      path,
      methods: 'any',
      async handler(_request, reply) {
        const text = await page.render();
        return reply.header('content-type', page.contentType).send(text);
      },
    });
  };
}
