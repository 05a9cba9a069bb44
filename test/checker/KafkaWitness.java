// What the brokers say, asked with Kafka's own Java client: the checker of `npm run chaos` believes nobody else.
//
// Started as `java -cp <Kafka's jars> KafkaWitness.java BOOTSTRAP`. Commands come in on standard input, one a line, and are answered
// in turn, each answer ending with a line `END` or `FAILED <why>`:
//
//   sample GROUP INPUT TOPIC...   what the group has committed for INPUT, then the ends of all these topics:
//                                 `committed PARTITION OFFSET` and `end TOPIC PARTITION OFFSET`
//   read LIMIT_MS TOPIC           every record that a reader of committed transactions sees, up to the end of the log:
//                                 `record PARTITION OFFSET TIMESTAMP KEY VALUE NAME:VALUE,...` (base64 after a `!`, or `-` for null), and
//                                 `hanging PARTITION` where a transaction is still open after LIMIT_MS
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class KafkaWitness {
  private static final int REQUEST_MS = 8_000;
  private static final int SAMPLE_MS = 15_000;
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  public static void main(String[] args) throws Exception {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", args[0]);
    config.put("client.id", "chaos-witness");
    config.put("request.timeout.ms", REQUEST_MS);
    config.put("default.api.timeout.ms", SAMPLE_MS);
    config.put("reconnect.backoff.max.ms", 250);
    config.put("socket.connection.setup.timeout.ms", 1_000);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Admin admin = Admin.create(config)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        try {
          if (words[0].equals("sample")) sample(admin, words);
          else if (words[0].equals("read")) read(admin, config, Long.parseLong(words[1]), words[2]);
          else throw new IllegalArgumentException("no command " + words[0]);
          OUT.println("END");
        } catch (Exception error) {
          OUT.println("FAILED " + String.valueOf(error).replace('\n', ' '));
        }
        OUT.flush();
      }
    }
  }

  private static final Map<String, List<TopicPartition>> PARTITIONS = new HashMap<>();

  private static List<TopicPartition> partitions(Admin admin, String topic) throws Exception {
    List<TopicPartition> known = PARTITIONS.get(topic);
    if (known != null) return known;
    TopicDescription found =
        admin.describeTopics(List.of(topic)).allTopicNames().get(SAMPLE_MS, TimeUnit.MILLISECONDS).get(topic);
    List<TopicPartition> partitions = new ArrayList<>();
    for (TopicPartitionInfo info : found.partitions()) partitions.add(new TopicPartition(topic, info.partition()));
    PARTITIONS.put(topic, partitions);
    return partitions;
  }

  // Commits before ends: what is committed by then must lie below the ends that are asked for after it.
  private static void sample(Admin admin, String[] words) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin
            .listConsumerGroupOffsets(words[1])
            .partitionsToOffsetAndMetadata()
            .get(SAMPLE_MS, TimeUnit.MILLISECONDS);
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (int at = 2; at < words.length; at++) {
      for (TopicPartition partition : partitions(admin, words[at])) wanted.put(partition, OffsetSpec.latest());
    }
    var ends =
        admin
            .listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
            .all()
            .get(SAMPLE_MS, TimeUnit.MILLISECONDS);
    committed.forEach(
        (partition, offset) -> {
          if (offset == null || !partition.topic().equals(words[2])) return;
          OUT.println("committed " + partition.partition() + " " + offset.offset());
        });
    ends.forEach(
        (partition, end) -> OUT.println("end " + partition.topic() + " " + partition.partition() + " " + end.offset()));
  }

  private static void read(Admin admin, Map<String, Object> common, long limitMs, String topic) throws Exception {
    Map<String, Object> config = new HashMap<>(common);
    config.put("isolation.level", "read_committed");
    config.put("enable.auto.commit", "false");
    config.put("auto.offset.reset", "none");
    List<TopicPartition> partitions = partitions(admin, topic);
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (TopicPartition partition : partitions) latest.put(partition, OffsetSpec.latest());
    // Of the whole log, so that an open transaction is waited for and not read past.
    var ends =
        admin
            .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
            .all()
            .get(SAMPLE_MS, TimeUnit.MILLISECONDS);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      for (; ; ) {
        List<TopicPartition> open = new ArrayList<>();
        for (TopicPartition partition : partitions) {
          if (consumer.position(partition) < ends.get(partition).offset()) open.add(partition);
        }
        if (open.isEmpty()) return;
        if (System.nanoTime() > deadline) {
          for (TopicPartition partition : open) OUT.println("hanging " + partition.partition());
          return;
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) print(record);
      }
    }
  }

  private static void print(ConsumerRecord<byte[], byte[]> record) {
    StringBuilder line = new StringBuilder("record ");
    line.append(record.partition()).append(' ').append(record.offset()).append(' ').append(record.timestamp());
    line.append(' ').append(text(record.key())).append(' ').append(text(record.value())).append(' ');
    for (Header header : record.headers()) {
      line.append(text(header.key().getBytes(StandardCharsets.UTF_8))).append(':').append(text(header.value())).append(',');
    }
    OUT.println(line);
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "-" : "!" + Base64.getEncoder().encodeToString(bytes);
  }
}
