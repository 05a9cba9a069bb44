/** The Apache Kafka that Millrace runs by itself. Another one runs with KAFKA_HOME. */
export const KAFKA_VERSION = '4.1.1';
