import type { Container, VolumeMount } from '../pod-spec.ts';

/** Where a container finds the labels and annotations of its pod. */
export const PODINFO_MOUNT: VolumeMount = { name: 'seldon-podinfo', mountPath: '/etc/podinfo' };

/** The number of a container port of that name. */
export function portNamed(container: Container, name: string): number | undefined {
  return container.ports?.find((port) => port.name === name)?.containerPort;
}

/**
 * What Seldon writes into the container of a unit: pull policy, termination message, the mount of the pod's annotations
 * (in place of the older `podinfo`) and a port for metrics.
 *
 * @param nextMetricsPort called only when the container has no metrics port yet
 */
export function defaultContainer(
  container: Container,
  metricsPortName: string,
  nextMetricsPort: () => number,
): Container {
  const ports = container.ports ?? [];
  const mounts = (container.volumeMounts ?? []).filter((mount) => mount.name !== 'podinfo');
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy || 'IfNotPresent',
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    volumeMounts: mounts.some((mount) => mount.name === PODINFO_MOUNT.name) ? mounts : [...mounts, PODINFO_MOUNT],
    ports:
      portNamed(container, metricsPortName) === undefined
        ? [...ports, { name: metricsPortName, containerPort: nextMetricsPort(), protocol: 'TCP' }]
        : ports,
  };
}
