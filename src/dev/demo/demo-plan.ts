/** What a demo runs. */
export interface DemoPlan {
  /** The SeldonDeployment, a file. */
  readonly deployment: string;
  /** `metadata.name` of it. */
  readonly deploymentName: string;
  readonly predictor: string;
  /** What the deployment works on: records of a topic, or requests over HTTP and gRPC. */
  readonly server: 'kafka' | 'rpc';
  /** Where its HTTP front takes predictions. */
  readonly predictPath: string;
  /** Topics as the document names them. */
  readonly inputTopic: string;
  readonly outputTopic: string;
  /** How the deployment calls its models. */
  readonly transport: 'rest' | 'grpc';
  /** Variables of the predictor, beside those that say where Kafka is. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the payloads of its units are logged to; undefined where none are. */
  readonly payloadLog?: 'http' | 'topic' | undefined;
  /** The model servers, one for each node that is called. */
  readonly nodes: readonly DemoNode[];
  /** Arguments of `millrace produce` that send the requests anew, without broker and topic; empty where it cannot. */
  readonly produce: readonly string[];
}

/** A model server of a demo. */
export interface DemoNode {
  /** The graph's name for it, and the model's. */
  readonly name: string;
  /** Options of `millrace model-server` by their flags, without dashes, beside name and ports. */
  readonly flags: Readonly<Record<string, string>>;
  /** What it is called in lines for people. */
  readonly title: string;
}

/** A node with the ports that were found for it. */
export interface PlacedNode extends DemoNode {
  readonly port: number;
  /** Undefined where only REST is called. A document for requests is called over both. */
  readonly grpcPort: number | undefined;
}
