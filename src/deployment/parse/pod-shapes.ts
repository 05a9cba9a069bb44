import type {
  Container,
  ContainerPort,
  EnvVar,
  EnvVarSource,
  KeySelector,
  ObjectMeta,
  PodSpec,
  ResourceRequirements,
  VolumeMount,
} from '../pod-spec.ts';
import {
  anything,
  list,
  mapOf,
  numberOrText,
  object,
  required,
  text,
  trueOrFalse,
  wholeNumber,
  type Shape,
} from './shape.ts';

const metadataFields = {
  namespace: text,
  labels: mapOf(text),
  annotations: mapOf(text),
  creationTimestamp: text,
};

export const podMetadata: Shape<ObjectMeta> = object<ObjectMeta>({ name: text, ...metadataFields });

export const namedMetadata: Shape<ObjectMeta & { readonly name: string }> = object<
  ObjectMeta & { readonly name: string }
>({ name: required(text), ...metadataFields });

const keySelector: Shape<KeySelector> = object<KeySelector>({ name: text, key: required(text), optional: trueOrFalse });

const envVarSource: Shape<EnvVarSource> = object<EnvVarSource>({
  secretKeyRef: keySelector,
  configMapKeyRef: keySelector,
  fieldRef: object<{ readonly fieldPath: string; readonly apiVersion?: string }>({
    fieldPath: required(text),
    apiVersion: text,
  }),
  resourceFieldRef: anything,
});

export const envVar: Shape<EnvVar> = object<EnvVar>({ name: required(text), value: text, valueFrom: envVarSource });

const containerPort: Shape<ContainerPort> = object<ContainerPort>({
  name: text,
  containerPort: required(wholeNumber),
  protocol: text,
});

const volumeMount: Shape<VolumeMount> = object<VolumeMount>({
  name: required(text),
  mountPath: required(text),
  readOnly: trueOrFalse,
});

export const resourceRequirements: Shape<ResourceRequirements> = object<ResourceRequirements>({
  requests: mapOf(numberOrText),
  limits: mapOf(numberOrText),
});

const containerFields = {
  image: text,
  command: list(text),
  args: list(text),
  ports: list(containerPort),
  env: list(envVar),
  envFrom: list(anything),
  resources: resourceRequirements,
  volumeMounts: list(volumeMount),
  livenessProbe: anything,
  readinessProbe: anything,
  lifecycle: anything,
  securityContext: anything,
  imagePullPolicy: text,
  terminationMessagePath: text,
  terminationMessagePolicy: text,
};

const container: Shape<Container> = object<Container>({ name: required(text), ...containerFields });

/** An explainer's container: every field may be absent. */
export const partialContainer: Shape<Partial<Container>> = object<Partial<Container>>({
  name: text,
  ...containerFields,
});

export const podSpec: Shape<PodSpec> = object<PodSpec>({
  containers: required(list(container)),
  initContainers: list(container),
  volumes: list(anything),
  serviceAccountName: text,
  terminationGracePeriodSeconds: wholeNumber,
  securityContext: anything,
  restartPolicy: text,
  dnsPolicy: text,
  schedulerName: text,
});
